import type { StreamingSha256 } from '../../../shared/fingerprint/fingerprint.ts';
import { blocksAt, blocksCapacity, writeSha256Module } from './sha256-module.ts';

/** SHA-256 in WebAssembly: the browser's own hash cannot be fed piece by piece. */
export interface WasmSha256 {
  create(): StreamingSha256;
  /** Hashes bytes to 32 bytes, at once. */
  hash(bytes: Uint8Array): Uint8Array;
}

const blockBytes = 64;
/** First 32 bits of the fractional parts of the square roots of the first eight primes (FIPS 180-4, 5.3.3). */
const initialState = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

let opened: Promise<WasmSha256 | undefined> | undefined;

/**
 * Makes it ready; compiled once in a context.
 *
 * @returns undefined where WebAssembly is not there, not allowed, or without instructions for four words at once.
 */
export function openWasmSha256(): Promise<WasmSha256 | undefined> {
  opened ??= open();
  return opened;
}

async function open(): Promise<WasmSha256 | undefined> {
  try {
    const { instance } = await WebAssembly.instantiate(writeSha256Module());
    return over(instance.exports as unknown as ModuleExports);
  } catch {
    return undefined;
  }
}

interface ModuleExports {
  memory: WebAssembly.Memory;
  hashBlocks(from: number, to: number): void;
}

/** All hashes of a context take turns in one instance: each keeps its state, and puts it there while it works. */
function over({ memory, hashBlocks }: ModuleExports): WasmSha256 {
  const stateInModule = new Uint32Array(memory.buffer, 0, initialState.length);
  const blocksInModule = new Uint8Array(memory.buffer, blocksAt, blocksCapacity);

  /** Hashes bytes that are whole blocks. */
  function advance(state: Uint32Array, bytes: Uint8Array): void {
    stateInModule.set(state);
    for (let from = 0; from < bytes.length; from += blocksCapacity) {
      const part = bytes.subarray(from, from + blocksCapacity);
      blocksInModule.set(part);
      hashBlocks(blocksAt, blocksAt + part.length);
    }
    state.set(stateInModule);
  }

  function create(): StreamingSha256 {
    const state = Uint32Array.from(initialState);
    // What does not fill a block yet.
    const rest = new Uint8Array(blockBytes);
    let sizeBytes = 0;

    function update(bytes: Uint8Array): void {
      const filled = sizeBytes % blockBytes;
      sizeBytes += bytes.length;
      let from = 0;
      if (filled > 0) {
        from = Math.min(blockBytes - filled, bytes.length);
        rest.set(bytes.subarray(0, from), filled);
        if (filled + from < blockBytes) return;
        advance(state, rest);
      }
      const to = bytes.length - ((bytes.length - from) % blockBytes);
      if (to > from) advance(state, bytes.subarray(from, to));
      rest.set(bytes.subarray(to));
    }

    return {
      update,
      digest() {
        const length = new DataView(new ArrayBuffer(8));
        length.setBigUint64(0, BigInt(sizeBytes) * 8n);
        // One bit, zeros, and the length in bits: they end where a block ends.
        const padding = new Uint8Array(blockBytes - ((sizeBytes + 8) % blockBytes));
        padding[0] = 0x80;
        update(padding);
        update(new Uint8Array(length.buffer));
        const digest = new DataView(new ArrayBuffer(32));
        state.forEach((word, index) => {
          digest.setUint32(index * 4, word);
        });
        return new Uint8Array(digest.buffer);
      },
    };
  }

  return {
    create,
    hash(bytes) {
      const sha256 = create();
      sha256.update(bytes);
      return sha256.digest() as Uint8Array;
    },
  };
}
