import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import type { Chain } from '../../companion/chain/chain.ts';
import { ensureContract } from '../../companion/chain/contract/compile.ts';
import type { Ledger } from '../../companion/service/ledger/database.ts';
import type { Service } from '../../companion/service/service.ts';
import { eventually } from '../helpers/eventually.ts';
import { killInRounds, openSurvivor, patienceMs } from './kill-rounds.ts';
import { type Line, type SeedTold, tenant } from './originstamp-lines.ts';

/** More of them look longer: `HASHMARK_CRASH_ROUNDS=200 vitest run test/crash`. */
const rounds = Number(process.env.HASHMARK_CRASH_ROUNDS ?? 8);
const mostLinesOfARound = 20;
type Of<Kind extends Line['kind']> = Extract<Line, { kind: Kind }>;

/** What was told so far, over all rounds. */
interface Told {
  accepted: Of<'accepted'>[];
  final: SeedTold[];
  proofs: Of<'proof'>[];
}

/** The submitter's rounds: what it was told, and what it has to do in each before it is killed. */
function roundsOf({ accepted, final, proofs }: Told) {
  return {
    program: 'originstamp-submitter.ts',
    rounds,
    onLine(line: Line) {
      if (line.kind === 'accepted') accepted.push(line);
      else if (line.kind === 'proof') proofs.push(line);
      else final.push(line);
    },
    beginRound() {
      const count = () => accepted.length + proofs.length;
      const proofsBefore = proofs.length;
      /** Waits for so many lines more, and for a proof at least. */
      const moreLines = (more: number) => {
        const from = count();
        return eventually(
          `${more} lines more`,
          () => count() >= from + more && proofs.length > proofsBefore,
          patienceMs,
        );
      };
      const moreProofs = () => {
        const { length } = proofs;
        return eventually('a proof more', () => proofs.length > length, patienceMs);
      };
      return { work: () => moreLines(Math.floor(Math.random() * mostLinesOfARound)), recover: moreProofs };
    },
  };
}

async function ask<T>(service: Service, path: string, body?: object): Promise<T> {
  const response = await service.app.request(path, {
    method: body ? 'POST' : 'GET',
    headers: { Authorization: tenant.originstampKey, 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  return (await response.json()) as T;
}

interface Status {
  data: { timestamps: (SeedTold & { submit_status: number })[] } | null;
}

async function fetchProof(service: Service, digest: string): Promise<string> {
  const { data } = await ask<{ data: { download_url: string } }>(service, '/v3/timestamp/proof/url', {
    hash_string: digest,
    currency: 1,
    proof_type: 0,
  });
  const { pathname, search } = new URL(data.download_url);
  return (await service.app.request(pathname + search)).text();
}

/** Seeds share out all digests among them: each digest is in exactly one, and none is empty. */
function expectSeedsTile({ db }: Ledger): void {
  const seeds = db
    .prepare('SELECT first_seq, last_seq FROM seeds WHERE currency_id = 1 ORDER BY first_seq')
    .all() as { first_seq: number; last_seq: number }[];
  let next = 1;
  for (const { first_seq, last_seq } of seeds) {
    expect(first_seq).toBe(next);
    expect(last_seq).toBeGreaterThanOrEqual(first_seq);
    next = last_seq + 1;
  }
  expect(db.prepare('SELECT count(*) AS count FROM digests').get()).toEqual({ count: next - 1 });
}

/** The root as the published rule makes it from a seed's digests, in its own words. */
function rootOf(digests: readonly string[]): string {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  let level = [...digests].sort();
  do {
    level = level.flatMap((left, index) => (index % 2 ? [] : [hash(left + (level[index + 1] ?? left))]));
  } while (level.length > 1);
  return level[0] as string;
}

/** Every seed has one anchor, the chain holds each root once, and the roots are those of the digests. */
async function expectRootsOnce({ db }: Ledger, chain: Chain): Promise<void> {
  const seeds = db
    .prepare(
      `SELECT s.first_seq AS first, s.last_seq AS last, s.root, a.state, a.tx_hash AS hash
       FROM seeds s JOIN anchors a ON a.value = s.root AND a.kind = 'root' ORDER BY s.ref`,
    )
    .all() as { first: number; last: number; root: string; state: string; hash: `0x${string}` }[];
  expect(db.prepare('SELECT count(*) AS count FROM seeds').get()).toEqual({ count: seeds.length });
  const written = new Map<string, string>();
  const head = Number(await chain.reader.getBlockNumber());
  for (let number = Number(chain.startBlock) + 1; number <= head; number++) {
    const { transactions } = await chain.reader.getBlock({
      blockNumber: BigInt(number),
      includeTransactions: true,
    });
    for (const { input, hash } of transactions) {
      expect(written.has(input), `${input} was written once`).toBe(false);
      written.set(input, hash);
    }
  }
  expect(written.size).toBe(seeds.length);
  const digestsOf = db.prepare('SELECT lower(hex(digest)) AS digest FROM digests WHERE seq BETWEEN ? AND ?');
  for (const { first, last, root, state, hash } of seeds) {
    expect(state).toBe('final');
    expect(written.get(`0x${root}`)).toBe(hash);
    expect(rootOf(digestsOf.all(first, last).map(({ digest }) => String(digest)))).toBe(root);
  }
}

describe('kill -9 while digests come in', () => {
  it('loses no digest, no seed and no proof, and anchors each seed once', {
    timeout: (rounds + 1) * patienceMs,
  }, async () => {
    await ensureContract();
    const told: Told = { accepted: [], final: [], proofs: [] };
    const home = await killInRounds(roundsOf(told));
    expect(told.proofs.length).toBeGreaterThan(0);

    const { service, ledger, chain } = await openSurvivor(home, tenant.id, () => ({
      seedCloseSeconds: 0.05,
    }));
    try {
      const stateOf = async (digest: string) => {
        const { data } = await ask<Status>(service, `/v4/timestamp/${digest}`);
        expect(data?.timestamps, `${digest} is known, and in one seed`).toHaveLength(1);
        return data?.timestamps[0];
      };
      for (const { digest, seedId } of told.accepted.flatMap(({ digests }) => digests))
        expect((await stateOf(digest))?.seed_id).toBe(seedId);
      const open = ledger.db.prepare('SELECT 1 FROM seeds WHERE told_at IS NULL');
      await eventually('all seeds are final', () => open.get() === undefined);

      for (const { seed_id, transaction, private_key, timestamp } of told.final) {
        const { data } = await ask<{ data: SeedTold }>(service, `/v4/timestamp/status/seed/${seed_id}`);
        expect(data).toMatchObject({ seed_id, transaction, private_key, timestamp, submit_status: 3 });
      }
      for (const { digest, xml } of told.proofs) expect(await fetchProof(service, digest)).toBe(xml);
      expectSeedsTile(ledger);
      await expectRootsOnce(ledger, chain);
      const trees = await readdir(join(home.contentFolder, 'seeds'));
      expect(trees.filter((name) => !name.endsWith('.tree'))).toEqual([]);
    } finally {
      await service.stop();
    }
  });
});
