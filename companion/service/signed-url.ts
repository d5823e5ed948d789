import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Links that carry their own permission: path, purpose, start and lifetime under an HMAC-SHA-256. The parameters are
 * spelled as the pinning provider spells them, so that clients which show or strip them keep working; any other
 * query parameter (an image width, say) is outside the signature.
 */
export interface SignedUrlTerms {
  /** What the link is for: a signature for one purpose is worth nothing for another. */
  purpose: 'upload' | 'read' | 'download' | 'proof';
  /** Absolute path of the URL, and whatever else of it the signature covers. */
  path: string;
  /** Unix seconds. */
  startSeconds: number;
  lifetimeSeconds: number;
}

/** The query (no `?`) that makes `terms.path` a signed link. */
export function signQuery(key: Uint8Array, terms: SignedUrlTerms): string {
  const query = new URLSearchParams({
    'X-Algorithm': 'HASHMARK1',
    'X-Date': String(terms.startSeconds),
    'X-Expires': String(terms.lifetimeSeconds),
  });
  query.set('X-Signature', sign(key, terms).toString('hex'));
  return query.toString();
}

/** What a query says about the link at `path`. */
export function checkQuery(
  key: Uint8Array,
  {
    purpose,
    path,
    query,
    nowMs,
  }: { purpose: SignedUrlTerms['purpose']; path: string; query: URLSearchParams; nowMs: number },
): 'valid' | 'expired' | 'invalid' {
  const startSeconds = Number(query.get('X-Date'));
  const lifetimeSeconds = Number(query.get('X-Expires'));
  const signature = query.get('X-Signature') ?? '';
  if (!Number.isSafeInteger(startSeconds) || !Number.isSafeInteger(lifetimeSeconds)) return 'invalid';
  const expected = sign(key, { purpose, path, startSeconds, lifetimeSeconds });
  const given = Buffer.from(/^[0-9a-f]{64}$/.test(signature) ? signature : '', 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'invalid';
  return nowMs < (startSeconds + lifetimeSeconds) * 1000 ? 'valid' : 'expired';
}

/** True when the query claims to be signed, however badly. */
export function isSigned(query: URLSearchParams): boolean {
  return query.has('X-Signature');
}

function sign(key: Uint8Array, terms: SignedUrlTerms): Buffer {
  const { purpose, path, startSeconds, lifetimeSeconds } = terms;
  return createHmac('sha256', key)
    .update(JSON.stringify(['hashmark-signed-url-1', purpose, path, startSeconds, lifetimeSeconds]))
    .digest();
}
