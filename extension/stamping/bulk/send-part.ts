import type { HashmarkError } from '../../../shared/errors.ts';
import { backOffMs } from '../../../shared/wire/back-off.ts';
import type { BulkAnswer, OriginstampClient } from '../../../shared/wire/originstamp.ts';
import type { BulkPart, BulkRow, FollowedSeed } from './bulk.ts';
import type { BulkStore } from './bulk-store.ts';

/**
 * Hands the queued digests of one part in, in one request, and notes what became of each. A second time changes nothing at the
 * service, so a part whose answer was lost is simply sent again.
 *
 * @throws HashmarkError as the client does; also when the service puts single digests off (too many requests, quota): those stay
 * queued, the rest of the part is noted.
 */
export async function sendPart(
  { bulkId, index, rows }: BulkPart,
  { store, client }: { store: BulkStore; client: Pick<OriginstampClient, 'stampAll'> },
): Promise<void> {
  const queued = rows.flatMap(({ state }, position) => (state === 'queued' ? [position] : []));
  const answers = await client.stampAll(
    queued.map((position) => ({ digest: (rows[position] as BulkRow).digest })),
  );
  const answerAt = new Map(queued.map((position, order) => [position, answers[order] as BulkAnswer]));
  const change = (row: BulkRow, position: number) => {
    const answer = answerAt.get(position);
    return answer && row.state === 'queued' ? withAnswer(row, answer) : row;
  };
  await store.updateRows(
    bulkId,
    new Map([[index, change]]),
    answers.flatMap(({ status }) => toFollowed(status?.seeds ?? [])),
  );
  const putOff = answers.find(({ error }) => error && isPutOff(error));
  if (putOff?.error) throw putOff.error;
}

/** True for what says nothing against the digest itself. */
function isPutOff(error: HashmarkError): boolean {
  return error.code === 'quota-exceeded' || backOffMs(error, 0) !== undefined;
}

function withAnswer(row: BulkRow, { status, error }: BulkAnswer): BulkRow {
  if (error) return isPutOff(error) ? row : { ...row, state: 'failed', message: error.message };
  const seedIds = status.seeds.flatMap(({ seedId }) => (seedId ? [seedId] : []));
  const { message: _, ...rest } = row;
  const sent = {
    ...rest,
    isNew: status.isNew,
    ...(status.createdAtMs === null ? {} : { submittedAtMs: status.createdAtMs }),
  };
  if (seedIds.length > 0) return { ...sent, state: 'sent', seedIds };
  return {
    ...sent,
    state: 'failed',
    message: 'The service took the digest and put it in no seed, so it will stand on no chain. Retry later.',
  };
}

type Seeds = Extract<BulkAnswer, { status: object }>['status']['seeds'];

function toFollowed(seeds: Seeds): FollowedSeed[] {
  return seeds.flatMap(({ seedId, ...seed }) => (seedId ? [{ ...seed, seedId, nextLookAtMs: 0 }] : []));
}
