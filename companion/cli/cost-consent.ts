import { type StampKind, stampCostAnswer } from '../../shared/wire/companion.ts';
import { exitCodes, type Io, toSentence } from './io.ts';
import type { Prompt } from './prompt.ts';
import { readAnswer, type TerminalSession } from './session.ts';

/** A chain that does not answer is no reason to wait long: the stamp waits for it in the ledger. */
const costWithinMs = 5_000;

/**
 * Says what a stamp costs on the account's chain, where it costs money, and asks.
 * @param yes spend without asking
 * @returns undefined when it may be spent, else the exit code: 64 when nobody can be asked, 1 when the answer was no.
 */
export async function confirmCost(
  { fetch, state }: TerminalSession,
  kind: StampKind,
  yes: boolean,
  io: Io,
  prompt: Prompt,
): Promise<number | undefined> {
  if (state.chain.isLocal) return undefined;
  io.progress('Asking the chain what it costs');
  const signal = AbortSignal.any([io.signal, AbortSignal.timeout(costWithinMs)]);
  try {
    const answer = await fetch(`/keyholder/stamp-cost?kind=${kind}`, { signal });
    const cost = await readAnswer(stampCostAnswer, answer);
    io.progress();
    const what = kind === 'hash-only' ? 'The root of a seed, however many digests it holds,' : 'A stamp';
    io.say(
      `${what} on ${cost.chainName} costs about ${cost.expected} now, at most ${cost.most}; the wallet owns ${cost.balance}.`,
    );
  } catch (error) {
    io.signal.throwIfAborted();
    io.progress();
    io.say(`What a stamp costs now could not be read (${toSentence(error)}); the ceiling holds in any case.`);
  }
  if (!yes && !prompt.isInteractive) {
    io.say(
      'hashmark stamp: on this chain a stamp costs money and nobody can be asked. Say --yes if it may be spent.',
    );
    return exitCodes.usage;
  }
  if (yes || (await prompt.confirm('Pay that?'))) return undefined;
  io.say('Nothing was sent and nothing was stamped.');
  return exitCodes.failed;
}
