import type { Context } from 'hono';

import type { ServiceEnv } from '../context.ts';
import type { OriginstampContext } from './context.ts';
import { failureCodes, WireFailure } from './failure.ts';
import { type Proofs, parseFileName } from './proof-file.ts';
import { readProofToken } from './proof-link.ts';

/** GET and HEAD /v3/timestamp/proof/download: the file that the token is for, without a key; 404 when it is for none. */
export function createProofDownloadHandler(context: OriginstampContext, proofs: Proofs) {
  return async (c: Context<ServiceEnv>): Promise<Response> => {
    const name = readProofToken(context, c.req.query('token') ?? '');
    const request = name === undefined ? undefined : parseFileName(name, context.seeds.currencies());
    if (!request) {
      throw new WireFailure(
        failureCodes.unknown,
        'This link is not valid, or older than five minutes. Ask for a new one.',
        404,
      );
    }
    const file = await proofs.make(request).catch((error: unknown) => {
      throw error instanceof WireFailure ? new WireFailure(error.code, error.message, 404) : error;
    });
    return new Response(new Uint8Array(file), {
      headers: {
        'Content-Type': 'application/octet-stream',
        // Hex digits, letters and dots: nothing to escape.
        'Content-Disposition': `attachment; filename="${name}"`,
        'Content-Length': String(file.byteLength),
        'Cache-Control': 'private, no-store',
        'X-Content-Type-Options': 'nosniff',
      },
    });
  };
}
