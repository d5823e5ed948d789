import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readEventStream } from '../../shared/wire/event-stream.ts';
import { eventually } from '../helpers/eventually.ts';
import { runHashmark } from '../helpers/hashmark-command.ts';
import { type RunningCompanion, startCompanion } from '../helpers/running-companion.ts';

const rounds = 4;
const writers = 3;
const answersPerRound = 12;

interface Answered {
  hash: string;
  text: string;
  transaction: string | null;
}

interface Told {
  id: string | undefined;
  type: string;
  data: Record<string, unknown>;
}

let companion: RunningCompanion;
let webhook: string;
let headers: Record<string, string>;
const answered: Answered[] = [];
const told: Told[] = [];

async function start(home?: string): Promise<void> {
  companion = await startCompanion(home === undefined ? undefined : { home });
  const { stdout } = await runHashmark(['credentials', '--home', companion.home]);
  const { webhookUrl, secretKey } = JSON.parse(stdout);
  webhook = webhookUrl;
  headers = { 'secret-key': secretKey };
}

/** Uploads and stamps until the companion is gone; only whole answers count. */
async function work(writer: number, round: number): Promise<void> {
  for (let count = 0; ; count++) {
    const text = `${writer} ${round} ${count}`;
    const form = new FormData();
    form.append('file', new File([text], 'file.txt', { type: 'text/plain' }));
    try {
      const response = await fetch(webhook, {
        method: 'POST',
        headers: {
          ...headers,
          'group-id': `${round}-${count % 3}`,
          network: 'public',
          'stamp-immediately': String(count % 2 === 0),
        },
        body: form,
      });
      const answer = (await response.json()) as { hash: string; transaction_id: string | null };
      expect(response.status).toBe(201);
      answered.push({ text, hash: answer.hash, transaction: answer.transaction_id });
    } catch (error) {
      // Node's fetch says so when a connection is cut off, before or within an answer.
      if (!(error instanceof TypeError)) throw error;
      return;
    }
  }
}

/** Keeps what the event stream tells until the companion is gone, from `lastEventId` on. */
async function listen(lastEventId: string | undefined, into: Told[]): Promise<void> {
  const resume: Record<string, string> = lastEventId ? { 'last-event-id': lastEventId } : {};
  try {
    const response = await fetch(`${webhook}/events/stream`, { headers: { ...headers, ...resume } });
    for await (const item of readEventStream(response.body as ReadableStream<Uint8Array>)) {
      if (item.kind !== 'event') continue;
      const { type, data } = item.event as unknown as Told;
      if (type !== 'connection.established') into.push({ id: item.lastEventId, type, data });
    }
  } catch {
    // The stream ends with the companion.
  }
}

beforeAll(() => start());
afterAll(() => companion.stop());

describe('kill -9 of the companion as its users run it', () => {
  it('loses no answer and no event, and leaves nothing half done', async () => {
    for (let round = 0; round < rounds; round++) {
      const from = answered.length;
      const listening = listen(told.at(-1)?.id, told);
      const working = Promise.all(Array.from({ length: writers }, (_, writer) => work(writer, round)));
      await eventually('answers', () => answered.length >= from + answersPerRound, 60_000);
      await companion.end('SIGKILL');
      await Promise.all([working, listening]);
      await start(companion.home);
    }

    for (const { hash, text, transaction } of answered) {
      const content = await fetch(new URL(`/ipfs/${hash}`, companion.ready.url));
      expect(await content.text()).toBe(text);
      if (transaction === null) continue;
      const verified = await fetch(webhook, { headers: { ...headers, hash } });
      const { allResults } = (await verified.json()) as { allResults: { foreign_tx_id: string }[] };
      expect(allResults.map(({ foreign_tx_id }) => foreign_tx_id)).toContain(transaction);
    }

    // A reader that comes back with the last event it has misses none and gets none twice.
    const replayed: Told[] = [];
    void listen('0', replayed);
    const last = Number(told.at(-1)?.id);
    await eventually('the replay', () => Number(replayed.at(-1)?.id) >= last);
    const byId = new Map(replayed.map((event) => [event.id, event]));
    expect(byId.size).toBe(replayed.length);
    for (const event of told) expect(byId.get(event.id)).toEqual(event);
    expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);
    const uploaded = replayed.filter(({ type }) => type === 'file.uploaded').map(({ data }) => data.hash);
    for (const { hash } of answered) expect(uploaded.filter((each) => each === hash)).toHaveLength(1);

    expect(await readdir(join(companion.home, 'content', 'incoming'))).toEqual([]);
    expect(
      (await readdir(companion.home, { recursive: true })).filter((name) => /\.tmp$/.test(name)),
    ).toEqual([]);
  });
});
