/** Looks for the root of a seed on Bitcoin, by either method. */
import { believeSources } from './believed.ts';
import { addressOfRoot, opReturnScript, originStampWallet } from './bitcoin-script.ts';
import { describeMissing, describeOpen, toUtc } from './check-block.ts';
import { concludeRecord } from './conclude.ts';
import { type BitcoinReader, type BitcoinTransaction, createBitcoinReader } from './esplora.ts';
import type { Agreement, Fetch } from './json-rpc.ts';
import type { RootFinding } from './root-finding.ts';
import type { SeedMethod, Step } from './verdict.ts';

/** As many as most who take payments wait for. */
const finalConfirmations = 6;

/**
 * Looks at the transaction, when one is named, for the root as data (OP_RETURN), and otherwise for the first payment to the
 * address whose private key is the root. Never throws: what could not be asked is in the finding.
 *
 * @param transaction 64 hex digits
 * @param esplora base URLs of the servers to ask
 * @param easiest nBits of the easiest target that a block may have; what Bitcoin had at its time when absent
 */
export async function findBitcoinRoot(
  root: string,
  transaction: string | undefined,
  esplora: readonly string[],
  fetch: Fetch,
  easiest?: number,
): Promise<RootFinding> {
  if (esplora.length === 0) {
    return {
      outcome: 'unchecked',
      steps: [
        toStep('transaction', 'Bitcoin has the transaction', 'could-not-run', 'No Esplora server is set up'),
      ],
      believed: [],
      nextStep: 'Name an Esplora server to read Bitcoin with.',
    };
  }
  const reader = createBitcoinReader(esplora, fetch, easiest);
  if (transaction === undefined) return findByAddress(root, reader, 'No transaction is named');
  const txid = transaction.toLowerCase();
  const answer = await reader.transaction(txid);
  if (answer.kind !== 'agreed') {
    return open(toStep('transaction', 'Bitcoin has the transaction', 'could-not-run', describeOpen(answer)));
  }
  // Other chains name transactions in the same form: that Bitcoin has none of this name refutes nothing.
  if (!answer.value) return findByAddress(root, reader, `Bitcoin holds no transaction ${txid}`);
  const byData = await findInData(root, answer.value, answer, reader);
  return byData ?? findByAddress(root, reader, `Transaction ${txid} does not carry root ${root}`, true);
}

/** The root as data of one of the transaction's outputs; undefined when none carries it. */
async function findInData(
  root: string,
  transaction: BitcoinTransaction,
  answer: Agreed,
  reader: BitcoinReader,
): Promise<RootFinding | undefined> {
  const output = transaction.outputScripts.indexOf(opReturnScript(root));
  if (output < 0) return undefined;
  // Anybody can pay to OriginStamp's wallet; only its owner can sign for it.
  const isTrusted = transaction.signerScripts.includes(originStampWallet.script);
  const wallet = `${originStampWallet.address}, OriginStamp's wallet`;
  const detail = `${transaction.txid}: its bytes hash to its name; read from ${whoSaid(answer)}`;
  const rootDetail = `Root ${root} is the data of output ${output} (OP_RETURN)`;
  return dateRoot(
    {
      method: 'bitcoin-op-return',
      transaction,
      isTrusted,
      steps: [
        toStep('transaction', 'Bitcoin has the transaction', 'passed', detail),
        toStep('root-on-chain', 'The transaction holds the root', 'passed', rootDetail),
      ],
      believed: believeServers(answer),
      writer: toStep(
        'writer',
        'OriginStamp wrote it',
        isTrusted ? 'passed' : 'failed',
        `The key of ${wallet}, ${isTrusted ? 'signed it' : 'did not sign it'}`,
      ),
    },
    reader,
  );
}

/**
 * The first payment to the root's address.
 *
 * @param why what was tried before, when nobody paid it
 * @param isRefuted whether a transaction that was named turned out not to carry the root
 */
