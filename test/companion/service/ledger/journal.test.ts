import { describe, expect, it, onTestFinished } from 'vitest';

import type { JournalEntry } from '../../../../companion/chain/journal.ts';
import { openLedger } from '../../../../companion/service/ledger/database.ts';
import { createJournal } from '../../../../companion/service/ledger/journal.ts';

function openMemory() {
  const ledger = openLedger(':memory:');
  onTestFinished(() => ledger.close());
  return ledger;
}

function entry(index: number): JournalEntry {
  const digits = index.toString(16).padStart(64, '0');
  return { txHash: `0x${digits}`, txRaw: `0x02${digits}`, blockTimeSeconds: 1_700_000_000 + index };
}

describe('createJournal', () => {
  it('dates the first block once and for all', async () => {
    const ledger = openMemory();
    expect(await createJournal(ledger, 1, () => 1_700_000_000_999).genesisTimeSeconds()).toBe(1_700_000_000);
    expect(await createJournal(ledger, 1, () => 1_800_000_000_000).genesisTimeSeconds()).toBe(1_700_000_000);
    expect(await createJournal(ledger, 2, () => 1_800_000_000_000).genesisTimeSeconds()).toBe(1_800_000_000);
  });

  it('gives back every entry of its chain in order, from any place, over many pages', async () => {
    const ledger = openMemory();
    const journal = createJournal(ledger, 1);
    const other = createJournal(ledger, 2);
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
    const journal = createJournal(openMemory(), 1);
    await journal.append(entry(1));
    await expect(journal.append(entry(1))).rejects.toThrow(/UNIQUE/);
    expect([...journal.entriesAfter(0)]).toHaveLength(1);
  });

  it('may be read slowly while it grows', async () => {
    const journal = createJournal(openMemory(), 1);
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
});
