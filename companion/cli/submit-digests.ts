import { setTimeout as delay } from 'node:timers/promises';

import type { HashmarkError } from '../../shared/errors.ts';
import { backOffMs } from '../../shared/wire/back-off.ts';
import {
  type BulkAnswer,
  type DigestRequest,
  type DigestStatus,
  maxBulkItems,
  type OriginstampClient,
} from '../../shared/wire/originstamp.ts';
import { mapInOrder } from './in-order.ts';

/** What became of one item: exactly one of the two. */
export type Submission<Item> = { item: Item } & (
  | { status: DigestStatus; error?: undefined }
  | { status?: undefined; error: HashmarkError }
);

/** Bulks on their way at once. The service writes them one after the other: more would only wait. */
const bulksAtOnce = 4;
/** About two minutes of trouble. */
const mostFailures = 9;
/** Answers that are kept, so that a list with many repetitions does not send them again. */
const maxRememberedAnswers = 10_000;

/**
 * Hands in digests by bulks, in constant memory, and yields what became of each, in the order given. A digest that is
 * repeated is sent once (within {@link maxRememberedAnswers} of others; a service that gets it again changes nothing either).
 * What fails for the moment is tried again.
 *
 * @throws what the client throws when a whole call fails for good; the reason of an aborted `signal`.
 */
export async function* submitDigests<Item extends { digest: string }>(
  client: OriginstampClient,
  items: AsyncIterable<Item> | Iterable<Item>,
  { comment, signal }: { comment?: string; signal: AbortSignal },
): AsyncGenerator<Submission<Item>> {
  const remembered = new Map<string, BulkAnswer>();

  const submitBulk = async (bulk: Item[]): Promise<Submission<Item>[]> => {
    const digests = [...new Set(bulk.map(({ digest }) => digest))];
    const known = new Map(digests.flatMap((digest) => remembered.get(digest) ?? []).map(toEntry));
    const unknown = digests.filter((digest) => !known.has(digest));
    const answers = await sendPatiently(
      client,
      unknown.map((digest) => ({ digest, comment })),
      signal,
    );
    const fresh = new Set(unknown);
    return bulk.map((item) => {
      const answer = (answers.get(item.digest) ?? known.get(item.digest)) as BulkAnswer;
      if (answer.error) return { item, error: answer.error };
      remember(remembered, answer);
      // Only the first of several made it known.
      const isFirst = fresh.delete(item.digest);
      return { item, status: { ...answer.status, isNew: answer.status.isNew && isFirst } };
    });
  };

  for await (const bulk of mapInOrder(inBulks(items), bulksAtOnce, submitBulk)) yield* bulk;
}

function toEntry(answer: BulkAnswer): [digest: string, answer: BulkAnswer] {
  return [answer.digest, answer];
}

function remember(remembered: Map<string, BulkAnswer>, answer: BulkAnswer): void {
  remembered.set(answer.digest, answer);
  const [oldest] = remembered.keys();
  if (remembered.size > maxRememberedAnswers && oldest !== undefined) remembered.delete(oldest);
}

async function* inBulks<Item>(items: AsyncIterable<Item> | Iterable<Item>): AsyncGenerator<Item[]> {
  let bulk: Item[] = [];
  for await (const item of items) {
    bulk.push(item);
    if (bulk.length < maxBulkItems) continue;
    yield bulk;
    bulk = [];
  }
  if (bulk.length > 0) yield bulk;
}

/** One answer per digest; only what failed for the moment is sent again. */
async function sendPatiently(
  client: OriginstampClient,
  requests: readonly DigestRequest[],
  signal: AbortSignal,
): Promise<Map<string, BulkAnswer>> {
  const settled = new Map<string, BulkAnswer>();
  let open = requests;
  for (let failures = 0; open.length > 0; failures += 1) {
    let waitMs: number | undefined;
    try {
      const answers = await client.stampAll(open, { signal });
      for (const answer of answers) settled.set(...toEntry(answer));
      const waits = answers.map(({ error }) => backOffMs(error, failures));
      open = open.filter((_, position) => waits[position] !== undefined);
      waitMs = Math.max(...waits.map((wait) => wait ?? 0));
      if (failures >= mostFailures) break;
    } catch (error) {
      waitMs = backOffMs(error, failures);
      if (waitMs === undefined || failures >= mostFailures) throw error;
    }
    if (open.length > 0) await delay(waitMs, undefined, { signal });
  }
  return settled;
}
