import { HashmarkError, toErrorData } from '../../shared/errors.ts';
import { type ChainReport, chainsAnswer } from '../../shared/wire/companion.ts';
import { type BookedChain, type ChainBook, isReady, readChainBook, toNetwork } from '../chain/chain-book.ts';
import { formatCoins } from '../chain/coins.ts';
import { expectContract } from '../chain/expect-contract.ts';
import { openRemoteWallet } from '../chain/remote-chain.ts';
import { chainBookPath } from '../home.ts';
import {
  type ChainVerbOptions,
  describeBooked,
  describeFinality,
  openToAsk,
  requireBooked,
} from './chain-setup.ts';
import { exitCodes, type Io, plain } from './io.ts';
import { openTerminalSession, readAnswer } from './session.ts';

/** What one chain looks like from here and now. Amounts in wei, as text. */
interface ChainStatus extends ReturnType<typeof describeBooked> {
  endpoints: { host: string; block: number | null; error: string | null }[];
  balanceWei: string | null;
  stampCostWei: string | null;
  mostStampCostWei: string | null;
  /** Of the running companion; null when none runs. */
  openAnchors: number | null;
  /** Everything that keeps stamps from being made, for people. */
  problems: string[];
}

/**
 * `hashmark chain status [NAME]`: asks every endpoint of the booked chains, and says what a stamp costs, what the wallet owns
 * and what waits.
 * @returns 0, or 1 when something keeps one of them from being stamped on.
 */
export async function runChainStatus(
  name: string | undefined,
  { home, json = false }: ChainVerbOptions,
  io: Io,
): Promise<number> {
  const book = readChainBook(chainBookPath(home));
  const chains = name === undefined ? book.chains : [requireBooked(book, name)];
  const reports = await askCompanion(home, io);
  io.progress('Asking the chains');
  let hasProblem = false;
  for (const chain of chains) {
    const report = reports?.find(({ id }) => id === chain.id);
    const status = await lookAt(
      chain,
      book,
      reports && (report?.openAnchors ?? 0),
      report?.waitingFor ?? null,
    );
    hasProblem ||= status.problems.length > 0;
    io.progress();
    io.print(json ? JSON.stringify(status) : toText(status, chain, io));
  }
  io.progress();
  if (chains.length === 0)
    io.say('No public chain is set up: stamps go to the local one. hashmark chain list shows what there is.');
  return hasProblem ? exitCodes.failed : exitCodes.ok;
}

async function askCompanion(home: string, io: Io): Promise<ChainReport[] | undefined> {
  try {
    const { fetch } = await openTerminalSession(home, io.signal);
    return (await readAnswer(chainsAnswer, await fetch('/keyholder/chains'))).chains;
  } catch (error) {
    if (error instanceof HashmarkError && ['companion-unreachable', 'no-vault'].includes(error.code))
      return undefined;
    throw error;
  }
}

async function lookAt(
  chain: BookedChain,
  book: ChainBook,
  openAnchors: number | undefined,
  waitingFor: string | null,
): Promise<ChainStatus> {
  const { pool, wallet } = openRemoteWallet(toNetwork(chain));
  const problems: string[] = waitingFor === null ? [] : [waitingFor];
  const orProblem = async <T>(work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work;
    } catch (error) {
      const { message } = toErrorData(error);
      if (!problems.includes(message)) problems.push(message);
      return undefined;
    }
  };
  try {
    const endpoints = await Promise.all(
      pool.endpoints.map(async (endpoint) => {
        try {
          return {
            host: endpoint.label,
            block: Number(await endpoint.request('eth_blockNumber', [])),
            error: null,
          };
        } catch (error) {
          return { host: endpoint.label, block: null, error: toErrorData(error).message };
        }
      }),
    );
    const balance = await orProblem(wallet.balanceWei());
    let cost: Awaited<ReturnType<typeof wallet.cost>> | undefined;
    if (isReady(chain)) {
      await orProblem(expectContract(wallet, chain.contract, chain.title));
      const remote = openToAsk(chain);
      cost = await orProblem(remote.estimateStamp()).finally(remote.close);
    } else {
      problems.push(`It has no contract yet: \`hashmark chain use ${chain.name}\` deploys or attaches one.`);
    }
    if (cost && balance !== undefined && balance < cost.expectedWei) {
      problems.push(`The wallet ${wallet.address} owns too little for a stamp.`);
    }
    return {
      ...describeBooked(chain, book),
      endpoints,
      balanceWei: balance === undefined ? null : String(balance),
      stampCostWei: cost ? String(cost.expectedWei) : null,
      mostStampCostWei: cost ? String(cost.mostWei) : null,
      openAnchors: openAnchors ?? null,
      problems,
    };
  } finally {
    pool.close();
  }
}

function toText(status: ChainStatus, { currency, finality, title }: BookedChain, io: Io): string {
  const coins = (wei: string | null) => (wei === null ? 'unknown' : formatCoins(BigInt(wei), currency));
  const rows: [string, string][] = [
    ['contract', status.contract ?? 'none yet'],
    ['wallet', `${status.wallet}, owns ${coins(status.balanceWei)}`],
    [
      'a stamp costs',
      status.stampCostWei === null
        ? 'unknown'
        : `about ${coins(status.stampCostWei)} now, at most ${coins(status.mostStampCostWei)}`,
    ],
    [
      'ceiling',
      `${status.maxFeePerGasGwei} gwei for a unit of gas; a higher fee is offered after ${status.stuckAfterSeconds} s`,
    ],
    ['final when', describeFinality(finality)],
    [
      'on their way',
      status.openAnchors === null
        ? 'unknown: no companion runs'
        : `${status.openAnchors} ${status.openAnchors === 1 ? 'stamp' : 'stamps'}`,
    ],
    ...status.endpoints.map(({ host, block, error }): [string, string] => [
      'endpoint',
      error === null ? `${host}, at block ${block}` : `${host}: ${error}`,
    ]),
  ];
  return [
    `${status.problems.length === 0 ? io.paint('green', '✓') : io.paint('red', '✗')} ${title} (${status.name}, chain ${status.id})${status.usedBy.length > 0 ? ', in use' : ''}`,
    ...rows.map(([name, text]) => `  ${name.padEnd(13)}  ${plain(text)}`),
    ...status.problems.map((problem) => `  ${io.paint('red', plain(problem))}`),
  ].join('\n');
}
