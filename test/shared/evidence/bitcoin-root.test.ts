import { describe, expect, it } from 'vitest';

import { findBitcoinRoot } from '../../../shared/evidence/bitcoin-root.ts';
import { addressOfRoot, opReturnScript, originStampWallet } from '../../../shared/evidence/bitcoin-script.ts';
import { realTransaction } from '../../helpers/bitcoin-vectors.ts';
import {
  type EsploraTransaction,
  type EsploraWorld,
  easiestBits,
  fakeEsplora,
  txidOf,
  unsignedTransaction,
} from '../../helpers/esplora-server.ts';
import { realProofs, vectorById } from '../../helpers/originstamp-vectors.ts';

const opReturn = vectorById('btc-opreturn-2d3aa25f');
const published = opReturn.bitcoin_transaction;
const dataRoot: string = opReturn.timestamps[0].private_key;
const dataTransaction: EsploraTransaction = {
  raw: realTransaction(published.txid),
  height: published.block_height,
};
const dataWorld: EsploraWorld = { transactions: [dataTransaction], timeOf: () => published.time_s };

const old = vectorById('btc-docs-2c5d36be');
const target = addressOfRoot(old.root);
if (!target) throw new Error('The root of a real proof has an address.');
const { address, script } = target;
const strange = '76a914000000000000000000000000000000000000000088ac';
const payment = (number: number, height: number): EsploraTransaction => ({
  raw: unsignedTransaction([strange, script], number),
  address,
  height,
});
/** OriginStamp's own. */
const realPayment = { raw: realTransaction(old.transaction), height: 548_512, address };
const url = 'https://a.test/api/';

describe('addressOfRoot', () => {
  it.each(realProofs.filter(({ bitcoin_address }) => bitcoin_address))(
    'should be the published address of $id',
    ({ root, bitcoin_address }) => {
      expect(addressOfRoot(root)?.address).toBe(bitcoin_address);
    },
  );

  it('should be that of the uncompressed key, and of a seed file too', () => {
    const { private_key, bitcoin_address } = vectorById('synthetic-seed-file');
    expect(addressOfRoot(private_key)?.address).toBe(bitcoin_address);
    const { wrong_address_compressed_key: wrong } = vectorById('negative-compressed-address');
    expect(addressOfRoot(realProofs[0]?.root ?? '')?.address).not.toBe(wrong);
  });

  it('should be none for a root that is no private key', () => {
    expect(addressOfRoot('0'.repeat(64))).toBeUndefined();
    expect(addressOfRoot('f'.repeat(64))).toBeUndefined();
  });
});

