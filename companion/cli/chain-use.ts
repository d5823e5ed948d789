import { type Address, getAddress, isAddress } from 'viem';

import { HashmarkError } from '../../shared/errors.ts';
import { embeddedAccount } from '../../shared/wire/companion.ts';
import {
  type BookedChain,
  isReady,
  type ReadyChain,
  readChainBook,
  toNetwork,
  updateChainBook,
} from '../chain/chain-book.ts';
import { formatCoins } from '../chain/coins.ts';
import { ensureContract } from '../chain/contract/compile.ts';
import { deploy, findStartBlock, prepareDeployment, toDeployment } from '../chain/deploy.ts';
import { expectContract } from '../chain/expect-contract.ts';
import { openRemoteWallet } from '../chain/remote-chain.ts';
import type { Cost, RemoteWallet } from '../chain/remote-wallet.ts';
import { chainBookPath } from '../home.ts';
import {
  bookIfPreset,
  type ChainVerbOptions,
  changeBooked,
  describeCost,
  localChainName,
  openToAsk,
  reloadCompanion,
} from './chain-setup.ts';
import { exitCodes, type Io } from './io.ts';
import type { Prompt } from './prompt.ts';

export interface ChainUseOptions extends ChainVerbOptions {
  /** Whose stamps; default: the embedded account's. */
  tenant?: string;
  /** A contract to attach instead of deploying one. */
  contract?: string;
  /** Block of that contract's deployment, when the node does not remember it. */
  fromBlock?: number;
  /** Spend without asking. */
  yes?: boolean;
}

/** How long the verb waits for the block with the contract before it leaves that to its next run. */
const deployWithinMs = 180_000;
/** Gas of a stamp on a contract that is not there yet to be asked; measured, the second and every later one. */
const usualStampGas = 39_600n;

/**
 * `hashmark chain use NAME`: from now on a tenant's stamps go to that chain. Sets up what is missing: books a preset, deploys
 * or attaches the contract. Says before what it costs, and asks; may be repeated after any interruption, and pays once.
 * @returns 0; 1 when the wallet has too little or the answer was no; 64 when it would spend and nobody can be asked; 130 when
 * interrupted.
 */
export async function runChainUse(
  nameOrId: string,
  options: ChainUseOptions,
  io: Io,
  prompt: Prompt,
): Promise<number> {
  try {
    return await use(nameOrId, options, io, prompt);
  } catch (error) {
    if (!io.signal.aborted) throw error;
    io.progress();
    io.say('Interrupted. What was sent is remembered: run the same command again to go on.');
    return exitCodes.interrupted;
  }
}

async function use(nameOrId: string, options: ChainUseOptions, io: Io, prompt: Prompt): Promise<number> {
  const { home, tenant = embeddedAccount } = options;
  if (tenant !== embeddedAccount) {
    throw new HashmarkError(
      'unknown-tenant',
      `There is no tenant “${tenant}” here; the companion's own is “${embeddedAccount}”.`,
    );
  }
  if (nameOrId === localChainName) {
    await choose(home, tenant, undefined);
    return report({ name: localChainName, title: 'the local chain', id: null }, options, io);
  }
  let chain = bookIfPreset(home, nameOrId);
  if (options.contract !== undefined) chain = await attach(chain, options, io);
  if (!isReady(chain)) {
    const deployed = await deployFor(chain, options, io, prompt);
    if (typeof deployed === 'number') return deployed;
    chain = deployed;
  }
  if (readChainBook(chainBookPath(home)).tenants[tenant] !== chain.id) {
    const refusal = await confirmStamps(chain as ReadyChain, options, io, prompt);
    if (refusal !== undefined) return refusal;
  }
  await choose(home, tenant, chain.id);
  return report(chain, options, io);
}

async function choose(home: string, tenant: string, id: number | undefined): Promise<void> {
  updateChainBook(chainBookPath(home), (book) => {
    if (id === undefined) delete book.tenants[tenant];
    else book.tenants[tenant] = id;
  });
}

/** Attaches a contract that is there already and obeys the wallet. Costs nothing. */
async function attach(
  chain: BookedChain,
  { home, contract, fromBlock }: ChainUseOptions,
  io: Io,
): Promise<BookedChain> {
  if (!contract || !isAddress(contract)) {
    throw new HashmarkError(
      'bad-contract',
      `“${contract}” is no address of a contract: expected 0x and 40 hex digits.`,
    );
  }
  const address = getAddress(contract);
  if (chain.contract === address && fromBlock === undefined) return chain;
  const { pool, wallet } = openRemoteWallet(toNetwork(chain));
  try {
    io.progress('Looking at the contract');
    await expectContract(wallet, address, chain.title);
    const startBlock = fromBlock ?? (await startBlockOf(wallet, address, chain));
    return changeBooked(home, chain.id, (latest) => {
      latest.contract = address;
      latest.startBlock = startBlock;
      delete latest.deployment;
    });
  } finally {
    pool.close();
    io.progress();
  }
}

async function startBlockOf(wallet: RemoteWallet, contract: Address, chain: BookedChain): Promise<number> {
  const found = await findStartBlock(wallet, contract);
  if (found !== undefined) return Number(found);
  throw new HashmarkError(
    'start-block-unknown',
    `The endpoint of ${chain.title} does not remember when ${contract} was deployed. Name the block: --from-block N (an explorer shows it).`,
  );
}

