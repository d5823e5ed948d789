import { type ErrorData, fromErrorData, HashmarkError, toErrorData } from '../../shared/errors.ts';
import { chooseSeed, type DigestStatus, type OriginstampClient } from '../../shared/wire/originstamp.ts';
import type { DigestItem, DigestResult, DigestStamp } from './digest-report.ts';
import { createSeedFollower } from './follow-seeds.ts';
import { mapInOrder } from './in-order.ts';
import type { Io } from './io.ts';
import type { ProofFolder } from './proof-folder.ts';
import { createSpool } from './spool.ts';
import { submitDigests } from './submit-digests.ts';

/** Requests for proofs at once. */
const proofsAtOnce = 8;

/**
 * Hands in digests of any number, with progress, and yields what became of each in the order given.
 * @throws what `submitDigests` throws.
 */
export async function* takeDigests(
  client: OriginstampClient,
  items: AsyncIterable<DigestItem> | Iterable<DigestItem>,
  { total, comment }: { total: number; comment?: string },
  io: Io,
): AsyncGenerator<DigestResult> {
  let done = 0;
  for await (const { item, status, error } of submitDigests(client, items, { comment, signal: io.signal })) {
    done += 1;
    io.progress(`Sending digests: ${done} of ${total}`);
    yield status ? toResult(item, status) : { item, error };
  }
}

/**
 * Takes digests that were handed in on to the end: waits until their seeds are final and, with `proofs`, keeps the proof of
 * each. Everything is handed in before anything is waited for: otherwise the next digests would miss the seed that is open.
 */
export async function* finishDigests(
  submitted: AsyncIterable<DigestResult>,
  { client, proofs }: { client: OriginstampClient; proofs?: ProofFolder },
  io: Io,
): AsyncGenerator<DigestResult> {
  const follower = createSeedFollower(client, io);
  const spool = await createSpool<Spooled>();

  async function finish({ item, stamp, error }: Spooled): Promise<DigestResult> {
    try {
      if (!stamp) throw fromErrorData(error);
      const seed = await follower.waitForFinal(stamp.seed);
      if (!proofs) return { item, stamp: { ...stamp, seed } };
      io.progress('Checking proofs');
      return { item, stamp: { ...stamp, seed, proofFile: await proofs.keep(item.digest, seed) } };
    } catch (thrown) {
      return { item, error: thrown };
    }
  }

  try {
    for await (const { item, stamp, error } of submitted) {
      await spool.add(stamp ? { item, stamp } : { item, error: toErrorData(error) });
    }
    for await (const result of mapInOrder(spool.read(), proofsAtOnce, finish)) {
      io.signal.throwIfAborted();
      yield result;
    }
  } finally {
    await spool.close();
  }
}

/** A result as plain JSON. */
type Spooled = { item: DigestItem } & (
  | { stamp: DigestStamp; error?: undefined }
  | { stamp?: undefined; error: ErrorData }
);

function toResult(item: DigestItem, status: DigestStatus): DigestResult {
  const { isNew, createdAtMs: submittedAtMs, comment, seeds } = status;
  const seed = chooseSeed(seeds) ?? seeds[0];
  if (seed) return { item, stamp: { isNew, submittedAtMs, comment, seed } };
  const error = new HashmarkError(
    'no-seed',
    `The service took ${item.digest} and names no seed for it: it has no chain to stamp on. See \`hashmark chain\`.`,
    { data: { digest: item.digest } },
  );
  return { item, error };
}
