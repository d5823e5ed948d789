import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';

import { HashmarkError } from '../../../shared/errors.ts';
import type { Chain } from '../../chain/chain.ts';
import type { Log } from '../../log.ts';
import {
  type Anchor,
  countOpenAnchors,
  coverFiles,
  findAnchor,
  findNewestLiveAnchor,
  insertAnchor,
  insertRootAnchor,
  listOpenAnchors,
} from '../ledger/anchors.ts';
import type { Ledger } from '../ledger/database.ts';
import { type Advance, createAdvance } from './advance.ts';
import { recheckFinal } from './recheck.ts';
import { createWaiting } from './waiting.ts';

/** What is to be written on the chain, and for whom. */
export interface AnchorRequest {
  tenantId: string;
  groupRef: number;
  /** CIDv0 that goes on chain: a single file's own, or a bundle's whose bytes the content store already holds. */
  value: string;
  isBundle: boolean;
  /** `public` or `private`: repeated in the events. */
  network: string;
  /** The files that the value covers. */
  fileRefs: number[];
}

/** The root of a seed that is to be written on the chain. */
export interface RootRequest {
  /** In whose name. */
  tenantId: string;
  /** 64 lower-case hex digits. */
  root: string;
}

/**
 * How far an anchor is. `built`: recorded, nothing sent. `sent`: the node has the transaction. `mined`: it is in a
 * block. `final`: that block counts as final on this chain. `failed`: it will never be on the chain; see `failure`.
 */
export type AnchorState = 'built' | 'sent' | 'mined' | 'final' | 'failed';

/** An anchor as others see it. A group is stamped when its newest anchor is `mined` or `final`, never before. */
export interface AnchorView {
  ref: number;
  state: AnchorState;
  value: string;
  isBundle: boolean;
  contract: string;
  chainId: number;
  /** `0x` and 64 hex digits; null until the transaction was sent: an unsent one does not exist for anybody else. */
  txHash: string | null;
  blockNumber: number | null;
  /** Block time, Unix seconds. */
  blockTimeSeconds: number | null;
  /** Why it failed, for people. */
  failure: string | null;
}

/** An event of the tenant's stream that anchoring reports. */
export interface AnchorEvent {
  tenantId: string;
  type: 'collection.stamped' | 'collection.stamp_failed';
  data: Record<string, unknown>;
}

/** How the writer of one chain is doing. */
export interface AnchoringStatus {
  /** Anchors that are not final yet. */
  openAnchors: number;
  /** Why nothing can be written now, for people; null when something could, or nothing was tried. */
  waitingFor: string | null;
}

/** Brings values onto the chain: durable, resumable at every step, one writer. */
export interface Anchoring {
  /**
   * Records that a value is to be anchored and wakes the writer. Resolves once that is on disk, before anything is sent.
   * When the group's newest live anchor already has this value, that one is returned and no second one is made.
   */
  request(input: AnchorRequest): Promise<AnchorView>;
  /**
   * Records that a root is to be anchored and wakes the writer; resolves once that is on disk.
   * @param keep called in the same transaction, to keep the anchor's number: so one crash makes no root two anchors.
   * What it throws undoes the request.
   */
  requestRoot(input: RootRequest, keep: (db: DatabaseSync, anchorRef: number) => void): Promise<void>;
  /** Calls `listener` after each committed change of any anchor. */
  onChange(listener: () => void): void;
  /**
   * Resolves when the anchor is mined, final or failed, or when `timeoutMs` are over, with the view of that moment.
   * @throws HashmarkError `unknown-anchor`.
   */
  waitFor(anchorRef: number, timeoutMs: number): Promise<AnchorView>;
  status(): AnchoringStatus;
  /** Takes up every anchor that a former run left open, and goes on with new ones. */
  start(): void;
  /** Ends after the step that is under way, soon in any case; what is open stays in the ledger for the next start. */
  stop(): Promise<void>;
}

export interface AnchoringDependencies {
  ledger: Ledger;
  chain: Chain;
  /** Stores an event in the transaction that changes what it reports. */
  appendEvent(db: DatabaseSync, event: AnchorEvent): void;
  /** Called after such a transaction is committed. */
  announce(): void;
  log: Log;
  /** Unix milliseconds; the system clock unless a test says otherwise. */
  now?: () => number;
  /** How long to wait between two looks at what is sent or mined but not final. */
  pollMs?: number;
}

/** Half a second on a chain of our own, whose blocks come at once; public ones make a block in 2 to 12 s. */
const localPollMs = 500;
const publicPollMs = 4_000;
const firstRetryMs = 250;
const longestRetryMs = 10_000;
const longestStopMs = 2_000;
const anchorsPerPage = 100;

