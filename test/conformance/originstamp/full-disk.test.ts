import { afterEach, expect, it } from 'vitest';

import { callOriginstamp, digestOf } from '../../helpers/originstamp-caller.ts';
import { type RunningService, startService } from '../../helpers/running-service.ts';

let running: RunningService | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

it('a full disk is an envelope with 9999 for every item; nothing is kept, and it goes on when there is room', async () => {
  running = await startService({ chain: true, settings: { seedCloseSeconds: 3_600 } });
  const client = callOriginstamp(running);
  await client.create({ hash: digestOf('before') });
  const { db } = running.ledger;
  const { page_count } = db.prepare('PRAGMA page_count').get() as { page_count: number };
  db.exec(`PRAGMA max_page_count = ${page_count}`);

  const items = Array.from({ length: 100 }, (_, index) => ({
    hash: digestOf(`full ${index}`),
    comment: 'c'.repeat(256),
  }));
  const answers = await client.bulk(items);
  expect(answers).toHaveLength(100);
  for (const answer of answers) {
    expect(answer).toMatchObject({ data: null, error_code: 9999 });
    expect(answer.error_message).toMatch(/disk .* is full.*\[id [0-9a-f]{8}\]$/);
  }
  expect(running.errors.join()).toContain('/v4/timestamp/bulk/create failed');
  expect(await client.status(digestOf('full 0'))).toMatchObject({ error_code: 9005 });
  expect(await client.status(digestOf('before'))).toMatchObject({ error_code: 0 });

  db.exec(`PRAGMA max_page_count = ${page_count + 10_000}`);
  const again = await client.bulk(items);
  expect(again.every((each: { data: { created: boolean } }) => each.data.created)).toBe(true);
  expect((await client.usage()).data.consumed_timestamps).toBe(101);
});
