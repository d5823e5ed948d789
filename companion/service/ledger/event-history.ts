import type { DatabaseSync } from 'node:sqlite';

import { statement } from './statement.ts';

/**
 * Forgets the oldest events up to a time, in a step that leaves room for others. The newest event of all stays whatever
 * its age: its number is where a restart goes on.
 *
 * @param before Unix milliseconds.
 * @param limit how many events are looked at.
 * @returns whether there may be more to forget.
 */
export function dropEventsBefore(db: DatabaseSync, before: number, limit: number): boolean {
  // Numbers and times rise together, so that the oldest events are the first ones, without an index on the time.
  const { changes } = statement(
    db,
    `DELETE FROM events WHERE id IN (SELECT id FROM events ORDER BY id LIMIT ?2)
       AND timestamp < ?1 AND id < (SELECT max(id) FROM events)`,
  ).run(before, limit);
  return Number(changes) === limit;
}
