import { resolve } from 'node:path';

import { HashmarkError } from '../../shared/errors.ts';
import { type Rehydrated, rehydrate } from '../rehydrate/rehydrate.ts';
import { interruptibleFetch } from './interruptible-fetch.ts';
import { exitCodes, type Io, plain, toSentence } from './io.ts';

export interface RehydrateVerbOptions {
  contract?: string;
  /** RPC endpoints of the contract's chain. */
  rpc?: string[];
  /** First block to read. */
  from?: string;
  gateway?: string;
  /** Folder of the record. */
  out?: string;
  /** A folder to take over. */
  import?: string;
  /** Whether the files that bundles list are fetched too. */
  assets?: boolean;
  /** Rebuild the stamps of the home's own ledger instead. */
  ledger?: boolean;
  home: string;
  json?: boolean;
}

type Options = Parameters<typeof rehydrate>[0];

/**
 * `hashmark rehydrate`: rebuilds the record of an IPCM contract from its chain and a gateway, into a folder; takes such a
 * folder over; or makes the embedded service rebuild its own stamps.
 * @returns 0 when the record is complete, 3 when content that exists could not be had (run it again), 1 when the chain
 * could not be read, 64 for arguments that make no sense, 130 when interrupted: what was read until then is kept.
 */
export async function runRehydrate(options: RehydrateVerbOptions, io: Io): Promise<number> {
  const understood = options.ledger ? understandLedger(options) : understand(options);
  if (typeof understood === 'string') {
    io.say(`hashmark rehydrate: ${plain(understood)}`);
    return exitCodes.usage;
  }
  try {
    if (options.ledger) return await rebuildLedger(options, io);
    const record = await rehydrate({
      ...(understood as Options),
      fetch: interruptibleFetch(io.signal),
      signal: io.signal,
      onProgress: (text) => io.progress(text),
      onTrouble: (sentences) => io.say(`hashmark rehydrate: ${plain(sentences)}`),
    });
    io.progress();
    report(record, (understood as Options).out, options.json ?? false, io);
    return record.states.unavailable > 0 ? exitCode.incomplete : exitCodes.ok;
  } catch (error) {
    io.progress();
    if (io.signal.aborted) {
      io.say('Interrupted. What was read is kept: run the same command again to go on.');
      return exitCodes.interrupted;
    }
    if (!(error instanceof HashmarkError)) throw error;
    io.say(`hashmark rehydrate: ${toSentence(error)}`);
    return exitCodes.failed;
  }
}

const exitCode = { incomplete: 3 } as const;

/** What the options ask for, or a sentence that says why they make no sense. */
function understand(options: RehydrateVerbOptions): Omit<Options, 'fetch' | 'signal'> | string {
  const { contract, rpc = [], from, gateway, out, import: importFrom, assets } = options;
  const gatewayUrl = gateway === undefined ? undefined : tidyUrl(gateway);
  if (gatewayUrl === false)
    return `--gateway is an http or https URL to which a CID is appended, not "${gateway}".`;
  if (assets && !gatewayUrl) return '--assets needs a --gateway to fetch them from.';
  const shared = { gatewayUrl, withAssets: assets, importFrom: importFrom && resolve(importFrom) };
  if (contract === undefined) {
    if (!importFrom)
      return 'name a contract with --contract and where to read it with --rpc, or a folder with --import.';
    if (rpc.length > 0 || from !== undefined)
      return '--rpc and --from are about a --contract, which is missing.';
    return { ...shared, out: resolve(out ?? importFrom) };
  }
  if (!/^0x[0-9a-fA-F]{40}$/.test(contract)) return `--contract is 0x and 40 hex digits, not "${contract}".`;
  if (rpc.length === 0) return 'name an RPC endpoint of the contract’s chain with --rpc.';
  // An RPC URL may hold a key, so it is not repeated.
  if (!rpc.every(tidyUrl)) return '--rpc is an http or https URL.';
  if (from === undefined || !/^\d{1,15}$/.test(from))
    return '--from is the number of the first block to read.';
  return {
    ...shared,
    out: resolve(out ?? `record-${contract.toLowerCase()}`),
    chain: { contract: contract as `0x${string}`, rpcUrls: rpc, fromBlock: Number(from) },
  };
}

function understandLedger({ contract, rpc, from, gateway, out }: RehydrateVerbOptions): object | string {
  return [contract, rpc?.[0], from, gateway, out].some((option) => option !== undefined)
    ? '--ledger reads the home’s own chains, and goes with --import and --home alone.'
    : {};
}

/** With a `/` at its end; false for what is no http(s) URL. */
function tidyUrl(text: string): string | false {
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return false;
  return text.endsWith('/') || text.includes('?') ? text : `${text}/`;
}

/** Ledger, vault and content store are only loaded where they are needed. */
async function rebuildLedger({ home: folder, import: importFrom, json }: RehydrateVerbOptions, io: Io) {
  const { prepareRecovery } = await import('../rehydrate/prepare-recovery.ts');
  const { contents } = await prepareRecovery(folder, importFrom && resolve(importFrom), io.signal);
  if (json) io.print(JSON.stringify({ home: folder, contents }));
  else {
    if (importFrom) io.print(`${contents} files and bundles taken over from ${plain(importFrom)}.`);
    io.print('The next `hashmark start` reads the chains again and adds every stamp that the ledger lacks.');
  }
  return exitCodes.ok;
}

function report(record: Rehydrated, out: string, json: boolean, io: Io): void {
  if (json) {
    io.print(JSON.stringify({ out, ...record }));
    return;
  }
  const { stamps, cids, lastBlock, states, troubles } = record;
  io.print(`${stamps} stamps of ${cids} CIDs${lastBlock === undefined ? '' : `, up to block ${lastBlock}`}.`);
  io.print(`The record is in ${plain(out)}.`);
  const left = { ...states, resolved: 0 };
  const remarks: Record<keyof typeof states, string> = {
    resolved: '',
    'not-public': 'have no public content, so that only they themselves are in the record',
    unreadable: 'could not be read: they are too large, or of a form that cannot be recomputed',
    mismatch: 'were served with other bytes than they stand for; those were not kept',
    unavailable: 'could not be fetched now. Run the same command again to try them',
  };
  for (const [state, count] of Object.entries(left)) {
    if (count > 0) io.say(`${count} values ${remarks[state as keyof typeof states]}.`);
  }
  for (const trouble of troubles) io.say(`  ${plain(trouble)}`);
}
