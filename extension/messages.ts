import type { Issuer } from '../shared/evidence/issuer.ts';
import type { HashReference, Outcome, Verdict } from '../shared/evidence/verdict.ts';
import type { Fingerprint, HashPlatform } from '../shared/fingerprint/fingerprint.ts';
import type { StampCost } from '../shared/wire/companion.ts';
import type { IssuerView, Trust } from './issuers/issuer-book.ts';
import type { Method } from './stamping/method.ts';
import type { Privacy } from './stamping/privacy.ts';
import type { VerdictSummary } from './verifying/verdict-summary.ts';

/**
 * The typed list of everything that pages and content scripts may ask of the background. Replies are plain JSON; a
 * failure crosses as `{code, message, data}` and is rebuilt (see messaging.ts). A change here is a change of contract.
 * Messages marked (content) may come from a content script; every other one is refused unless an extension page sent it.
 */
export interface Messages {
  // ── companion ────────────────────────────────────────────────────────────────────────────────────────────────────
  'companion.state': { request: undefined; reply: CompanionState };
  /** Runs the pairing. Fails with `companion-unreachable`, `wrong-code`, `code-expired`, `code-used`, `too-many-tries`, `pairing-blocked`, `impostor`. */
  'companion.pair': { request: { url: string; code: string }; reply: CompanionState };
  'companion.unpair': { request: undefined; reply: CompanionState };

  // ── stamping ─────────────────────────────────────────────────────────────────────────────────────────────────────
  /** Captures and stamps the page of a tab; resolves once the job is on disk. */
  'stamp.page': {
    /** `method`: the remembered one when absent. */
    request: { tabId: number; groupId?: string; method?: Method };
    reply: { jobId: string };
  };
  /** How new stamps are made when nobody says otherwise. */
  'stamping.method': { request: undefined; reply: Method };
  'stamping.set-method': { request: { method: Method }; reply: Method };
  /** Who will be able to fetch what is stamped next. */
  'stamping.privacy': { request: undefined; reply: Privacy };
  'stamping.set-privacy': { request: { privacy: Privacy }; reply: Privacy };
  /** What one stamp costs now where it costs money. Fails with `cost-unknown`, and as everything that asks the companion. */
  'stamping.cost': { request: { kind: Method }; reply: StampCost };
  'jobs.list': { request: undefined; reply: JobView[] };
  'job.retry': { request: { jobId: string }; reply: undefined };
  'job.cancel': { request: { jobId: string }; reply: undefined };
  /** Takes an ended job off the list; the undo is `job.restore`. */
  'job.dismiss': { request: { jobId: string }; reply: undefined };
  'job.restore': { request: { jobId: string }; reply: undefined };
  /** Saves the job's file to the downloads once more. */
  'job.save-file': { request: { jobId: string }; reply: undefined };
  'groups.list': { request: undefined; reply: GroupView[] };
  'groups.create': { request: { name: string; network: 'public' | 'private' }; reply: GroupView };
  'groups.files': { request: { groupId: string }; reply: GroupFileView[] };
  'groups.stamp': {
    request: { groupId: string };
    reply: { filesStamped: number; transaction: string | null; isPending: boolean };
  };
  'groups.delete-file': { request: { groupId: string; cid: string }; reply: undefined };

  // ── bulk ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  // The rows of a list are too many for messages: pages read them in the store that both share (stamping/bulk).
  /** Goes on with a list that a page has written to the store, or that was stopped. */
  'bulk.start': { request: { bulkId: string }; reply: undefined };
  /** Sends no more of it; what was sent stays sent. The undo is `bulk.start`. */
  'bulk.stop': { request: { bulkId: string }; reply: undefined };
  /** Tries again what failed, and nothing else. */
  'bulk.retry': { request: { bulkId: string }; reply: undefined };
  /** Takes a list off the workbench; the undo is `bulk.restore`. Its proofs stay. */
  'bulk.remove': { request: { bulkId: string }; reply: undefined };
  'bulk.restore': { request: { bulkId: string }; reply: undefined };