async function findByAddress(
  root: string,
  reader: BitcoinReader,
  why: string,
  isRefuted = false,
): Promise<RootFinding> {
  const label = 'The address of the root was paid';
  const target = addressOfRoot(root);
  if (!target) {
    const detail = `Root ${root} is no private key, and has no address`;
    return open(toStep('root-on-chain', label, 'could-not-run', detail));
  }
  const answer = await reader.firstPayment(target);
  if (answer.kind !== 'agreed')
    return open(toStep('root-on-chain', label, 'could-not-run', describeOpen(answer)));
  if (!answer.value) {
    const detail = `${why}, and nobody paid ${target.address}, the address of root ${root}, say ${whoSaid(answer)}`;
    return {
      outcome: isRefuted ? 'contradicted' : 'unchecked',
      steps: [toStep('root-on-chain', label, isRefuted ? 'failed' : 'could-not-run', detail)],
      believed: believeSources('Esplora server', answer.endpoints),
      nextStep: 'Give the transaction that holds the root: the service that made the proof names it.',
    };
  }
  const { txid } = answer.value;
  const detail = `${txid} is the first payment to ${target.address}, the address of root ${root}, read from ${whoSaid(answer)}`;
  return dateRoot(
    {
      method: 'bitcoin-address',
      transaction: answer.value,
      isTrusted: true,
      steps: [toStep('root-on-chain', label, 'passed', detail)],
      believed: [
        ...believeServers(answer),
        'Nobody for who wrote it: this method proves the time, and names no writer',
      ],
    },
    reader,
  );
}

type Agreed = Extract<Agreement<unknown>, { kind: 'agreed' }>;

interface Found {
  method: SeedMethod;
  transaction: BitcoinTransaction;
  isTrusted: boolean;
  steps: Step[];
  believed: string[];
  writer?: Step;
}

/** Adds the block, its time and its finality to what was found. */
async function dateRoot(found: Found, reader: BitcoinReader): Promise<RootFinding> {
  const { method, transaction, isTrusted, believed, writer } = found;
  const { txid, block } = transaction;
  if (!block) {
    const step = toStep(
      'block-time',
      'A block says when',
      'could-not-run',
      `Transaction ${txid} waits for a block`,
    );
    return { outcome: 'pending', steps: [...found.steps, step], believed };
  }
  const [held, tip] = await Promise.all([reader.blockOf(txid, block.height), reader.tip()]);
  const isHeld = held.kind === 'agreed' && held.value?.hash === block.hash;
  const time = held.kind === 'agreed' ? (isHeld ? 'known' : 'disagreement') : held.kind;
  const confirmations = tip.kind === 'agreed' ? tip.value - block.height + 1 : 0;
  const finality =
    tip.kind !== 'agreed' ? 'unavailable' : confirmations >= finalConfirmations ? 'final' : 'not-final';
  const timeSeconds = isHeld ? held.value?.timeSeconds : undefined;
  const steps = [
    ...found.steps,
    toStep(
      'block-time',
      `Block ${block.height} says when`,
      time === 'known' ? 'passed' : 'could-not-run',
      held.kind !== 'agreed'
        ? describeOpen(held)
        : timeSeconds !== undefined
          ? `${toUtc(timeSeconds)}, block ${block.hash}: its header hashes to its name, with Bitcoin's work in it, and the transaction is in its tree`
          : `The transaction names block ${block.hash}, the chain's at that height is ${held.value?.hash ?? 'another'}`,
    ),
    toStep(
      'finality',
      `The block is final (${finalConfirmations} blocks)`,
      finality === 'final' ? 'passed' : finality === 'not-final' ? 'failed' : 'could-not-run',
      tip.kind === 'agreed' ? `Final up to block ${tip.value - finalConfirmations + 1}` : describeOpen(tip),
    ),
    ...(writer ? [writer] : []),
  ];
  return {
    outcome: concludeRecord({
      isTrusted,
      source: 'claim',
      log: 'present',
      membership: 'proved',
      time,
      finality,
    }),
    steps,
    believed,
    ...(timeSeconds === undefined
      ? {}
      : {
          record: {
            method,
            chainName: 'Bitcoin',
            isLocal: false,
            ...(method === 'bitcoin-op-return' && isTrusted
              ? { issuerName: 'OriginStamp', writer: originStampWallet.address }
              : {}),
            transaction: txid,
            blockNumber: block.height,
            blockHash: block.hash,
            blockTimeSeconds: timeSeconds,
          },
        }),
  };
}

/** The servers, and what they could still have invented: all else is recomputed. */
function believeServers({ endpoints }: Agreed): string[] {
  const sources = believeSources('Esplora server', endpoints);
  const left = 'which block is in the best chain, and how deep';
  return sources.map(
    (source) => `${source}, for nothing but ${left}; the transaction and the block are checked`,
  );
}

function open(step: Step): RootFinding {
  return { outcome: 'unchecked', steps: [step], believed: [] };
}

function whoSaid(answer: Agreed): string {
  return `${answer.endpoints.join(' and ')}${describeMissing(answer)}`;
}

function toStep(id: string, label: string, result: Step['result'], detail: string): Step {
  return { id, label, result, detail };
}
