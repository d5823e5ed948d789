import type { HashPlatform } from '../../../shared/fingerprint/fingerprint.ts';
import { jsPlatform } from '../../../shared/fingerprint/js-platform.ts';
import { nativeSha256, subtle } from './native.ts';
import { openWasmSha256 } from './wasm-sha256.ts';

/** How content is hashed here that comes piece by piece: the whole in WebAssembly, else in JavaScript. */
export async function streamedPlatform(): Promise<HashPlatform> {
  const wasm = await openWasmSha256();
  const platform: HashPlatform = wasm
    ? { name: 'wasm', createSha256: wasm.create, sha256: wasm.hash }
    : jsPlatform;
  return { ...platform, sha256: await blockSha256() };
}

/** The fastest hash of one block: the browser's own, which runs on a thread of its own. */
export async function blockSha256(): Promise<HashPlatform['sha256']> {
  if (subtle) {
    const native = subtle;
    return (bytes) => nativeSha256(native, bytes);
  }
  return (await openWasmSha256())?.hash ?? jsPlatform.sha256;
}