  // ── proof ────────────────────────────────────────────────────────────────────────────────────────────────────────
  /** Where Bitcoin is read: base URLs of Esplora servers. */
  'proof.esplora': { request: undefined; reply: string[] };
  /** Fails with `malformed-esplora`. Ask for the hosts' permission first. */
  'proof.set-esplora': { request: { urls: string[] }; reply: string[] };

  // ── verifying ────────────────────────────────────────────────────────────────────────────────────────────────────
  'verify.hash': { request: { hash: string }; reply: Verdict };
  /** (content) Judges the hashes that a page shows: a local lookup, then a check of each hit. Absent = no record. */
  'verify.page': { request: PageQuestion; reply: PageVerdicts };
  /** (content) Reads content of the asking page's own origin and fingerprints it: see read-for-page.ts. Fails with `claim-unreadable`. */
  'verify.read': { request: { url: string }; reply: Fingerprint };
  /** (content) Opens the report of one hash in a tab, after a click on its badge. */
  'report.open': { request: { hash: HashReference; outcome?: Outcome }; reply: undefined };
  'site.state': { request: { tabId: number }; reply: SiteState };
  /** Call in the click, before `permissions.request`: if the popup closes while the browser asks, the background goes on. */
  'site.want': { request: { tabId: number; scope: 'site' | 'all' }; reply: undefined };
  /** Call after `permissions.request` was granted in the page's own user gesture. */
  'site.enable': { request: { tabId: number; scope: 'site' | 'all' }; reply: SiteState };
  'site.disable': { request: { tabId: number; scope: 'site' | 'all' }; reply: SiteState };
  'tab.verdicts': { request: { tabId: number }; reply: TabVerdicts };
  'mirror.state': { request: undefined; reply: MirrorState[] };
  'mirror.refresh': { request: undefined; reply: MirrorState[] };

  // ── issuers ──────────────────────────────────────────────────────────────────────────────────────────────────────
  'issuers.list': { request: undefined; reply: IssuerView[] };
  /** Adds an issuer of the user's, or changes it, and trusts it, once every endpoint has spoken for it. Fails with `malformed-issuer`, `issuer-known`, `issuer-unconfirmed`. */
  'issuers.save': { request: { issuer: Issuer }; reply: IssuerView[] };
  'issuers.set-trust': { request: { key: string; trust: Trust }; reply: IssuerView[] };
  /** Takes an issuer of the user's off the list together with the mirror's copy of it. */
  'issuers.forget': { request: { key: string }; reply: IssuerView[] };
  /** More endpoints for an issuer that the companion brought; checked like those of `issuers.save`. */
  'issuers.set-extra-rpc': { request: { key: string; rpcUrls: string[] }; reply: IssuerView[] };
}

export interface CompanionState {
  /** `blocked`: the browser no longer lets Hashmark reach this computer's loopback address. */
  status: 'not-paired' | 'connected' | 'unreachable' | 'refused' | 'blocked';
  /** For people when `status` is not `connected`: what is wrong, on which side, and the next step. */
  message?: string;
  url?: string;
  pairedAtMs?: number;
  /** Companion's version and chain, when connected. */
  version?: string;
  chain?: { id: number; name: string; isLocal: boolean; contract: string };
  account?: string;
}

export type JobPhase =
  | 'captured'
  | 'fingerprinted'
  | 'uploading'
  | 'uploaded'
  | 'stamping'
  | 'submitting'
  | 'waiting'
  | 'proving'
  | 'done'
  | 'failed'
  | 'cancelling'
  | 'cancelled';

export type CaptureKind = 'page' | 'image' | 'video' | 'audio' | 'link' | 'selection';