/** @returns the chain with its contract, or the exit code when there is none yet. */
async function deployFor(
  chain: BookedChain,
  options: ChainUseOptions,
  io: Io,
  prompt: Prompt,
): Promise<ReadyChain | number> {
  await ensureContract();
  const { pool, wallet } = openRemoteWallet(toNetwork(chain));
  try {
    let versions = chain.deployment;
    if (!versions) {
      const refusal = await confirmDeployment(chain, wallet, options, io, prompt);
      if (refusal !== undefined) return refusal;
      const transaction = await prepareDeployment(wallet);
      versions = remember(chain, options.home, transaction);
    }
    io.progress(`Waiting for the block with the contract on ${chain.title}`);
    const { maxFeePerGasWei } = toNetwork(chain);
    const { contract, startBlock } = await deploy(wallet, versions, {
      maxFeePerGasWei,
      stuckAfterMs: chain.stuckAfterSeconds * 1000,
      timeoutMs: deployWithinMs,
      remember: (replacement) => void remember(chain, options.home, replacement),
      signal: io.signal,
    }).catch((error) => {
      // Neither can ever be mined: the next run begins anew.
      if (error instanceof HashmarkError && ['deployment-lost', 'deployment-failed'].includes(error.code)) {
        changeBooked(options.home, chain.id, (latest) => delete latest.deployment);
      }
      throw error;
    });
    io.say(`The contract is ${contract}.`);
    return changeBooked(options.home, chain.id, (latest) => {
      latest.contract = contract;
      latest.startBlock = Number(startBlock);
      delete latest.deployment;
    }) as ReadyChain;
  } finally {
    pool.close();
    io.progress();
  }
}

/** Stores a signed deployment before it is sent. @returns all versions, the newest last. */
function remember(
  chain: BookedChain,
  home: string,
  transaction: NonNullable<BookedChain['deployment']>[number],
) {
  const { deployment } = changeBooked(home, chain.id, (latest) => {
    latest.deployment = [...(latest.deployment ?? []), transaction];
  });
  return deployment as NonNullable<typeof deployment>;
}

async function confirmDeployment(
  chain: BookedChain,
  wallet: RemoteWallet,
  options: ChainUseOptions,
  io: Io,
  prompt: Prompt,
): Promise<number | undefined> {
  io.progress(`Asking ${chain.title} what it costs`);
  const { currency } = chain;
  const balance = await wallet.balanceWei();
  const cost = await wallet.cost(toDeployment(wallet));
  const stampWei = usualStampGas * cost.perGas + cost.layerOneWei;
  io.progress();
  io.say(`Deploying the contract on ${chain.title} costs ${describeCost(cost, currency)}.`);
  io.say(`Every stamp after that costs about ${formatCoins(stampWei, currency)}, the first one twice that.`);
  io.say(`The wallet ${wallet.address} owns ${formatCoins(balance, currency)}.`);
  const quote = await wallet.quote();
  const needed = cost.gas * quote.maxFeePerGas + cost.layerOneWei;
  if (balance < needed) {
    io.say(
      `That is too little: send it at least ${formatCoins(needed - balance, currency)} on ${chain.title}, then run this again. Or use a wallet that has some: hashmark chain wallet ${chain.name} --import`,
    );
    return exitCodes.failed;
  }
  return confirm('Deploy it, and pay that?', options, io, prompt);
}

async function confirmStamps(
  chain: ReadyChain,
  options: ChainUseOptions,
  io: Io,
  prompt: Prompt,
): Promise<number | undefined> {
  const remote = openToAsk(chain);
  let cost: Cost;
  let balance: bigint;
  try {
    io.progress(`Asking ${chain.title} what it costs`);
    [cost, balance] = await Promise.all([remote.estimateStamp(), remote.balanceWei()]);
  } finally {
    await remote.close();
    io.progress();
  }
  io.say(`A stamp on ${chain.title} costs ${describeCost(cost, chain.currency)}.`);
  const lasts = cost.expectedWei > 0n ? `, enough for about ${balance / cost.expectedWei} of them` : '';
  io.say(`The wallet ${remote.wallet} owns ${formatCoins(balance, chain.currency)}${lasts}.`);
  return confirm('Pay for stamps there from now on?', options, io, prompt);
}

/** @returns undefined for a yes, else the exit code. */
async function confirm(
  question: string,
  { yes }: ChainUseOptions,
  io: Io,
  prompt: Prompt,
): Promise<number | undefined> {
  if (yes) return undefined;
  if (!prompt.isInteractive) {
    io.say('hashmark chain use: this costs money and nobody can be asked. Say --yes if it may be spent.');
    return exitCodes.usage;
  }
  if (await prompt.confirm(question)) return undefined;
  io.say('Nothing was spent and nothing was changed.');
  return exitCodes.failed;
}

async function report(
  chain: { name: string; title: string; id: number | null; contract?: string | undefined },
  { home, json = false }: ChainUseOptions,
  io: Io,
): Promise<number> {
  const isRunning = await reloadCompanion(home, io.signal);
  if (json) {
    io.print(
      JSON.stringify({ chain: chain.name, id: chain.id, contract: chain.contract ?? null, isRunning }),
    );
    return exitCodes.ok;
  }
  io.print(
    `Stamps go to ${chain.title}${isRunning ? ' from now on' : ' from the next start of the companion on'}.`,
  );
  return exitCodes.ok;
}
