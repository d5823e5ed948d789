import { Refusal } from '../refusal.ts';

const maxPairs = 32;

/**
 * The `Upload-Metadata` header of the tus protocol: `key base64value,key base64value`; a key may come without a value.
 * Values are UTF-8; the pinning provider's SDK encodes Latin-1 (`btoa`), which is read too.
 *
 * @throws Refusal 400 for anything else, and for more than 32 pairs.
 */
export function readUploadMetadata(header: string | undefined): Record<string, string> {
  const pairs = (header ?? '').split(',').filter((pair) => pair.trim() !== '');
  if (pairs.length > maxPairs) throw malformed(`it holds more than ${maxPairs} pairs`);
  const metadata = new Map<string, string>();
  for (const pair of pairs) {
    const [key = '', value = '', ...rest] = pair.trim().split(/ +/);
    if (rest.length > 0 || !/^[\w.-]{1,100}$/.test(key) || metadata.has(key)) {
      throw malformed(`"${pair.slice(0, 60)}" is no pair of a name and a value`);
    }
    metadata.set(key, decode(value, key));
  }
  return Object.fromEntries(metadata);
}

function decode(value: string, key: string): string {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value)) throw malformed(`the value of "${key}" is not base64`);
  const bytes = Buffer.from(value, 'base64');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}

function malformed(why: string): Refusal {
  return new Refusal(400, `Upload-Metadata is not valid: ${why}.`);
}
