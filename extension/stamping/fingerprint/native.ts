import { ownBytes } from '../own-bytes.ts';

/** Absent on pages without a secure context: there everything is hashed in JavaScript. */
export const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;

/** The browser's own SHA-256 of bytes in memory: 32 bytes. It has no streaming form, and copies what it is given before it returns. */
export async function nativeSha256(native: SubtleCrypto, bytes: Uint8Array): Promise<Uint8Array> {
  return ownBytes(await native.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
}