/** The writer. Make one per chain and contract, and only one: two would take each other's nonces. */
export function createAnchoring(deps: AnchoringDependencies): Anchoring {
  const { ledger, chain, log, now = Date.now } = deps;
  const pollMs = deps.pollMs ?? (chain.isLocal ? localPollMs : publicPollMs);
  const waiting = createWaiting(viewOf);
  let waitingFor: string | null = null;
  /** Whether what the ledger holds for final was compared with the chain since there was reason to. */
  let isRechecked = false;
  const listeners = new Set<() => void>();
  function onChange(ref: number): void {
    waiting.notify(ref);
    for (const listener of listeners) listener();
  }
  const advance = createAdvance({
    ...deps,
    now,
    onChange,
    onGap: () => {
      isRechecked = false;
    },
    onWait(reason) {
      if (reason !== null && reason !== waitingFor)
        log('warn', `Stamps wait: ${reason}`, { chainId: chain.id });
      waitingFor = reason;
    },
  });

  const stopping = new AbortController();
  let wake = new AbortController();
  let running: Promise<void> | undefined;

  function viewOf(ref: number): AnchorView {
    const anchor = findAnchor(ledger.db, ref);
    if (!anchor) throw new HashmarkError('unknown-anchor', `There is no anchor ${ref}.`, { data: { ref } });
    return toView(anchor);
  }

  async function run(): Promise<void> {
    let retryMs = firstRetryMs;
    while (!stopping.signal.aborted) {
      // Taken before looking: a request that comes in during the pass wakes the sleep after it.
      const woken = wake.signal;
      try {
        if (!isRechecked) await recheckFinal({ ledger, chain, log, now, onChange });
        isRechecked = true;
        const openLeft = await pass(advance);
        if (retryMs > firstRetryMs) waitingFor = null;
        retryMs = firstRetryMs;
        await sleep(openLeft ? pollMs : undefined, woken);
      } catch (error) {
        if (stopping.signal.aborted) return;
        log('warn', 'Anchoring could not go on; it tries again.', { error, retryMs });
        if (isUnavailable(error)) waitingFor = (error as HashmarkError).message;
        // With the chain down a new request has to wait as well; one anchor's trouble is not the others'.
        await sleep(retryMs, isUnavailable(error) ? undefined : woken);
        retryMs = Math.min(retryMs * 2, longestRetryMs);
      }
    }
  }

  /** Brings every open anchor as far as it goes now. @returns whether some wait for the chain. */
  async function pass(step: Advance): Promise<boolean> {
    let openLeft = false;
    let unexpected: unknown;
    for (let after = 0; ; ) {
      const page = listOpenAnchors(ledger.db, chain.id, chain.contract, after, anchorsPerPage);
      for (const anchor of page) {
        if (stopping.signal.aborted) return openLeft;
        try {
          if (!(await step(anchor))) openLeft = true;
        } catch (error) {
          // Without the chain nothing behind this one fares better; any other trouble is this anchor's own.
          if (isUnavailable(error)) throw error;
          log('error', 'An anchor could not be advanced.', { ref: anchor.ref, value: anchor.value, error });
          unexpected = error;
        }
      }
      after = page.at(-1)?.ref ?? after;
      if (page.length < anchorsPerPage) break;
    }
    if (unexpected) throw unexpected;
    return openLeft;
  }

  /** Sleeps until `ms` are over (for ever when undefined), a request comes in, or we are stopped. */
  async function sleep(ms: number | undefined, woken?: AbortSignal): Promise<void> {
    const signal = woken ? AbortSignal.any([stopping.signal, woken]) : stopping.signal;
    if (signal.aborted) return;
    if (ms === undefined) {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    } else {
      await delay(ms, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  function wakeUp(): void {
    const sleeping = wake;
    wake = new AbortController();
    sleeping.abort();
  }

  return {
    async request(input) {
      // Looking and inserting in one transaction: two requests at once cannot both find nothing.
      const anchor = await ledger.write((db) => {
        const newest = findNewestLiveAnchor(db, input.groupRef, chain.id, chain.contract);
        const ref =
          newest?.value === input.value
            ? newest.ref
            : insertAnchor(db, {
                ...input,
                chainId: chain.id,
                contract: chain.contract,
                nowMs: now(),
              });
        coverFiles(db, ref, input.fileRefs);
        return findAnchor(db, ref) as Anchor;
      });
      wakeUp();
      return toView(anchor);
    },

    async requestRoot({ tenantId, root }, keep) {
      await ledger.write((db) => {
        const { id: chainId, contract } = chain;
        keep(db, insertRootAnchor(db, { tenantId, chainId, contract, value: root, nowMs: now() }));
      });
      wakeUp();
    },

    onChange: (listener) => void listeners.add(listener),

    async waitFor(anchorRef, timeoutMs) {
      return waiting.waitFor(anchorRef, timeoutMs);
    },

    status: () => ({ openAnchors: countOpenAnchors(ledger.db, chain.id, chain.contract), waitingFor }),

    start() {
      running ??= run();
    },

    async stop() {
      stopping.abort();
      // A step that waits for a node that hangs ends when the chain is closed; every step may be cut off.
      await Promise.race([running, delay(longestStopMs, undefined, { ref: false })]);
      waiting.giveUp();
    },
  };
}

function isUnavailable(error: unknown): boolean {
  return error instanceof HashmarkError && error.code === 'chain-unavailable';
}

function toView(anchor: Anchor): AnchorView {
  return {
    ref: anchor.ref,
    state: anchor.state,
    value: anchor.value,
    isBundle: anchor.isBundle,
    contract: anchor.contract,
    chainId: anchor.chainId,
    txHash: anchor.state === 'built' || anchor.state === 'failed' ? null : anchor.txHash,
    blockNumber: anchor.blockNumber,
    blockTimeSeconds: anchor.blockTimeSeconds,
    failure: anchor.failure,
  };
}
