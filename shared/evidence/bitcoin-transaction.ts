/**
 * A Bitcoin transaction, read from its own bytes: a server can then neither change what it pays nor who signed it. Knows the
 * one form of signature that evidence needs, of a key that pays with P2PKH; for others it names no signer.
 */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils.js';

import { doubleSha256, payToKey, toName } from './bitcoin-script.ts';

/** What a transaction's own bytes say. Plain JSON. */
export interface RawBitcoinTransaction {
  /** 64 lower-case hex digits: what the bytes, without witnesses, hash to. */
  txid: string;
  /** Scripts of the outputs, in order, lower-case hex. */
  outputScripts: string[];
  /** P2PKH scripts of the keys whose signature covers every output, lower-case hex. */
  signerScripts: string[];
}

interface Input {
  /** The output that it spends: transaction and number, 36 bytes. */
  outpoint: Uint8Array;
  script: Uint8Array;
  sequence: Uint8Array;
}

/**
 * @param bytes as on the wire, with or without witnesses
 * @throws Error for anything that is not exactly one transaction.
 */
export function readBitcoinTransaction(bytes: Uint8Array): RawBitcoinTransaction {
  const { take, count, isAtEnd } = createCursor(bytes);
  const version = take(4);
  // A transaction without inputs does not exist: a zero here, and a one, announce witnesses (BIP 144).
  const hasWitnesses = bytes[4] === 0;
  if (hasWitnesses && take(2)[1] !== 1) throw new Error('it has no inputs');
  const inputs = Array.from({ length: count(41) }, (): Input => {
    const outpoint = take(36);
    const script = take(count(1));
    return { outpoint, script, sequence: take(4) };
  });
  const outputs = Array.from({ length: count(9) }, () => {
    const value = take(8);
    const script = take(count(1));
    return { script, bytes: concatBytes(value, prefixed(script)) };
  });
  if (hasWitnesses) {
    for (const _ of inputs) for (let items = count(1); items > 0; items -= 1) take(count(1));
  }
  const lockTime = take(4);
  if (!isAtEnd()) throw new Error('it goes on behind its end');

  const outputBytes = concatBytes(varInt(outputs.length), ...outputs.map((output) => output.bytes));
  const encode = (of: readonly Input[]): Uint8Array =>
    concatBytes(
      version,
      varInt(of.length),
      ...of.flatMap(({ outpoint, script, sequence }) => [outpoint, prefixed(script), sequence]),
      outputBytes,
      lockTime,
    );
  return {
    txid: toName(doubleSha256(encode(inputs))),
    outputScripts: outputs.map(({ script }) => bytesToHex(script)),
    signerScripts: inputs.flatMap((_, index) => signerOf(inputs, index, encode) ?? []),
  };
}

/** Signs all outputs, and all inputs or the own one alone. */
const allOutputs = 0x01;
const ownInputOnly = 0x80;

/** The P2PKH script whose key signed this input and all outputs; undefined for every other kind of input. */
function signerOf(
  inputs: readonly Input[],
  index: number,
  encode: (inputs: readonly Input[]) => Uint8Array,
): string | undefined {
  const own = inputs[index];
  const pushed = own && readPushes(own.script);
  const [signature, key] = pushed ?? [];
  if (!own || pushed?.length !== 2 || !signature || !key) return undefined;
  const kind = signature.at(-1) ?? 0;
  if ((kind & ~ownInputOnly) !== allOutputs) return undefined;
  const script = payToKey(key);
  const signed = { ...own, script: hexToBytes(script) };
  const shown =
    kind === allOutputs
      ? inputs.map((input, at) => (at === index ? signed : { ...input, script: new Uint8Array() }))
      : [signed];
  const digest = doubleSha256(concatBytes(encode(shown), Uint8Array.of(kind, 0, 0, 0)));
  try {
    const options = { prehash: false, lowS: false, format: 'der' } as const;
    return secp256k1.verify(signature.subarray(0, -1), digest, key, options) ? script : undefined;
  } catch {
    return undefined; // No signature, or no key.
  }
}

/** What a script pushes, when it does nothing else, in pieces of at most 75 bytes. */
function readPushes(script: Uint8Array): Uint8Array[] | undefined {
  const pushes: Uint8Array[] = [];
  for (let at = 0; at < script.length; ) {
    const size = script[at] ?? 0;
    if (size === 0 || size > 75 || at + 1 + size > script.length) return undefined;
    pushes.push(script.subarray(at + 1, at + 1 + size));
    at += 1 + size;
  }
  return pushes;
}

function prefixed(bytes: Uint8Array): Uint8Array {
  return concatBytes(varInt(bytes.length), bytes);
}

/** The shortest form, which is the only one that is allowed. */
function varInt(value: number): Uint8Array {
  if (value < 0xfd) return Uint8Array.of(value);
  const size = value <= 0xffff ? 2 : 4;
  const bytes = new Uint8Array(1 + size);
  bytes[0] = size === 2 ? 0xfd : 0xfe;
  for (let at = 0; at < size; at += 1) bytes[1 + at] = Math.floor(value / 256 ** at) % 256;
  return bytes;
}

function createCursor(bytes: Uint8Array) {
  let at = 0;
  const take = (size: number): Uint8Array => {
    if (at + size > bytes.length) throw new Error('it breaks off');
    at += size;
    return bytes.subarray(at - size, at);
  };
  return {
    take,
    /** A number of things of at least `size` bytes each: no more than there is room for. */
    count(size: number): number {
      const [first = 0] = take(1);
      const more = first < 0xfd ? undefined : take(2 ** (first - 0xfc));
      const value = more ? more.reduceRight((sum, byte) => sum * 256 + byte, 0) : first;
      if (more && (value > 0xffff_ffff || varInt(value).length !== 1 + more.length)) {
        throw new Error('it has a number that is not in its shortest form');
      }
      if (value * size > bytes.length - at) throw new Error('it breaks off');
      return value;
    },
    isAtEnd: () => at === bytes.length,
  };
}