describe('a root as data (OP_RETURN)', () => {
  const find = (world: EsploraWorld, root = dataRoot) =>
    findBitcoinRoot(root, published.txid, [url], fakeEsplora({ 'a.test': world }).fetch, easiestBits);

  it('should have the published script', () => {
    expect(opReturnScript(dataRoot)).toBe(published.vout[0].script_pub_key_hex);
    expect(originStampWallet.script).toBe(published.vout[1].script_pub_key_hex);
  });

  it('should be confirmed in the published transaction, with its block time', async () => {
    const { outcome, record, steps, believed } = await find(dataWorld);
    expect(outcome).toBe('confirmed');
    expect(record).toMatchObject({
      method: 'bitcoin-op-return',
      chainName: 'Bitcoin',
      issuerName: 'OriginStamp',
      writer: published.vin0_address,
      transaction: published.txid,
      blockNumber: 674_803,
      blockTimeSeconds: 1_615_853_224,
    });
    expect(steps.map(({ id, result }) => `${id} ${result}`)).toEqual([
      'transaction passed',
      'root-on-chain passed',
      'block-time passed',
      'finality passed',
      'writer passed',
    ]);
    expect(believed).toEqual([
      'One Esplora server (a.test), for nothing but which block is in the best chain, and how deep; the transaction and the block are checked',
    ]);
  });

  it('should be unfamiliar when somebody else wrote it, though change goes to OriginStamp', async () => {
    const raw = unsignedTransaction([opReturnScript(dataRoot), originStampWallet.script]);
    const world = { ...dataWorld, transactions: [{ ...dataTransaction, raw }] };
    const { fetch } = fakeEsplora({ 'a.test': world });
    const { outcome, record } = await findBitcoinRoot(dataRoot, txidOf(raw), [url], fetch, easiestBits);
    expect(outcome).toBe('unfamiliar');
    expect(record).not.toHaveProperty('issuerName');
  });

  it("should be unfamiliar when OriginStamp's signature is taken from another transaction", async () => {
    const other = 'ab'.repeat(32);
    const raw = dataTransaction.raw.replace(dataRoot, other);
    const world = { ...dataWorld, transactions: [{ ...dataTransaction, raw }] };
    const { fetch } = fakeEsplora({ 'a.test': world });
    const { outcome, steps } = await findBitcoinRoot(other, txidOf(raw), [url], fetch, easiestBits);
    expect(outcome).toBe('unfamiliar');
    expect(steps.at(-1)).toMatchObject({ id: 'writer', result: 'failed' });
  });

  it('should not be confirmed in a block without the work of Bitcoin, whatever the server says', async () => {
    const { fetch } = fakeEsplora({ 'a.test': dataWorld });
    const { outcome, record, steps } = await findBitcoinRoot(dataRoot, published.txid, [url], fetch);
    expect(outcome).toBe('unchecked');
    expect(record).toBeUndefined();
    expect(JSON.stringify(steps)).toMatch(/less work in it than any of its time/);
    const claimed = fakeEsplora({ 'a.test': { ...dataWorld, bits: 0x17149624 } });
    const unmined = await findBitcoinRoot(dataRoot, published.txid, [url], claimed.fetch);
    expect(unmined.outcome).toBe('unchecked');
  });

  it('should be pending without six confirmations, and in no block', async () => {
    expect(await find({ ...dataWorld, tip: 674_807 })).toMatchObject({ outcome: 'pending' });
    expect(await find({ ...dataWorld, tip: 674_808 })).toMatchObject({ outcome: 'confirmed' });
    const { height: _, ...waiting } = dataTransaction;
    expect(await find({ ...dataWorld, transactions: [waiting] })).toMatchObject({ outcome: 'pending' });
  });

  it('should be contradicted by a transaction that carries another root', async () => {
    const { outcome, steps } = await find(dataWorld, 'ab'.repeat(32));
    expect(outcome).toBe('contradicted');
    expect(steps[0]?.detail).toMatch(/does not carry root abab.* nobody paid 1/);
  });

  it('should be unchecked when Bitcoin has no such transaction: another chain may', async () => {
    expect(await find({ transactions: [] })).toMatchObject({ outcome: 'unchecked' });
  });
});

describe('a root as address', () => {
  const find = (world: EsploraWorld, hint?: string) =>
    findBitcoinRoot(old.root, hint, [url], fakeEsplora({ 'a.test': world }).fetch, easiestBits);

  it('should be dated by the first payment, whoever paid later, and name no writer', async () => {
    const payments = Array.from({ length: 60 }, (_, index) => payment(index, 600_000 + index));
    const spending = { ...payment(99, 500_000), raw: unsignedTransaction([strange]) };
    const { fetch, asked } = fakeEsplora({
      'a.test': {
        transactions: [...payments, realPayment, spending],
        timeOf: (height) => (height === 548_512 ? old.timestamp_ms / 1000 : 1),
      },
    });
    const { outcome, record, believed } = await findBitcoinRoot(
      old.root,
      undefined,
      [url],
      fetch,
      easiestBits,
    );
    expect(outcome).toBe('confirmed');
    expect(record).toMatchObject({
      method: 'bitcoin-address',
      transaction: old.transaction,
      blockTimeSeconds: 1_541_203_656,
    });
    expect(record).not.toHaveProperty('writer');
    expect(believed).toEqual([
      expect.stringMatching(/^One Esplora server \(a\.test\), for nothing but which block/),
      expect.stringMatching(/names no writer/),
    ]);
    expect(asked.filter((path) => path.includes('/txs/chain'))).toHaveLength(3);
  });

  it('should be found with the transaction as hint, too', async () => {
    const world = { transactions: [realPayment] };
    expect(await find(world, old.transaction)).toMatchObject({ outcome: 'confirmed' });
  });

  it('should not believe that a transaction is a payment which its bytes do not make', async () => {
    const { fetch } = fakeEsplora({
      'a.test': {
        transactions: [{ ...payment(1, 500_000), raw: unsignedTransaction([strange]) }],
        meddle: (path, answer) =>
          path.includes('/txs/chain') ? answer.replaceAll(strange, script) : undefined,
      },
    });
    const { outcome, steps } = await findBitcoinRoot(old.root, undefined, [url], fetch, easiestBits);
    expect(outcome).toBe('unchecked');
    expect(steps[0]?.detail).toMatch(/a payment that it is not/);
  });

  it('should be unchecked, not unknown, when nobody paid it', async () => {
    const { outcome, nextStep } = await find({ transactions: [] });
    expect(outcome).toBe('unchecked');
    expect(nextStep).toMatch(/^Give the transaction/);
  });

  it('should be unchecked when a flood hides the first payment', async () => {
    const flood = Array.from({ length: 1_001 }, (_, index) => payment(index, 600_000 + index));
    const { outcome, steps } = await find({ transactions: flood });
    expect(outcome).toBe('unchecked');
    expect(steps[0]?.detail).toMatch(/more than 1000 transactions/);
  });
});

