import { HashmarkError } from '../../shared/errors.ts';
import type { OriginstampClient } from '../../shared/wire/originstamp.ts';
import type { Io } from './io.ts';

/**
 * Looks, before anything is sent, whether the service can stamp that many digests, and says so when this month's quota may
 * not be enough: digests that it knows already do not count.
 * @throws HashmarkError `no-chain` when it has nothing to stamp on, and what the client throws.
 */
export async function checkAllowance(client: OriginstampClient, total: number, io: Io): Promise<void> {
  const { signal } = io;
  const [currencies, usage] = await Promise.all([client.currencies({ signal }), client.usage({ signal })]);
  if (currencies.length === 0) {
    throw new HashmarkError(
      'no-chain',
      'The service has no chain to stamp digests on. Nothing was sent. `hashmark chain` shows what is set up.',
    );
  }
  const left = Math.max(0, usage.timestampsPerMonth - usage.timestampsUsed);
  if (usage.limitedBy === 'timestamps' && left < total) {
    io.progress();
    io.say(`Of ${total} digests, at most ${left} that are new can be stamped this month.`);
  }
}
