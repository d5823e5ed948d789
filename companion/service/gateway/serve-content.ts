import { Readable } from 'node:stream';
import type { Context } from 'hono';

import type { ServiceContext, ServiceEnv } from '../context.ts';
import { readImageOptions } from '../images/image-options.ts';
import type { Variant } from '../images/images.ts';
import type { Content } from '../ledger/contents.ts';
import { contentHeaders } from './content-headers.ts';
import { gatewayPath } from './gateway-url.ts';
import { serveBytes } from './serve-bytes.ts';

/** Content never changes under its CID, nor does what is made from it. */
export const publicCaching = 'public, max-age=31536000, immutable';
export const privateCaching = 'private, max-age=3600, immutable';
/** An image that could not be made this time may be next time. */
const momentaryCaching = 'private, max-age=60';

/** How far a download may be read ahead of its client. */
const readAheadBytes = 256 * 1024;

/** How bytes may be served to whoever asks. */
export interface ServingTerms {
  /** Offered for saving; undefined when none may be told. */
  name: string | undefined;
  caching: string;
}

/** Answers with stored bytes; an image in the form that the query's `img-*` keys ask for, where that is possible. */
export async function serveContent(
  { content: store, images }: Pick<ServiceContext, 'content' | 'images'>,
  c: Context<ServiceEnv>,
  content: Content,
  { name, caching }: ServingTerms,
): Promise<Response> {
  const { cid, sizeBytes, mimetype } = content;
  const options = readImageOptions(new URL(c.req.url).searchParams);
  const outcome = options ? await images.variant(content, options, c.req.header('accept')) : 'unsupported';
  if (typeof outcome === 'object') return serveVariant(c, content, outcome, { name, caching });
  return serveBytes(c, {
    sizeBytes,
    etag: `"${cid}"`,
    headers: {
      ...contentHeaders({ mimetype, name: name || cid }),
      'Cache-Control': outcome === 'failed' ? momentaryCaching : caching,
      'X-Ipfs-Path': gatewayPath(cid),
    },
    open: (range) =>
      Readable.toWeb(store.read(cid, range), {
        // The default counts chunks as bytes, and would read a whole file ahead of a slow client.
        strategy: new ByteLengthQueuingStrategy({ highWaterMark: readAheadBytes }),
      }) as ReadableStream<Uint8Array>,
  });
}

function serveVariant(
  c: Context<ServiceEnv>,
  { cid }: Content,
  { bytes, mimetype, key }: Variant,
  { name, caching }: ServingTerms,
): Response {
  return serveBytes(c, {
    sizeBytes: bytes.byteLength,
    etag: `"${cid}-${key}"`,
    headers: {
      ...contentHeaders({ mimetype, name: withExtension(name || cid, mimetype) }),
      'Cache-Control': caching,
      // The format may depend on what the client takes.
      Vary: 'Accept',
      'X-Ipfs-Path': gatewayPath(cid),
    },
    open: (range) => (range ? bytes.subarray(range.start, range.end + 1) : bytes),
  });
}

/** `photo.png` made into a WebP is saved as `photo.webp`. */
function withExtension(name: string, mimetype: string): string {
  const extension = mimetype.slice(mimetype.indexOf('/') + 1);
  const same = extension === 'jpeg' ? /\.jpe?g$/i : new RegExp(`\\.${extension}$`, 'i');
  return same.test(name) ? name : `${name.replace(/\.(jpe?g|png|webp|gif|avif)$/i, '')}.${extension}`;
}