describe('Esplora servers', () => {
  const find = (worlds: Record<string, EsploraWorld>, servers = Object.keys(worlds)) =>
    findBitcoinRoot(
      dataRoot,
      published.txid,
      servers.map((host) => `https://${host}/api`),
      fakeEsplora(worlds).fetch,
      easiestBits,
    );

  it('should be named with the next step when there is none', async () => {
    expect(await find({})).toMatchObject({
      outcome: 'unchecked',
      nextStep: expect.stringMatching(/Esplora server/),
    });
  });

  it('should agree', async () => {
    const { outcome, believed } = await find({
      'a.test': dataWorld,
      'b.test': { ...dataWorld, tip: 800_000 },
    });
    expect(outcome).toBe('confirmed');
    expect(believed).toEqual([
      expect.stringMatching(/^2 Esplora servers that agree \(a\.test, b\.test\), for nothing/),
    ]);
  });

  it.each<[string, EsploraWorld]>([
    ['names another block', { ...dataWorld, transactions: [{ ...dataTransaction, height: 674_804 }] }],
    ['names another time', { ...dataWorld, timeOf: () => published.time_s - 1 }],
    ['knows no such transaction', { transactions: [] }],
  ])('should leave it unchecked when one %s', async (_, other) => {
    const { outcome, steps } = await find({ 'a.test': dataWorld, 'b.test': other });
    expect(outcome).toBe('unchecked');
    expect(JSON.stringify(steps)).toMatch(/disagree: a\.test, b\.test/);
  });

  it('should be enough when one of two answers', async () => {
    for (const broken of [{ isDown: true }, { status: 502 }]) {
      const { outcome, believed } = await find({
        'a.test': dataWorld,
        'b.test': { transactions: [], ...broken },
      });
      expect(outcome).toBe('confirmed');
      expect(believed).toEqual([expect.stringMatching(/^One Esplora server \(a\.test\)/)]);
    }
  });

  const changed = (part: string, change: (answer: string) => string): EsploraWorld => ({
    ...dataWorld,
    meddle: (path, answer) => (path.endsWith(part) ? change(answer) : undefined),
  });
  it.each<[string, EsploraWorld]>([
    ['is down', { transactions: [], isDown: true }],
    ['is busy', { transactions: [], status: 429 }],
    [
      'shows an earlier time in a header',
      changed('/header', (header) => header.replace(/(.{136}).{8}/, '$100000000')),
    ],
    [
      'shows a branch that leads elsewhere',
      changed('/merkle-proof', (json) => json.replace('"pos":1', '"pos":0')),
    ],
    ['shows a short header', changed('/header', (header) => header.slice(2))],
    ['answers with a page', changed('/hex', () => '<html>')],
    ['answers with another transaction', changed('/hex', () => realTransaction(old.transaction))],
    ['has another root in it', changed('/hex', (raw) => raw.replace(dataRoot, 'ab'.repeat(32)))],
    ['adds to it', changed('/hex', (raw) => `${raw}00`)],
    ['has no height', changed('/height', () => 'many')],
  ])('should leave it unchecked when the only one %s', async (_, world) => {
    const { outcome, steps } = await find({ 'a.test': world });
    expect(outcome).toBe('unchecked');
    expect(JSON.stringify(steps)).toMatch(/a\.test/);
  });
});
