import type { HashPlatform } from '../../../shared/fingerprint/fingerprint.ts';
import { jsPlatform } from '../../../shared/fingerprint/js-platform.ts';
import { subtle, withNativeBlocks } from './native.ts';
import { openWasmSha256 } from './wasm-sha256.ts';

/** How content is hashed here that comes piece by piece: the whole in WebAssembly, else in JavaScript. */
export async function streamedPlatform(): Promise<HashPlatform> {
  const wasm = await openWasmSha256();
  return withNativeBlocks(wasm ? { name: 'wasm', createSha256: wasm.create, sha256: wasm.hash } : jsPlatform);
}

/** The fastest hash of one block. The browser's own needs no WebAssembly made ready for it. */
export async function blockSha256(): Promise<HashPlatform['sha256']> {
  return (subtle ? withNativeBlocks(jsPlatform) : await streamedPlatform()).sha256;
}
