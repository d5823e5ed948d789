import type { Context } from 'hono';

import type { ServiceEnv } from '../context.ts';
import { type ByteRange, parseByteRange } from './byte-range.ts';

/** Bytes with everything that is said about them. */
export interface ServedBytes {
  sizeBytes: number;
  /** Quoted, strong. */
  etag: string;
  headers: Record<string, string>;
  /** @param range undefined: all of them. */
  open(range: ByteRange | undefined): ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>;
}

/** Answers GET and HEAD, conditional ones and single ranges included (RFC 9110, sections 13 and 14). */
export function serveBytes(c: Context<ServiceEnv>, { sizeBytes, etag, ...served }: ServedBytes): Response {
  const headers = new Headers({ ...served.headers, ETag: etag, 'Accept-Ranges': 'bytes' });
  if (matches(c.req.header('if-none-match'), etag)) return new Response(null, { status: 304, headers });

  const isRangeValid = [undefined, etag].includes(c.req.header('if-range'));
  const range = parseByteRange(isRangeValid ? c.req.header('range') : undefined, sizeBytes);
  if (range === 'unsatisfiable') {
    c.header('Content-Range', `bytes */${sizeBytes}`);
    return c.json({ success: false, message: `The range lies outside the ${sizeBytes} bytes.` }, 416);
  }
  const isWhole = range === 'whole';
  headers.set('Content-Length', String(isWhole ? sizeBytes : range.end - range.start + 1));
  if (!isWhole) headers.set('Content-Range', `bytes ${range.start}-${range.end}/${sizeBytes}`);
  const body = c.req.method === 'HEAD' ? null : served.open(isWhole ? undefined : range);
  return new Response(body, { status: isWhole ? 200 : 206, headers });
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((part) => part.trim().replace(/^W\//, '') === etag || part.trim() === '*');
}