export interface JobView {
  id: string;
  kind: CaptureKind;
  name: string;
  sourceUrl: string;
  createdAtMs: number;
  phase: JobPhase;
  /** 0 to 1 while bytes are hashed or sent. */
  progress?: number;
  /** Of the content, while it is hashed. */
  sizeBytes?: number;
  fingerprint?: Fingerprint;
  /** What hashes the content, or has hashed it; absent in jobs from before that was written down. */
  hashedBy?: HashPlatform['name'];
  method: Method;
  /** Of an upload only. */
  groupId?: string;
  /** Of an upload only. */
  privacy?: Privacy;
  /** Of a hash-only job, once the service has told its seed. */
  seed?: JobSeed;
  transaction?: string;
  /** Block time, Unix seconds, once mined. */
  blockTimeSeconds?: number;
  /** Resources that stayed URLs because the page may not read them. */
  missing?: string[];
  /** Why it failed or waits, with the next step. */
  message?: string;
  /** True when the file was saved to the downloads. */
  isSaved: boolean;
  /** True once only the downloads hold the file: it cannot be saved once more. */
  isReleased?: boolean;
  /** False once the stamp was asked for, which cannot be taken back. */
  canCancel: boolean;
}

/** The seed that a digest is in, and how far it is. */
export interface JobSeed {
  seedId: string;
  /** As on the wire: 0 Bitcoin, 1 Ethereum. */
  currencyId: number;
  /** 0 queued, 1 broadcast, 2 in a block, 3 final. */
  status: number;
  /** 64 hex digits, once the seed is closed. */
  root?: string;
}

export interface GroupView {
  id: string;
  name: string;
  network: 'public' | 'private' | 'none';
  createdAt: string;
  fileCount: number;
}

export interface GroupFileView {
  cid: string;
  name: string;
  sizeBytes: number;
  mimetype: string;
  isStamped: boolean;
  createdAt: string;
  transaction: string | null;
  gatewayUrl?: string;
}

/** A hash that stands beside content which the page itself serves, with what that content really hashes to. */
export interface PageClaim {
  hash: HashReference;
  /** URL of the content, same origin as the page. */
  url: string;
  /** Present when the content was read. */
  actual?: Fingerprint;
  /** Present when it could not be read. */
  failure?: string;
}

/** A question about more is refused: messages stay small. */
export const mostHashesPerQuestion = 2_000;

/** What a content script asks. Verdicts on claims come back in the order of the claims, after those on `hashes`. */
export interface PageQuestion {
  hashes: HashReference[];
  claims: PageClaim[];
  /** Random, one per document: a new one means that the frame shows another page. */
  pageId: string;
  /** How many different hash-like strings the document showed so far. */
  candidateCount: number;
  /** True once the page has taken badges away so often that they are no longer put back. */
  isResisting?: boolean;
}

export interface PageVerdicts {
  /** Only hashes with something to show: those with a record, those contradicted, those that could not be checked. */
  verdicts: Verdict[];
  /** True when the record could not be looked at, so that absence proves nothing; `reason` says why. */
  isIncomplete: boolean;
  reason?: string;
}

export interface TabVerdicts extends Omit<PageVerdicts, 'verdicts'> {
  /** The worst first. */
  verdicts: VerdictSummary[];
  /** True when the browser had no room for all of `verdicts`: the badges in the page say more. */
  isListCut?: boolean;
  /** How many hash-like strings the page shows. */
  candidateCount: number;
  /** Something about the page that the user should know, for instance that it removes the badges. */
  notice?: string;
}

export interface SiteState {
  origin: string | null;
  /** False on pages that no extension may read (chrome://, the store, another extension). */
  isPossible: boolean;
  isEnabledForSite: boolean;
  isEnabledForAll: boolean;
  /** False when the browser lets Hashmark not read this site, for instance because the user took the permission back. */
  isPermitted: boolean;
  /** The same for every site. */
  isPermittedForAll: boolean;
}

export interface MirrorState {
  issuerName: string;
  issuerKey: string;
  chainName: string;
  isLocal: boolean;
  contract: string;
  stampCount: number;
  /** Last block read. */
  lastBlock?: number;
  syncedAtMs?: number;
  /** Why the last read failed. */
  problem?: string;
  isSyncing: boolean;
  /** False: it is read no more, and what is there makes a hash unfamiliar. */
  isTrusted: boolean;
}
