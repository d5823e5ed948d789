import type { Context } from 'hono';

import type { ServiceEnv } from '../context.ts';
import type { OriginstampContext } from './context.ts';
import { answerJson, succeed } from './envelope.ts';
import { failureCodes, WireFailure } from './failure.ts';
import { readDigest, readInteger } from './fields.ts';
import { fileName, type ProofRequest, type Proofs } from './proof-file.ts';
import { createProofToken } from './proof-link.ts';
import { readObject } from './read-body.ts';

/** POST /v3/timestamp/proof/url: a link to the proof of a digest whose anchor is final. */
export function createProofUrlHandler(context: OriginstampContext, proofs: Proofs) {
  const { metering, publicUrl } = context;
  return async (c: Context<ServiceEnv>): Promise<Response> => {
    const { id } = c.get('tenant');
    const request = readProofRequest(context, await readObject(c));
    let file: Uint8Array;
    try {
      file = await proofs.make(request);
    } catch (error) {
      if (error instanceof WireFailure) metering.spend(id, 'unavailableProof');
      throw error;
    }
    metering.spend(id, request.type === 0 ? 'rawProof' : 'certificate');
    const name = fileName(request);
    // Under the prefix that the client came by: a proxy may lead nowhere else.
    const prefix = new URL(c.req.url).pathname.replace(/\/{2,}/g, '/').slice(0, -c.req.path.length);
    const query = new URLSearchParams({ token: createProofToken(context, name), name });
    return answerJson(
      succeed({
        download_url: `${publicUrl()}${prefix}/v3/timestamp/proof/download?${query}`,
        file_name: name,
        file_size_bytes: file.byteLength,
      }),
    );
  };
}

function readProofRequest(
  { seeds }: Pick<OriginstampContext, 'seeds'>,
  body: Record<string, unknown>,
): ProofRequest {
  const digest = readDigest(body.hash_string);
  const currencyId = readInteger(body.currency);
  const type = readInteger(body.proof_type);
  const currencies = seeds.currencies();
  const currency = currencies.find(({ id }) => id === currencyId);
  if (!currency) {
    const offered = currencies.map(({ id, name }) => `${id} (${name})`).join(', ') || 'none';
    throw new WireFailure(
      failureCodes.unsupported,
      `This service has no currency ${shown(body.currency)}: it offers ${offered}.`,
    );
  }
  if (type !== 0 && type !== 1) {
    throw new WireFailure(
      failureCodes.unsupported,
      `There is no proof_type ${shown(body.proof_type)}: 0 is the proof as XML, 1 the certificate as PDF.`,
    );
  }
  return { digest, currency, type };
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 40);
}
