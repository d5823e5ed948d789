import type { ServiceContext } from '../context.ts';
import { imageParameters } from '../images/image-options.ts';
import { checkQuery, signQuery } from '../signed-url.ts';

/** What a download link fixes besides its CID and its time: a link to a preview is no link to the whole image. */
const coveredParameters = [...imageParameters, 'filename'];

/** Path of a CID under signed download links. */
function downloadPath(cid: string): string {
  return `/files/${cid}`;
}

/** A URL that carries the permission to read a CID for a while, in the form that the query asks for. */
export function signDownloadUrl(
  { publicUrl, linkSigningKey, now }: Pick<ServiceContext, 'publicUrl' | 'linkSigningKey' | 'now'>,
  { cid, query, lifetimeSeconds }: { cid: string; query: URLSearchParams; lifetimeSeconds: number },
): string {
  const path = withCovered(downloadPath(cid), query);
  const signature = signQuery(linkSigningKey, {
    purpose: 'download',
    path,
    startSeconds: Math.floor(now() / 1000),
    lifetimeSeconds,
  });
  return `${publicUrl()}${path}${path.includes('?') ? '&' : '?'}${signature}`;
}

/** What the query of a download link at `path` is worth. */
export function checkDownloadUrl(
  { linkSigningKey, now }: Pick<ServiceContext, 'linkSigningKey' | 'now'>,
  path: string,
  query: URLSearchParams,
): 'valid' | 'expired' | 'invalid' {
  return checkQuery(linkSigningKey, {
    purpose: 'download',
    path: withCovered(path, query),
    query,
    nowMs: now(),
  });
}

/** The path with what the signature covers, in one order. */
function withCovered(path: string, query: URLSearchParams): string {
  const covered = new URLSearchParams();
  for (const name of coveredParameters) {
    const value = query.get(name);
    if (value !== null) covered.set(name, value);
  }
  return covered.size === 0 ? path : `${path}?${covered}`;
}
