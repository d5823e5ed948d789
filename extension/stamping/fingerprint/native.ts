import type { HashPlatform } from '../../../shared/fingerprint/fingerprint.ts';
import { ownBytes } from '../own-bytes.ts';

/** Absent on pages without a secure context: there everything is hashed in JavaScript. */
export const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;

/** The browser's own SHA-256 of bytes in memory: 32 bytes. It has no streaming form, and copies what it is given before it returns. */
export async function nativeSha256(native: SubtleCrypto, bytes: Uint8Array): Promise<Uint8Array> {
  return ownBytes(await native.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
}

/** A platform whose blocks the browser hashes, where it can: that is faster than whatever hashes the whole. */
export function withNativeBlocks(platform: HashPlatform): HashPlatform {
  const native = subtle;
  return native ? { ...platform, sha256: (bytes) => nativeSha256(native, bytes) } : platform;
}
