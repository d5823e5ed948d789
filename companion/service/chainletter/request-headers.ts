import type { Context } from 'hono';

import type { Network } from '../../../shared/wire/chainletter.ts';
import { Refusal } from '../refusal.ts';

/**
 * A header's text, undefined when absent or empty. Header values arrive as bytes: clients put UTF-8 there as it is, and
 * HTTP libraries hand each byte over as one character. Trimmed and in Unicode's composed form, so that the same name
 * typed on two systems is one name.
 */
export function readTextHeader(c: Context, name: string): string | undefined {
  const value = c.req.header(name);
  return value === undefined ? undefined : tidyText(decodeUtf8Bytes(value));
}

/** The same tidying for a value that came in a query or body. */
export function tidyText(value: string): string | undefined {
  return value.normalize('NFC').trim() || undefined;
}

function decodeUtf8Bytes(value: string): string {
  // Characters above U+00FF mean that somebody decoded it already.
  if (!/[\u0080-\u00ff]/.test(value) || /[\u0100-\uffff]/.test(value)) return value;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value, 'latin1'));
  } catch {
    return value; // Really Latin-1.
  }
}

/** `true` as clients write it; everything else, absence included, is false. */
export function readBooleanHeader(c: Context, name: string): boolean {
  return c.req.header(name)?.trim().toLowerCase() === 'true';
}

/**
 * The `network` header. Undefined means all on a read and "not stated" on a write, as do `all` and an empty value.
 * @throws Refusal 400 for any other word.
 */
export function readNetworkHeader(c: Context): Network | undefined {
  return readNetwork(c.req.header('network'));
}

/** @see readNetworkHeader */
export function readNetwork(value: string | undefined): Network | undefined {
  const network = value?.trim().toLowerCase() ?? '';
  switch (network) {
    case '':
    case 'all':
      return undefined;
    case 'public':
    case 'private':
    case 'none':
      return network;
    default:
      throw new Refusal(400, `Unknown network "${network.slice(0, 40)}": use public, private, none or all.`);
  }
}

/** For how many seconds a link is to work, from its `expires`: an hour when it says nothing, a week at the most. */
export function readLinkLifetime(expires: string | null | undefined): number {
  return readInteger(expires, 'expires', { from: 1, to: 7 * 24 * 3_600 }) ?? 3_600;
}

/**
 * A whole number from a query or header; undefined when absent or empty.
 * @param from, to both inclusive.
 * @throws Refusal 400 for anything else.
 */
export function readInteger(
  text: string | null | undefined,
  name: string,
  { from, to }: { from: number; to: number },
): number | undefined {
  if (!text) return undefined;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= from && value <= to) return value;
  throw new Refusal(
    400,
    `Parameter "${name}" is not valid: "${text.slice(0, 40)}". Expected a whole number from ${from} to ${to}.`,
  );
}
