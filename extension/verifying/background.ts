import type { Alarms } from 'webextension-polyfill';
import { browser } from 'wxt/browser';

import { HashmarkError } from '../../shared/errors.ts';
import { parseHash } from '../../shared/evidence/hash-reference.ts';
import type { StampIndex } from '../../shared/evidence/stamp-index.ts';
import type { Verdict } from '../../shared/evidence/verdict.ts';
import { createVerifier } from '../../shared/evidence/verifier.ts';
import { createChainletterClient } from '../../shared/wire/chainletter.ts';
import { finalStatus } from '../../shared/wire/originstamp.ts';
import { announce, onChange } from '../changes.ts';
import { companion } from '../companion/companion.ts';
import { formerIssuers, trustedIssuers } from '../issuers/issuers.ts';
import { log } from '../log.ts';
import type { PageVerdicts } from '../messages.ts';
import type { Handlers, Sender } from '../messaging.ts';
import { createMirror, type Mirror } from '../mirror/mirror.ts';
import { openMirrorDatabase } from '../mirror/mirror-db.ts';
import { createMirrorStore } from '../mirror/mirror-store.ts';
import { withOwnFiles } from '../mirror/own-files.ts';
import { accountClient, fetchAccountProof, proofChecks } from '../proofs/account-proofs.ts';
import { createOwnProofCheck } from '../proofs/check-own-proof.ts';
import { type ProvingVerifier, withOwnProofs } from '../proofs/own-proofs.ts';
import { openProofStore } from '../proofs/proof-store.ts';
import { chooseNamedSeed } from '../proofs/readable-seed.ts';
import { streamingPlatform } from '../stamping/fingerprint/stream.ts';
import { openJobStore } from '../stamping/jobs/job-store.ts';
import { setVerdictBadge } from '../toolbar-badge.ts';
import { askAccount } from './ask-account.ts';
import { type CheckedQuestion, checkQuestion, judgePage } from './page-judge.ts';
import { orderPage } from './page-orders.ts';
import { readForPage } from './read-for-page.ts';
import { disableSite, enableSite, enableWanted, readSite, registerSites, wantSite } from './site-switch.ts';
import { describeTab } from './tab-badge.ts';
import { changeFrame, type FrameVerdicts, forgetTab, knownTabs, readTab } from './tab-verdicts.ts';
import { summarizeVerdict } from './verdict-summary.ts';

const alarmName = 'hashmark-mirror';
const alarmPeriodMinutes = 2;

const ownProofs = openProofStore();

interface Evidence {
  mirror: Mirror;
  /** The mirror's, and what only this computer knows of the files that were stamped on it. */
  index: StampIndex;
  /** Over the index, and over the proofs that the user keeps. */
  verifier: ProvingVerifier;
}

let evidence: Promise<Evidence> | undefined;

/**
 * The mirror and the verifier over it, opened on first use: waking the worker for a menu click opens no database. Opened
 * again after a failure, and after the browser has closed the database.
 */
function openEvidence(): Promise<Evidence> {
  const forget = () => {
    evidence = undefined;
  };
  evidence ??= openMirrorDatabase().then((database) => {
    database.addEventListener('close', forget);
    const fetchFn = (input: string, init?: RequestInit) => fetch(input, init);
    const mirror = createMirror({
      store: createMirrorStore(database),
      issuers: trustedIssuers,
      formerIssuers,
      fetch: fetchFn,
      platform: streamingPlatform,
      onChange: () => void recheckPages(),
    });
    const jobs = openJobStore();
    const index = withOwnFiles(mirror.index, jobs);
    const ofIndex = createVerifier({
      index,
      fetch: fetchFn,
      platform: streamingPlatform,
      onVanished: ({ issuer, log }) => void mirror.forget(issuer, log).then(() => mirror.sync()),
    });
    const verifier = withOwnProofs(ofIndex, {
      store: ownProofs,
      files: jobs,
      createCheck: () => createOwnProofCheck(proofChecks),
    });
    return { mirror, index, verifier };
  });
  evidence.catch(forget);
  return evidence;
}

/** Reads the chains again now, for instance because something has just been stamped. Never throws. */
export async function refreshMirror(): Promise<void> {
  const { mirror } = await openEvidence();
  await mirror.sync();
}

