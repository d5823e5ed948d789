import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

import type { JournalEntry } from '../../../../companion/chain/journal.ts';
import { openLedger } from '../../../../companion/service/ledger/database.ts';
import { openJournal } from '../../../../companion/service/ledger/journal.ts';
import { statement } from '../../../../companion/service/ledger/statement.ts';
import { createFolder } from '../../../helpers/create-folder.ts';

function open(path = ':memory:', chainId = 1, now?: () => number) {
  const journal = openJournal(path, chainId, now);
  onTestFinished(() => journal.close());
  return journal;
}

function entry(index: number): JournalEntry {
  const digits = index.toString(16).padStart(64, '0');
  return { txHash: `0x${digits}`, txRaw: `0x02${digits}`, blockTimeSeconds: 1_700_000_000 + index };
}

describe('openJournal', () => {
  it('dates the first block once and for all', async () => {
    const path = join(createFolder(), 'journal.sqlite');
    expect(await open(path, 1, () => 1_700_000_000_999).genesisTimeSeconds()).toBe(1_700_000_000);
    expect(await open(path, 1, () => 1_800_000_000_000).genesisTimeSeconds()).toBe(1_700_000_000);
    expect(await open(path, 2, () => 1_800_000_000_000).genesisTimeSeconds()).toBe(1_800_000_000);
  });

  it('gives back every entry of its chain in order, from any place, over many pages', async () => {
    const path = join(createFolder(), 'journal.sqlite');
    const journal = open(path, 1);
    const other = open(path, 2);
    await other.append(entry(9_999));
    await Promise.all(Array.from({ length: 2_500 }, (_, index) => journal.append(entry(index))));
    const all = [...journal.entriesAfter(0)];
    expect(all.map(({ position: _, ...rest }) => rest)).toEqual(
      Array.from({ length: 2_500 }, (_, index) => entry(index)),
    );
    const middle = all[1_234];
    expect([...journal.entriesAfter(middle?.position ?? 0)][0]).toEqual(all[1_235]);
    expect([...journal.entriesAfter(all.at(-1)?.position ?? 0)]).toEqual([]);
    expect([...other.entriesAfter(0)]).toHaveLength(1);
  });

  it('refuses a transaction that it already has', async () => {
    const journal = open();
    await journal.append(entry(1));
    await expect(journal.append(entry(1))).rejects.toThrow(/UNIQUE/);
    expect([...journal.entriesAfter(0)]).toHaveLength(1);
  });

  it('may be read slowly while it grows', async () => {
    const journal = open();
    await journal.append(entry(0));
    let seen = 0;
    for (const _ of journal.entriesAfter(0)) {
      seen++;
      if (seen < 5) await journal.append(entry(seen));
    }
    // What came after the page was read is there for the next reading.
    expect(seen).toBe(1);
    expect([...journal.entriesAfter(0)]).toHaveLength(2);
  });

  it('takes over what an earlier version kept in the ledger, once', async () => {
    const ledger = openLedger(':memory:');
    onTestFinished(() => ledger.close());
    await ledger.write((db) => {
      statement(db, 'INSERT INTO settings (key, value) VALUES (?, ?)').run(
        'chain.1.genesis-time-seconds',
        '1600000000',
      );
      for (let index = 0; index < 1_500; index++) {
        const { txHash, txRaw, blockTimeSeconds } = entry(index);
        statement(
          db,
          'INSERT INTO chain_journal (chain_id, tx_hash, tx_raw, block_time_seconds) VALUES (1, ?, ?, ?)',
        ).run(txHash, txRaw, blockTimeSeconds);
      }
    });
    const journal = open();
    await journal.adopt(ledger);
    expect(await journal.genesisTimeSeconds()).toBe(1_600_000_000);
    expect([...journal.entriesAfter(0)].map(({ position: _, ...rest }) => rest)).toEqual(
      Array.from({ length: 1_500 }, (_, index) => entry(index)),
    );
    await journal.append(entry(1_500));
    await journal.adopt(ledger);
    expect([...journal.entriesAfter(0)]).toHaveLength(1_501);
  });

  it('has nothing to take over from a new ledger', async () => {
    const ledger = openLedger(':memory:');
    onTestFinished(() => ledger.close());
    const journal = open(':memory:', 1, () => 1_700_000_000_000);
    await journal.adopt(ledger);
    expect(await journal.genesisTimeSeconds()).toBe(1_700_000_000);
    expect([...journal.entriesAfter(0)]).toEqual([]);
  });
});
