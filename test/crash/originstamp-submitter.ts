// A companion without its outer parts, to be killed: submits digests without end, follows their seeds and fetches proofs, and
// prints a line for everything that it was told. What stands in a line must be so after any crash. See doomed-service.ts.

import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { openDoomedService, printLine } from './doomed-service.ts';
import { type Line, type SeedTold, tenant } from './originstamp-lines.ts';

/** Enough to have requests at every step of their way when the kill comes. */
const writers = 3;
const pollMs = 10;

// Closed by time as well as by count, so that kills meet both.
const service = await openDoomedService(tenant, () => ({ seedCloseSeconds: 0.05, seedCloseDigests: 40 }));
const print: (line: Line) => void = printLine;

async function ask<T>(path: string, body?: object): Promise<T> {
  const response = await service.app.request(path, {
    method: body ? 'POST' : 'GET',
    headers: { Authorization: tenant.originstampKey, 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  return (await response.json()) as T;
}

interface Item {
  data: { hash_string: string; timestamps: { seed_id: string }[] };
}

interface Envelope<T> {
  data: T | null;
  error_code: number;
}

async function submit(count: number): Promise<{ digest: string; seedId: string }[]> {
  const digests = Array.from({ length: count }, () => randomBytes(32).toString('hex'));
  const timestamps = digests.map((hash) => ({ hash, comment: 'crash' }));
  const items = await ask<Item[]>('/v4/timestamp/bulk/create', { timestamps });
  return items.map(({ data }) => ({
    digest: data.hash_string,
    seedId: data.timestamps[0]?.seed_id ?? '',
  }));
}

async function follow(seedId: string): Promise<SeedTold> {
  for (;;) {
    const { data } = await ask<Envelope<SeedTold & { submit_status: number }>>(
      `/v4/timestamp/status/seed/${seedId}`,
    );
    if (data?.submit_status === 3) {
      const { seed_id, transaction, private_key, timestamp } = data;
      return { seed_id, transaction, private_key, timestamp };
    }
    await delay(pollMs);
  }
}

async function fetchProof(digest: string): Promise<string> {
  const { data } = await ask<Envelope<{ download_url: string }>>('/v3/timestamp/proof/url', {
    hash_string: digest,
    currency: 1,
    proof_type: 0,
  });
  const { pathname, search } = new URL(data?.download_url ?? '');
  return (await service.app.request(pathname + search)).text();
}

async function workForEver(): Promise<void> {
  for (;;) {
    const digests = await submit(1 + Math.floor(Math.random() * 20));
    print({ kind: 'accepted', digests });
    // Some go on at once, so that several requests meet in one seed.
    const [first] = digests;
    if (!first || Math.random() < 0.5) continue;
    print({ kind: 'final', ...(await follow(first.seedId)) });
    print({ kind: 'proof', digest: first.digest, xml: await fetchProof(first.digest) });
  }
}

await Promise.all(Array.from({ length: writers }, workForEver));
