import { secp256k1 } from '@noble/curves/secp256k1.js';
import { concatBytes, hexToBytes } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';

import { hasWork, readBitcoinHeader } from '../../../shared/evidence/bitcoin-header.ts';
import { doubleSha256, originStampWallet, payToKey } from '../../../shared/evidence/bitcoin-script.ts';
import { readBitcoinTransaction } from '../../../shared/evidence/bitcoin-transaction.ts';
import { realHeaders, realTransaction } from '../../helpers/bitcoin-vectors.ts';
import { unsignedTransaction } from '../../helpers/esplora-server.ts';

const txid = 'd1d90a5730f0a596dfa4b83e167b02801a74273ffd0cf21e419c3f04ffb3e6df';
const raw = realTransaction(txid);
const read = (hex: string) => readBitcoinTransaction(hexToBytes(hex));
const secret = secp256k1.utils.randomSecretKey();
const key = secp256k1.getPublicKey(secret);
const mine = payToKey(key);

/** A transaction whose only input is signed, for all outputs unless `kind` says otherwise. */
function sign(pays: string[], kind: number): string {
  const unsigned = unsignedTransaction(pays);
  // Version, number of inputs and outpoint, then the length of the input's script.
  const [before, after] = [unsigned.slice(0, 82), unsigned.slice(84)];
  const preimage = hexToBytes(`${before}19${mine}${after}${kind.toString(16).padStart(2, '0')}000000`);
  const signature = secp256k1.sign(doubleSha256(preimage), secret, { prehash: false, format: 'der' });
  const pushes = [concatBytes(signature, Uint8Array.of(kind)), key].map((bytes) =>
    concatBytes(Uint8Array.of(bytes.length), bytes),
  );
  const script = Buffer.from(concatBytes(...pushes)).toString('hex');
  return `${before}${(script.length / 2).toString(16)}${script}${after}`;
}

describe('readBitcoinTransaction', () => {
  it("should read OriginStamp's transactions, and prove that it signed them", () => {
    expect(read(raw)).toEqual({
      txid,
      outputScripts: [
        '6a20bf6eec9f213846a53ed187d41d2b9ed2e954649a45d2883e5df6b107b2eb0b75',
        originStampWallet.script,
      ],
      signerScripts: [originStampWallet.script],
    });
    const older = 'aed3db9ef94953f65e93d56a4e5bcf234d43e27a1b3e7ce0f274cc7ed750d0e2';
    expect(read(realTransaction(older))).toMatchObject({
      txid: older,
      signerScripts: [originStampWallet.script],
    });
  });

  it('should read it the same with witnesses, which its name does not cover', () => {
    const witnesses = '02' + '00' + '03abcdef';
    const withWitnesses = `${raw.slice(0, 8)}0001${raw.slice(8, -8)}${witnesses}${raw.slice(-8)}`;
    expect(read(withWitnesses)).toEqual(read(raw));
  });

  it('should name whoever signed all outputs, and nobody else', () => {
    expect(read(sign(['51'], 0x01)).signerScripts).toEqual([mine]);
    expect(read(sign(['51'], 0x81)).signerScripts).toEqual([mine]);
    // Signs no output, one of them, or nothing that is defined.
    for (const kind of [0x02, 0x03, 0x82, 0x83, 0x00, 0x41]) {
      expect(read(sign(['51'], kind)).signerScripts).toEqual([]);
    }
    expect(read(sign(['51'], 0x01).replace(/5100000000$/, '5200000000')).signerScripts).toEqual([]);
    expect(read(unsignedTransaction(['51'])).signerScripts).toEqual([]);
    expect(read(raw.replace('bf6eec9f', 'bf6eec9e')).signerScripts).toEqual([]);
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['a part of one', raw.slice(0, -2)],
    ['more than one', `${raw}00`],
    ['no inputs', `0100000000${raw.slice(10)}`],
    ['more inputs than bytes', `01000000feffffffff${raw.slice(10)}`],
    ['a number that is longer than it needs to be', `01000000fd0100${raw.slice(10)}`],
    ['a number of eight bytes', `01000000ff0100000000000000${raw.slice(10)}`],
    ['witnesses that are announced and missing', `${raw.slice(0, 8)}0001${raw.slice(8)}`],
  ])('should refuse %s', (_, hex) => {
    expect(() => read(hex)).toThrow(/^it /);
  });
});

describe('headers', () => {
  const [header, genesis] = realHeaders.map(({ raw }) => hexToBytes(raw));
  const change = (offset: number, value: number) => {
    const changed = header?.slice() ?? new Uint8Array(80);
    new DataView(changed.buffer).setUint32(offset, value, true);
    return hasWork(readBitcoinHeader(changed));
  };

  it('should be read', () => {
    const [known] = realHeaders;
    if (!header || !known) throw new Error('There are headers.');
    expect(readBitcoinHeader(header)).toMatchObject({ hash: known.hash, timeSeconds: known.time });
  });

  it('should have work, as much as Bitcoin asked for at their time', () => {
    if (!header || !genesis) throw new Error('There are headers.');
    expect(hasWork(readBitcoinHeader(header))).toBe(true);
    expect(change(76, 1)).toBe(false);
    // The target of 2013, in 2021; a negative one; one that is longer than a hash.
    for (const bits of [0x1a05a6b1, 0x17949624, 0x2300ffff, 0]) expect(change(72, bits)).toBe(false);
    // Real work, of a time before any seed.
    expect(hasWork(readBitcoinHeader(genesis))).toBe(false);
    expect(hasWork(readBitcoinHeader(genesis), 0x1d00ffff)).toBe(true);
    const hash = `${'0'.repeat(16)}${'f'.repeat(48)}`;
    const at = (year: number, bits: number) =>
      hasWork({ hash: '0'.repeat(64), merkleRoot: hash, bits, timeSeconds: Date.UTC(year, 1) / 1000 });
    expect([2013, 2016, 2020].map((year) => at(year, 0x1a05a6b1))).toEqual([true, false, false]);
    expect([2013, 2016, 2020].map((year) => at(year, 0x180a9591))).toEqual([true, true, false]);
    expect([2013, 2016, 2020].map((year) => at(year, 0x1715bcd0))).toEqual([true, true, true]);
  });
});
