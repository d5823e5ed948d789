import { type Browser, browser } from 'wxt/browser';

import { announce, onChange } from '../../changes.ts';
import { fetchPlain } from '../../fetch-plain.ts';
import { log } from '../../log.ts';
import type { Handlers } from '../../messaging.ts';
import { notifyBulk } from '../../notifications.ts';
import { accountClient, accountSeeds, proofChecks } from '../../proofs/account-proofs.ts';
import { judgeProof } from '../../proofs/check-own-proof.ts';
import { openProofStore } from '../../proofs/proof-store.ts';
import { setWorkBadge } from '../../toolbar-badge.ts';
import { isAtWork, phaseOf } from './bulk.ts';
import { createBulkRunner } from './bulk-runner.ts';
import { openBulkStore } from './bulk-store.ts';

const bulkAlarm = 'hashmark-bulk';
/** A browser rings no alarm earlier than this, in milliseconds. */
const shortestAlarmMs = 30_000;
/** Pages read what changed at most this often. */
const announceEveryMs = 200;

/**
 * Stamping of whole lists in the background.
 *
 * @param onProofs called when proofs of a list were kept; does not throw
 */
export function createBulk(onProofs: () => Promise<void>) {
  const store = openBulkStore();
  const proofs = openProofStore();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let announcing: ReturnType<typeof setTimeout> | undefined;

  const runner = createBulkRunner({
    store,
    client: accountClient,
    watch: accountSeeds,
    downloadFetch: fetchPlain,
    checkProof: (proof, hint) => judgeProof(proof, hint, proofChecks),
    keepProofs: (kept) => proofs.add(kept),
    now: Date.now,
    log,
    async notify(bulk) {
      await notifyBulk(bulk);
      announce('proofs');
      void onProofs();
    },
    onChange() {
      if (announcing !== undefined) return;
      announcing = setTimeout(() => {
        announcing = undefined;
        announce('bulk');
        void showWork().catch((error) => log('The badge could not be set', error));
      }, announceEveryMs);
    },
    // An extension call resets the worker's idle timer, which requests do not.
    onTick: () => void browser.runtime.getPlatformInfo(),
    wakeAt(timeMs) {
      clearTimeout(timer);
      if (timeMs === undefined) {
        void browser.alarms.clear(bulkAlarm);
        return;
      }
      // The timer is exact and dies with the worker, the alarm is late and does not.
      const waitMs = Math.max(0, timeMs - Date.now());
      timer = setTimeout(resume, waitMs);
      void browser.alarms.create(bulkAlarm, { when: Date.now() + Math.max(shortestAlarmMs, waitMs) });
    },
  });

  const resume = () => void runner.resume().catch((error) => log('The lists could not be resumed', error));

  async function showWork(): Promise<void> {
    const lists = await store.list();
    await setWorkBadge(
      'lists',
      lists.filter((list) => isAtWork(list, Date.now())).length,
      lists.filter((list) => list.removedAtMs === undefined && phaseOf(list) === 'halted').length,
    );
  }

  const handlers: Handlers = {
    'bulk.start': ({ bulkId }) => runner.start(bulkId).then(() => undefined),
    'bulk.stop': ({ bulkId }) => runner.stop(bulkId).then(() => undefined),
    'bulk.retry': ({ bulkId }) => runner.retry(bulkId).then(() => undefined),
    'bulk.remove': ({ bulkId }) => runner.remove(bulkId).then(() => undefined),
    'bulk.restore': ({ bulkId }) => runner.restore(bulkId).then(() => undefined),
  };

  return {
    handlers,

    /** Attaches what wakes the worker and goes on with whatever was interrupted. Call it in the first tick. */
    start(): void {
      browser.alarms.onAlarm.addListener(({ name }: Browser.alarms.Alarm) => {
        if (name === bulkAlarm) resume();
      });
      onChange(
        ['companion'],
        () => void runner.resumeNow().catch((error) => log('The lists could not be resumed', error)),
      );
      resume();
    },
  };
}
