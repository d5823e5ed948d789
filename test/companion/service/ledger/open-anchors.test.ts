import { describe, expect, it, onTestFinished } from 'vitest';

import {
  countOpenAnchors,
  findHighestOpenNonce,
  listFinalAnchors,
  listOpenAnchors,
} from '../../../../companion/service/ledger/anchors.ts';
import { openLedger } from '../../../../companion/service/ledger/database.ts';
import { hasUnsentSeed } from '../../../../companion/service/ledger/seeds.ts';
import { statement } from '../../../../companion/service/ledger/statement.ts';

/** The plan of the statement that `work` runs. */
function planOf(work: (db: ReturnType<typeof openLedger>['db']) => unknown): string {
  const ledger = openLedger(':memory:');
  onTestFinished(() => ledger.close());
  const prepare = ledger.db.prepare.bind(ledger.db);
  const texts: string[] = [];
  ledger.db.prepare = (sql) => {
    texts.push(sql);
    return prepare(sql);
  };
  work(ledger.db);
  const steps = texts.flatMap((sql) => statement(ledger.db, `EXPLAIN QUERY PLAN ${sql}`).all());
  return steps.map(({ detail }) => detail).join('\n');
}

describe('what the writer asks at every step', () => {
  it.each([
    ['listOpenAnchors', (db) => listOpenAnchors(db, 1, '0x', 0, 10), 'INDEX anchors_open'],
    ['countOpenAnchors', (db) => countOpenAnchors(db, 1, '0x'), 'INDEX anchors_open'],
    ['findHighestOpenNonce', (db) => findHighestOpenNonce(db, 1, '0x'), 'INDEX anchors_open'],
    ['hasUnsentSeed', (db) => hasUnsentSeed(db, 1, 1), 'INDEX seeds_unsettled'],
    // From the newest backwards, until there are enough.
    ['listFinalAnchors', (db) => listFinalAnchors(db, 1, '0x', 10, 10), 'INTEGER PRIMARY KEY (rowid<?)'],
  ] as [string, Parameters<typeof planOf>[0], string][])(
    '%s should not read all anchors there ever were',
    (_, work, expected) => {
      const plan = planOf(work);
      expect(plan).toContain(expected);
      expect(plan).not.toMatch(/anchors_by|SCAN a\b|SCAN anchors$/);
    },
  );
});
