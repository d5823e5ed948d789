/** Crockford's base32: no I, L, O or U, so that a code survives being read aloud and typed. crockford.com/base32.html */
const crockfordAlphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** One character for each value from 0 to 31. */
export function crockfordEncode(values: Uint8Array): string {
  return Array.from(values, (value) => crockfordAlphabet.charAt(value)).join('');
}

/** The values of the characters, in any case and with o, i and l read as 0, 1 and 1; undefined for any other character. */
export function crockfordDecode(text: string): Uint8Array | undefined {
  const resolved = text.toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1');
  const values = Array.from(resolved, (character) => crockfordAlphabet.indexOf(character));
  return values.includes(-1) ? undefined : Uint8Array.from(values);
}

/** Base64url (RFC 4648 section 5) without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}

/**
 * Reads base64url without padding.
 * @throws SyntaxError when the text holds any other character or has a length that no bytes encode to.
 */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new SyntaxError('Not base64url.');
  let binary: string;
  try {
    binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  } catch (cause) {
    throw new SyntaxError('Not base64url: no bytes have this length.', { cause });
  }
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
