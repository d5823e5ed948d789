import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';

import { HashmarkError } from '../../shared/errors.ts';
import {
  type BookedChain,
  defaultStuckAfterSeconds,
  readChainBook,
  updateChainBook,
} from '../chain/chain-book.ts';
import { presets } from '../chain/presets.ts';
import { chainBookPath } from '../home.ts';
import {
  askChainId,
  type ChainFacts,
  checkGwei,
  parseExplorer,
  parseFinality,
  readRpcUrls,
  suggestCeiling,
  suggestFinality,
} from './chain-facts.ts';
import {
  bookIfPreset,
  type ChainVerbOptions,
  changeBooked,
  describeBooked,
  findBooked,
  findLocalChainId,
  localChainName,
  reloadCompanion,
} from './chain-setup.ts';
import { exitCodes, type Io } from './io.ts';
import type { Prompt } from './prompt.ts';

/** `hashmark chain list`: the local chain, what is set up, and the presets that are not. Asks no network. Returns 0. */
export function runChainList({ home, json = false }: ChainVerbOptions, io: Io): number {
  const book = readChainBook(chainBookPath(home));
  const localId = findLocalChainId(home) ?? null;
  const isLocalUsed = book.tenants.embedded === undefined;
  const untouched = presets.filter(({ id }) => !book.chains.some((chain) => chain.id === id));
  if (json) {
    io.print(
      JSON.stringify({
        name: localChainName,
        id: localId,
        isLocal: true,
        usedBy: isLocalUsed ? ['embedded'] : [],
      }),
    );
    for (const chain of book.chains) io.print(JSON.stringify(describeBooked(chain, book)));
    for (const { name, id, title } of untouched) {
      io.print(JSON.stringify({ name, id, title, isLocal: false, isPreset: true, usedBy: [] }));
    }
    return exitCodes.ok;
  }
  const row = (name: string, id: number | null, isUsed: boolean, text: string) =>
    io.print(
      `${isUsed ? io.paint('green', '*') : ' '} ${name.padEnd(16)} ${String(id ?? '').padEnd(12)} ${text}`,
    );
  row(localChainName, localId, isLocalUsed, 'this computer’s own chain; proves nothing to strangers');
  for (const chain of book.chains) {
    const state = chain.contract ?? (chain.deployment ? 'its contract is being deployed' : 'no contract yet');
    row(chain.name, chain.id, describeBooked(chain, book).usedBy.length > 0, `${chain.title}: ${state}`);
  }
  for (const { name, id, title } of untouched) row(name, id, false, io.paint('gray', `${title}: not set up`));
  io.say('* is where stamps go. Another one: hashmark chain use NAME');
  return exitCodes.ok;
}

/**
 * `hashmark chain add NAME --rpc URL...`: asks the endpoints which chain they are, and books it with a fresh wallet. Spends
 * nothing. Returns 0.
 * @throws HashmarkError `chain-exists`, `bad-chain-name`, `bad-rpc-url`, `wrong-chain`, `chain-unavailable`.
 */
export async function runChainAdd(
  name: string,
  facts: ChainFacts,
  { home, json = false }: ChainVerbOptions,
  io: Io,
  prompt: Prompt,
): Promise<number> {
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(name) || name === localChainName) {
    throw new HashmarkError(
      'bad-chain-name',
      `A chain cannot be called “${name}”: expected small letters, digits and hyphens, beginning with a letter, and not “${localChainName}”.`,
    );
  }
  const before = readChainBook(chainBookPath(home));
  const taken = findBooked(before, name) ?? presets.find((preset) => preset.name === name);
  if (taken) {
    throw new HashmarkError(
      'chain-exists',
      `There is a chain “${name}” already: change it with \`hashmark chain set\`.`,
    );
  }
  const rpcUrls = await readRpcUrls(facts.rpc ?? [], prompt);
  io.progress('Asking the endpoints');
  const id = await askChainId(rpcUrls);
  const sameId = before.chains.find((chain) => chain.id === id) ?? presets.find((preset) => preset.id === id);
  if (sameId) {
    throw new HashmarkError(
      'chain-exists',
      `These endpoints are chain ${id}, which is called “${sameId.name}” here. Use that: \`hashmark chain set ${sameId.name} --rpc …\`.`,
    );
  }
  const finality = facts.finality ? parseFinality(facts.finality) : await suggestFinality(id, rpcUrls);
  const { currency = 'ETH', stuckAfterSeconds = defaultStuckAfterSeconds } = facts;
  const chain: BookedChain = {
    name,
    id,
    title: facts.title ?? name,
    rpcUrls,
    currency,
    finality,
    maxFeePerGasGwei: facts.maxFeeGwei ?? '0',
    stuckAfterSeconds,
    walletKey: generatePrivateKey(),
    formerWalletKeys: [],
  };
  if (facts.explorer) chain.explorerTxUrl = parseExplorer(facts.explorer);
  chain.maxFeePerGasGwei = facts.maxFeeGwei ? checkGwei(facts.maxFeeGwei) : await suggestCeiling(chain);
  const book = updateChainBook(chainBookPath(home), (latest) => {
    latest.chains.push(chain);
    return latest;
  });
  io.progress();
  if (json) io.print(JSON.stringify(describeBooked(chain, book)));
  else {
    io.print(
      `${chain.title} is chain ${id}; at most ${chain.maxFeePerGasGwei} gwei are paid for a unit of gas.`,
    );
    io.print(`Its wallet: ${privateKeyToAddress(chain.walletKey)}`);
    io.say(`Send it some ${currency}, then: hashmark chain use ${name}`);
  }
  return exitCodes.ok;
}

/** `hashmark chain set NAME`: changes what is said; a running companion follows at once. Returns 0. */
export async function runChainSet(
  name: string,
  facts: ChainFacts,
  { home, json = false }: ChainVerbOptions,
  io: Io,
  prompt: Prompt,
): Promise<number> {
  const chain = bookIfPreset(home, name);
  const rpcUrls = facts.rpc?.length ? await readRpcUrls(facts.rpc, prompt) : undefined;
  if (rpcUrls) {
    const id = await askChainId(rpcUrls);
    if (id !== chain.id) {
      throw new HashmarkError(
        'wrong-chain',
        `These endpoints are chain ${id}; ${chain.title} is ${chain.id}.`,
      );
    }
  }
  const changed = changeBooked(home, chain.id, (latest) => {
    if (rpcUrls) latest.rpcUrls = rpcUrls;
    if (facts.title) latest.title = facts.title;
    if (facts.currency) latest.currency = facts.currency;
    if (facts.explorer) latest.explorerTxUrl = parseExplorer(facts.explorer);
    if (facts.finality) latest.finality = parseFinality(facts.finality);
    if (facts.maxFeeGwei) latest.maxFeePerGasGwei = checkGwei(facts.maxFeeGwei);
    if (facts.stuckAfterSeconds !== undefined) latest.stuckAfterSeconds = facts.stuckAfterSeconds;
  });
  await reloadCompanion(home, io.signal);
  if (json) io.print(JSON.stringify(describeBooked(changed, readChainBook(chainBookPath(home)))));
  else io.print(`${changed.title} is changed.`);
  return exitCodes.ok;
}
