import { randomUUID } from 'node:crypto';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';

import type { Chain } from '../../../companion/chain/chain.ts';
import { type Ledger, openLedger } from '../../../companion/service/ledger/database.ts';
import { insertDigest } from '../../../companion/service/ledger/digests.ts';
import { appendEvent } from '../../../companion/service/ledger/events.ts';
import { putFile } from '../../../companion/service/ledger/files.ts';
import { findGroup, insertGroup } from '../../../companion/service/ledger/groups.ts';
import { putTenant } from '../../../companion/service/ledger/tenants.ts';
import type { Service } from '../../../companion/service/service.ts';
import { peakMemoryMiB } from '../harness/peak-memory.ts';
import { cidAt, digestAt } from './samples.ts';
import { tenant } from './tenant.ts';

export type Commands = ReturnType<typeof createCommands>;

const rowsPerTransaction = 50_000;

/** What the measured process does on its parent's word. */
export function createCommands({
  folder,
  ledger,
  service,
  chain,
}: {
  folder: string;
  ledger: Ledger;
  service: Service;
  chain: Chain | undefined;
}) {
  /** The rows that one registered or stored file makes, and nothing else. */
  function insertRows(into: Ledger, groupRef: number, index: number): Promise<void> {
    return into.write((db) => {
      const cid = cidAt(index);
      putFile(db, { ...fileAt(index), groupRef }, Date.now());
      appendEvent(db, { tenantId: tenant.id, type: 'file.uploaded', data: { hash: cid } }, Date.now());
    });
  }

  async function withBareLedger<T>(work: (bare: Ledger, groupRef: number) => Promise<T>): Promise<T> {
    const bare = openLedger(join(folder, `bare-${randomUUID()}.sqlite`));
    try {
      const { ref } = await bare.write((db) => {
        putTenant(db, tenant, 0);
        return insertGroup(db, { tenantId: tenant.id, name: 'bare', network: 'public' }, 0);
      });
      return await work(bare, ref);
    } finally {
      await bare.close();
    }
  }

  return {
    /** Highest memory of this process so far, in MiB. */
    async peakMemory(): Promise<number> {
      return peakMemoryMiB();
    },

    /** Puts files `from` to `to` into a group, as if they had been uploaded. */
    async seed({ group, from, to }: { group: string; from: number; to: number }): Promise<void> {
      const ref = await ledger.write((db) => {
        const known = findGroup(db, tenant.id, group);
        return (known ?? insertGroup(db, { tenantId: tenant.id, name: group, network: 'public' }, 0)).ref;
      });
      for (let start = from; start < to; start += rowsPerTransaction) {
        await ledger.write((db) => {
          for (let index = start; index < Math.min(start + rowsPerTransaction, to); index++) {
            putFile(db, { ...fileAt(index), groupRef: ref }, Date.now());
          }
        });
      }
    },

    /** The limit of registering: the same rows, straight into a store of the same schema. Milliseconds. */
    async bareRows({ count, callers }: { count: number; callers: number }): Promise<number> {
      return withBareLedger(async (bare, groupRef) => {
        const startedAt = performance.now();
        await inParallel(count, callers, (index) => insertRows(bare, groupRef, index));
        return performance.now() - startedAt;
      });
    },

    /** The limit of accepting digests: the same rows, a bulk per transaction, straight into a store of the same schema. Milliseconds. */
    async bareDigests({
      bulks,
      perBulk,
      callers,
    }: {
      bulks: number;
      perBulk: number;
      callers: number;
    }): Promise<number> {
      return withBareLedger(async (bare) => {
        const startedAt = performance.now();
        await inParallel(bulks, callers, (bulk) =>
          bare.write((db) => {
            for (let index = bulk * perBulk; index < (bulk + 1) * perBulk; index++) {
              const digest = digestAt(index);
              insertDigest(db, { digest, comment: null, tenantId: tenant.id, createdAtMs: Date.now() });
            }
          }),
        );
        return performance.now() - startedAt;
      });
    },

    /** The limit of storing: the same bytes written, synced and renamed, and the same rows. Milliseconds. */
    async bareFiles({
      count,
      callers,
      sizeBytes,
    }: {
      count: number;
      callers: number;
      sizeBytes: number;
    }): Promise<number> {
      const bytes = new Uint8Array(sizeBytes).fill(7);
      const target = join(folder, 'bare-content');
      await mkdir(target, { recursive: true });
      return withBareLedger(async (bare, groupRef) => {
        const startedAt = performance.now();
        await inParallel(count, callers, async (index) => {
          await writeDurably(target, String(index), bytes);
          await insertRows(bare, groupRef, index);
        });
        return performance.now() - startedAt;
      });
    },

    /** The limit of a large upload: as many bytes into a file, synced. Milliseconds. */
    async bareBytes({ sizeBytes }: { sizeBytes: number }): Promise<number> {
      const chunk = new Uint8Array(65_536).fill(7);
      const file = await open(join(folder, 'bare-bytes'), 'w');
      const startedAt = performance.now();
      for (let written = 0; written < sizeBytes; written += chunk.length) await file.write(chunk);
      await file.sync();
      const ms = performance.now() - startedAt;
      await file.truncate(0);
      await file.close();
      return ms;
    },

    /**
     * Commits and announces events, `everyMs` apart. When each was committed, by its number, in milliseconds of the clock
     * that {@link monotonicMs} reads in every process.
     */
    async tellEvents({ count, everyMs }: { count: number; everyMs: number }): Promise<[number, number][]> {
      const committed: [number, number][] = [];
      for (let index = 0; index < count; index++) {
        const id = await ledger.write((db) => {
          const data = {
            hash: cidAt(index),
            name: 'file.pdf',
            size: 12_345,
            group_id: 'bench',
            network: 'public',
          };
          service.events.append(db, { tenantId: tenant.id, type: 'file.uploaded', data });
          return Number(db.prepare('SELECT max(id) AS id FROM events').get()?.id);
        });
        committed.push([id, monotonicMs()]);
        service.events.announce();
        if (everyMs > 0) await new Promise((resolve) => setTimeout(resolve, everyMs));
      }
      return committed;
    },

    /** How many transactions the chain has seen, and the gas of one. */
    async gas({ txHash }: { txHash: `0x${string}` }): Promise<{ gas: number; stamps: number }> {
      if (!chain) throw new Error('There is no chain.');
      const receipt = await chain.reader.getTransactionReceipt({ hash: txHash });
      const { count } = ledger.db.prepare('SELECT count(*) AS count FROM anchors').get() as { count: number };
      return { gas: Number(receipt.gasUsed), stamps: count };
    },
  };
}

function fileAt(index: number) {
  return {
    cid: cidAt(index),
    digest: digestAt(index),
    name: `file ${index}.pdf`,
    sizeBytes: 12_345,
    mimetype: 'application/pdf',
    network: 'public' as const,
  };
}

async function writeDurably(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(folder, `${name}.new`);
  const file = await open(temporary, 'wx');
  await file.write(bytes);
  await file.sync();
  await file.close();
  await rename(temporary, join(folder, name));
  const directory = await open(folder, 'r');
  await directory.sync();
  await directory.close();
}

async function inParallel(
  count: number,
  callers: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (next < count) await work(next++);
    }),
  );
}

/** Milliseconds of the system's monotonic clock, which all processes share. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
