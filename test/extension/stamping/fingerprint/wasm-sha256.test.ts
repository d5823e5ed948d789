import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';

import { writeSha256Module } from '../../../../extension/stamping/fingerprint/sha256-module.ts';
import { openWasmSha256, type WasmSha256 } from '../../../../extension/stamping/fingerprint/wasm-sha256.ts';

const expected = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const hex = (bytes: Uint8Array | Promise<Uint8Array>) => Buffer.from(bytes as Uint8Array).toString('hex');

function patterned(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 9)) & 0xff);
}

async function open(): Promise<WasmSha256> {
  const wasm = await openWasmSha256();
  if (!wasm) throw new Error('There is no WebAssembly here.');
  return wasm;
}

describe('SHA-256 in WebAssembly', () => {
  it('is a valid module', () => {
    expect(WebAssembly.validate(writeSha256Module())).toBe(true);
  });

  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
  ])('gives the published digest of “%s”', async (text, digest) => {
    expect(hex((await open()).hash(new TextEncoder().encode(text)))).toBe(digest);
  });

  it('agrees with Node around the ends of blocks, and of what fits into its memory', async () => {
    const { hash } = await open();
    const around = (size: number) => [-9, -8, -1, 0, 1].map((by) => size + by);
    for (const size of [...around(64), ...around(128), ...around(64 << 10), ...around(128 << 10)]) {
      const bytes = patterned(size);
      expect(hex(hash(bytes)), `${size} bytes`).toBe(expected(bytes));
    }
  });

  it('agrees with Node however the content is cut, also when several are hashed at once', async () => {
    const { create } = await open();
    const content = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 12 });
    fc.assert(
      fc.property(content, content, (one, other) => {
        const [first, second] = [create(), create()];
        for (let i = 0; i < Math.max(one.length, other.length); i += 1) {
          first.update(one[i] ?? new Uint8Array());
          second.update(other[i] ?? new Uint8Array());
        }
        expect(hex(first.digest())).toBe(expected(Buffer.concat(one)));
        expect(hex(second.digest())).toBe(expected(Buffer.concat(other)));
      }),
    );
  });

  it('does not keep what it was given: the bytes can be used again', async () => {
    const sha256 = (await open()).create();
    const bytes = patterned(100);
    sha256.update(bytes);
    bytes.fill(0);
    expect(hex(sha256.digest())).toBe(expected(patterned(100)));
  });

  it('is not there where WebAssembly is forbidden', async () => {
    vi.resetModules();
    vi.stubGlobal('WebAssembly', undefined);
    try {
      const module = await import('../../../../extension/stamping/fingerprint/wasm-sha256.ts');
      expect(await module.openWasmSha256()).toBeUndefined();
    } finally {
      vi.unstubAllGlobals();
    }
  });
});