/** Handlers of the verifying messages. */
export const verifyingHandlers: Handlers = {
  async 'verify.hash'({ hash }) {
    const reference = parseHash(hash);
    if (!reference) {
      throw new HashmarkError(
        'not-a-hash',
        `“${hash.slice(0, 100)}” is no CID (Qm… or bafy…) and no SHA-256 digest (64 hex digits). Check that it was copied whole.`,
      );
    }
    const { mirror, verifier } = await openEvidence();
    // It may have been stamped a moment ago: nobody is told "no record" from a copy that is a second old.
    await mirror.sync();
    const verdict = await verifier.verify(reference);
    return verdict.outcome === 'unknown'
      ? askAccount(verdict, verifier, { cid: findWaitingFile, digest: findDigest })
      : verdict;
  },

  async 'verify.page'(request, sender) {
    const question = checkQuestion(request);
    const verdicts = await judgePage(question, await openEvidence());
    // Its badges do not wait for room where the toolbar and the popup look.
    await rememberVerdicts(question, verdicts, sender).catch((error) =>
      log('the verdicts of a page could not be kept', error),
    );
    return verdicts;
  },

  'verify.read': ({ url }, sender) => readForPage(url, sender),

  async 'report.open'({ hash, outcome }, sender) {
    const reference = parseHash(hash.value);
    if (!reference)
      throw new HashmarkError('not-a-hash', 'A report can be opened for a CID or a digest only.');
    // A contradiction is about what the page claims: the report has to ask what its tab came to.
    const from = outcome === 'contradicted' && sender.tabId !== undefined ? `&tab=${sender.tabId}` : '';
    const url = browser.runtime.getURL(`/report.html?hash=${encodeURIComponent(reference.value)}${from}`);
    await browser.tabs.create({ url, ...(sender.tabId === undefined ? {} : { openerTabId: sender.tabId }) });
    return undefined;
  },

  'site.state': ({ tabId }) => readSite(tabId),
  'site.want': ({ tabId, scope }) => wantSite(tabId, scope).then(() => undefined),
  'site.enable': ({ tabId, scope }) => enableSite(tabId, scope),
  'site.disable': ({ tabId, scope }) => disableSite(tabId, scope),

  'tab.verdicts': async ({ tabId }) => readTab(tabId, await orderPage(tabId, 'which', 0)),

  'mirror.state': async () => (await openEvidence()).mirror.state(),
  async 'mirror.refresh'() {
    const { mirror } = await openEvidence();
    await mirror.sync();
    return mirror.state();
  },
};

/** Attaches the listeners of verifying. Call it in the first tick of the background. */
export function startVerifying(): void {
  browser.runtime.onInstalled.addListener(() => void registerSites());
  browser.runtime.onStartup.addListener(() => void registerSites());
  // A pairing brings issuers, and its end takes them.
  onChange(['companion'], () => void refreshMirror());
  // Whether a record confirms may be another answer now, before anything was read.
  onChange(['issuers'], () => void Promise.all([recheckPages(), refreshMirror()]));
  browser.permissions.onRemoved.addListener(() => announce('sites'));
  browser.permissions.onAdded.addListener(() => {
    announce('sites');
    void enableWanted();
  });
  browser.tabs.onRemoved.addListener((tabId: number) => void forgetTab(tabId));
  browser.alarms.onAlarm.addListener(({ name }: Alarms.Alarm) => {
    if (name === alarmName) void refreshMirror();
  });
  // The alarm outlives the worker; made again it would begin its period anew each time the worker starts.
  void browser.alarms.get(alarmName).then((alarm: Alarms.Alarm | undefined) => {
    if (!alarm) return browser.alarms.create(alarmName, { periodInMinutes: alarmPeriodMinutes });
  });
}

async function findWaitingFile(cid: string): Promise<'waits' | 'unknown'> {
  const client = createChainletterClient({
    baseUrl: await companion().accountBaseUrl(),
    fetch: (url, init) => companion().signedFetch(url, init),
  });
  const { state } = await client.verify(cid);
  return state === 'unstamped' ? 'waits' : 'unknown';
}

/** The verdict on the proof that the account has of a digest. */
async function findDigest(digest: string): Promise<Verdict | 'waits' | 'unknown'> {
  const status = await (await accountClient()).digestStatus(digest);
  const seed = chooseNamedSeed(status?.seeds ?? []);
  if (!seed) return 'unknown';
  if (seed.status !== finalStatus) return 'waits';
  const { seedId, currencyId, transaction } = seed;
  const { verdict, own } = await fetchAccountProof({
    digest,
    seedId,
    currencyId,
    ...(transaction ? { transaction } : {}),
  });
  if (own) {
    await ownProofs.add([own]);
    announce('proofs');
    void recheckPages();
  }
  return verdict;
}

async function rememberVerdicts(
  { hashes, claims, pageId, candidateCount, isResisting }: CheckedQuestion,
  { verdicts, isIncomplete, reason }: PageVerdicts,
  { tabId, frameId = 0 }: Sender,
): Promise<void> {
  if (tabId === undefined) return;
  const edit = (frame: FrameVerdicts): void => {
    for (const { value } of hashes) delete frame.verdicts[value];
    // Verdicts on claims come last, in the order of the claims.
    const ofHashes = verdicts.slice(0, verdicts.length - claims.length);
    for (const verdict of ofHashes) frame.verdicts[verdict.hash.value] = summarizeVerdict(verdict);
    for (const [position, { hash, url }] of claims.entries()) {
      const verdict = verdicts[ofHashes.length + position];
      // A claim that holds says no more than its hash does.
      if (verdict && verdict.outcome !== frame.verdicts[hash.value]?.outcome) {
        frame.verdicts[`${hash.value} ${url}`] = summarizeVerdict(verdict);
      } else delete frame.verdicts[`${hash.value} ${url}`];
    }
    Object.assign(frame, { candidateCount, isIncomplete, reason, isResisting: isResisting === true });
  };
  const tab = await changeFrame(tabId, frameId, pageId, edit, (tab, frame) => orderPage(tab, 'which', frame));
  const shownPage = frameId === 0 ? pageId : await orderPage(tabId, 'which', 0);
  await setVerdictBadge(tabId, describeTab(tab), shownPage);
  announce('tabs');
}

/** Pages that are open look again: what they show may have a record now, or the record can be looked at again. */
export async function recheckPages(): Promise<void> {
  announce('mirror');
  await Promise.all(
    (await knownTabs()).map(async (tabId) => {
      if ((await orderPage(tabId, 'recheck')) === undefined) await forgetTab(tabId);
    }),
  );
}
