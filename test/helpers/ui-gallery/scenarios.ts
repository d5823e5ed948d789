import type { Messages } from '../../../extension/messages.ts';
import { summarizeVerdict } from '../../../extension/verifying/verdict-summary.ts';
import type { ErrorData } from '../../../shared/errors.ts';
import { issuerKey } from '../../../shared/evidence/issuer.ts';
import {
  makeCompanion,
  makeGroup,
  makeGroupFile,
  makeHashOnlyJob,
  makeIssuer,
  makeIssuerView,
  makeJob,
  makeMirror,
  makeSeed,
  makeSeedVerdict,
  makeSite,
  makeVerdict,
} from '../views.ts';
import type { SeededLists } from './seed-lists.ts';

/** What the background answers in a scenario: a reply, a failure, or `never` for an answer that does not come. */
export type Replies = {
  [N in keyof Messages]?: { reply: Messages[N]['reply'] } | { error: ErrorData } | 'never';
};

/** One page in one state. */
export interface Scenario {
  name: string;
  page: 'popup' | 'options' | 'report' | 'workbench';
  /** Query of the page's address. */
  query?: string;
  tabTitle?: string;
  origins?: string[];
  replies: Replies;
  /** Accessible names of the controls to press before looking. */
  press?: string[];
  /** Text to put into the field with this label before pressing. */
  type?: { label: string; text: string };
  /** Files to choose with the control of this name, after pressing. */
  choose?: { label: string; files: { name: string; text: string }[] };
  /** Text that shows once the page has settled. */
  shows?: string;
  /** What the workbench has in its store. */
  lists?: SeededLists;
}

const ok = <T>(reply: T) => ({ reply });
const fail = (code: string, message: string) => ({ error: { code, message } });

const shortCids = [
  'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG',
  'QmPZ9gcCEpqKTo6aq61g2nXGUhM4iCL3ewB6LDXZCtioEB',
  'QmZULkCELmmk5XNfCgTnCyFgAVxBRBXyDHGGMVoLFLiXEN',
] as const;
const digest = 'a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d299a192a447';
const longName =
  'Quarterly-report-of-the-supervisory-board-with-all-annexes-and-signatures-final-FINAL-v7 (copy) (2).pdf';
const rtlName = 'محضر اجتماع الجمعية العامة ٢٠٢٦.html';
const longHost = 'https://documents.archive.department-of-very-long-names.example.co.uk';

const contradicted = makeVerdict({
  outcome: 'contradicted',
  hash: { kind: 'cid', value: shortCids[0] },
  reason:
    'The content at https://example.org/diploma-altered.html is presented under this CID but hashes to something else: it was changed, or the CID belongs to other content.',
  steps: [
    {
      id: 'claimed-bytes',
      label: 'The content at https://example.org/diploma-altered.html has this CID',
      result: 'failed',
      detail: `Its 2103 bytes hash to ${shortCids[1]}`,
    },
    ...makeVerdict().steps,
  ],
});
const unchecked = makeVerdict({
  outcome: 'unchecked',
  hash: { kind: 'digest', value: digest },
  record: undefined,
  believed: [],
  reason: 'It could not be checked: 127.0.0.1:4774 did not answer within 5 s.',
  steps: [
    {
      id: 'search',
      label: 'Every issuer was searched',
      result: 'could-not-run',
      detail:
        'Hashmark local chain: 127.0.0.1:4774 did not answer within 5 s. Start the companion and check again.',
    },
  ],
});
const unknown = makeVerdict({
  outcome: 'unknown',
  hash: { kind: 'cid', value: shortCids[2] },
  record: undefined,
  steps: [],
  believed: [],
  reason: 'No issuer on your list has stamped this CID.',
});
const publicIssuer = makeIssuer({
  name: 'University of Example',
  chainId: 1,
  chainName: 'Ethereum',
  isLocal: false,
  rpcUrls: ['https://rpc.one.example', 'https://rpc.two.example'],
  explorerTxUrl: 'https://explorer.example/tx/',
  finality: { kind: 'tag', tag: 'finalized' },
});
const unfamiliar = makeVerdict({
  outcome: 'unfamiliar',
  hash: { kind: 'digest', value: digest },
  record: {
    ...(makeVerdict().record as NonNullable<ReturnType<typeof makeVerdict>['record']>),
    issuer: publicIssuer,
  },
  believed: ['2 RPC endpoints that agree (rpc.one.example, rpc.two.example)'],
  reason:
    'This digest was stamped in block 12047, but by University of Example on Ethereum, which is not among the issuers you trust.',
});
const pending = makeVerdict({
  outcome: 'pending',
  hash: { kind: 'cid', value: shortCids[1] },
  reason:
    'This CID was stamped by University of Example on Ethereum in block 12047, which is not final yet. Check again later.',
});

export const calm: Replies = {
  'companion.state': ok(makeCompanion()),
  'site.state': ok(makeSite({ isEnabledForSite: false })),
  'tab.verdicts': ok({ verdicts: [], candidateCount: 0, isIncomplete: false }),
  'jobs.list': ok([]),
  'groups.list': ok([]),
  'job.dismiss': ok(undefined),
  'mirror.state': ok([makeMirror()]),
  'issuers.list': ok([makeIssuerView()]),
  'stamping.method': ok('upload'),
  'stamping.set-method': ok('hash-only'),
  'stamping.privacy': ok('private'),
  'proof.esplora': ok([]),
};
const hashOnly: Replies = { ...calm, 'stamping.method': ok('hash-only') };

const files = [
  makeGroupFile(),
  makeGroupFile({ cid: shortCids[0], name: longName, mimetype: 'application/pdf', sizeBytes: 48_211_733 }),
  makeGroupFile({ cid: shortCids[1], name: rtlName, isStamped: false, transaction: null, sizeBytes: 912 }),
  makeGroupFile({
    cid: shortCids[2],
    name: 'portrait.png',
    mimetype: 'image/png',
    isStamped: false,
    transaction: null,
  }),
];

export const scenarios: Scenario[] = [
  {
    name: 'popup-first-run',
    page: 'popup',
    replies: { ...calm, 'companion.state': ok({ status: 'not-paired' }) },
  },
  { name: 'popup-empty', page: 'popup', replies: calm },
  {
    name: 'popup-full',
    page: 'popup',
    tabTitle: 'Minutes of the general assembly 2026 – Example Society',
    press: ['Hashmark pages'],
    replies: {
      ...calm,
      'site.state': ok(makeSite()),
      'tab.verdicts': ok({
        verdicts: [
          makeVerdict(),
          makeVerdict({ hash: { kind: 'digest', value: digest } }),
          contradicted,
          pending,
        ].map(summarizeVerdict),
        candidateCount: 17,
        isIncomplete: false,
      }),
      'jobs.list': ok([
        makeJob({
          id: 'a',
          phase: 'uploading',
          progress: 0.42,
          canCancel: true,
          createdAtMs: makeJob().createdAtMs + 9000,
        }),
        makeJob({
          id: 'b',
          kind: 'image',
          name: 'portrait.png',
          phase: 'waiting',
          message: 'The companion is not running; this goes on when it is back.',
        }),
        makeJob({ id: 'c', name: 'Diploma of Ada Example' }),
      ]),
      'groups.list': ok([
        makeGroup({ fileCount: 4 }),
        makeGroup({ id: 'g2', name: 'Contracts', network: 'private', fileCount: 12 }),
        makeGroup({ id: 'g3', name: 'Empty one', fileCount: 0 }),
      ]),
      'groups.files': ok(files),
    },
  },
  {
    name: 'popup-hash-only',
    page: 'popup',
    tabTitle: 'Minutes of the general assembly 2026 – Example Society',
    replies: {
      ...hashOnly,
      'site.state': ok(makeSite()),
      'tab.verdicts': ok({
        verdicts: [summarizeVerdict(makeSeedVerdict())],
        candidateCount: 4,
        isIncomplete: false,
      }),
      'groups.list': ok([makeGroup()]),
      'jobs.list': ok([
        makeHashOnlyJob({
          id: 'a',
          phase: 'waiting',
          seed: { seedId: '0b9e7d52-6a0f-4a43-8d3e-7a1f3c9d2e10', currencyId: 1, status: 0 },
          createdAtMs: makeJob().createdAtMs + 9000,
        }),
        makeHashOnlyJob({ id: 'b', kind: 'image', name: 'portrait.png', phase: 'proving' }),
        makeHashOnlyJob({ id: 'c', name: 'Diploma of Ada Example' }),
        makeHashOnlyJob({
          id: 'd',
          kind: 'link',
          name: longName,
          phase: 'failed',
          message:
            'The digest of this file is stamped, but its proof could not be checked. 127.0.0.1:4774 did not answer.',
        }),
      ]),
    },
  },
  {
    name: 'popup-failing',
    page: 'popup',
    tabTitle: 'Minutes',
    press: ['Stamp this page'],
    replies: {
      ...calm,
      'companion.state': ok(
        makeCompanion({
          status: 'unreachable',
          message:
            'Nothing answers at http://127.0.0.1:4774. Start the companion with `npm start`, then try again.',
        }),
      ),
      'stamp.page': fail(
        'capture-failed',
        'The page could not be captured: it was closed while it was read. Open it again and stamp it.',
      ),
      'site.state': ok(makeSite()),
      'tab.verdicts': ok({
        verdicts: [summarizeVerdict(unchecked)],
        candidateCount: 3,
        isIncomplete: true,
        reason: 'The chain of Hashmark local chain could not be read: 127.0.0.1:4774 did not answer.',
      }),
      'jobs.list': ok([
        makeJob({
          id: 'a',
          phase: 'failed',
          isSaved: false,
          message:
            'The service answered with another CID (QmPZ9g…tioEB) than this computer computed. Nothing was stamped.',
        }),
        makeJob({
          id: 'b',
          kind: 'selection',
          name: 'A sentence',
          phase: 'cancelled',
          fingerprint: undefined,
        }),
      ]),
    },
  },
  {
    name: 'popup-costs',
    page: 'popup',
    tabTitle: 'Minutes of the general assembly 2026',
    replies: {
      ...calm,
      'companion.state': ok(
        makeCompanion({
          chain: { id: 11_155_111, name: 'Sepolia', isLocal: false, contract: `0x${'1'.repeat(40)}` },
        }),
      ),
      'stamping.cost': ok({
        isFree: false,
        chainName: 'Sepolia',
        expected: '0.000112 ETH',
        most: '0.0005 ETH',
        balance: '0.2831 ETH',
      }),
    },
  },
  {
    name: 'popup-list-cut',
    page: 'popup',
    tabTitle: 'The catalogue of everything',
    replies: {
      ...calm,
      'site.state': ok(makeSite()),
      'tab.verdicts': ok({ verdicts: [], candidateCount: 9_500, isIncomplete: false, isListCut: true }),
      'jobs.list': ok([
        makeJob({ phase: 'cancelling', message: 'The companion is not running. Start it with `npm start`.' }),
      ]),
    },
  },
  {
    name: 'popup-long-names',
    page: 'popup',
    tabTitle: `${rtlName} – ${longName}`,
    press: [longName],
    replies: {
      ...calm,
      'site.state': ok(makeSite({ origin: longHost })),
      'tab.verdicts': ok({
        verdicts: [summarizeVerdict(makeVerdict())],
        candidateCount: 20_000,
        isIncomplete: false,
      }),
      'jobs.list': ok([
        makeJob({
          id: 'a',
          name: rtlName,
          sourceUrl: `${longHost}/x`,
          phase: 'captured',
          canCancel: true,
          progress: 0.3,
          sizeBytes: 1_213_000_000,
          hashedBy: 'wasm',
          fingerprint: undefined,
        }),
        makeJob({ id: 'b', name: longName, sourceUrl: `${longHost}/x`, kind: 'link' }),
      ]),
      'groups.list': ok([
        makeGroup({ name: longName, fileCount: 4 }),
        makeGroup({ id: 'g2', name: rtlName, network: 'private' }),
      ]),
      'groups.files': ok(files),
    },
  },
  {
    name: 'popup-impossible',
    page: 'popup',
    tabTitle: 'Extensions',
    replies: { ...calm, 'site.state': ok(makeSite({ isPossible: false, origin: null })) },
  },
  {
    name: 'popup-new-group',
    page: 'popup',
    press: ['New group'],
    replies: {
      ...calm,
      'groups.list': fail('service-failed', 'The service answered 500. Try again in a moment.'),
    },
  },
  {
    name: 'popup-undo',
    page: 'popup',
    press: ['Remove Minutes of the general assembly 2026 from this list'],
    replies: { ...calm, 'jobs.list': ok([makeJob()]) },
  },
  {
    name: 'options-first-run',
    page: 'options',
    replies: {
      ...calm,
      'companion.state': ok({ status: 'not-paired' }),
      'mirror.state': ok([]),
      'issuers.list': ok([]),
    },
  },
  {
    name: 'options-wrong-code',
    page: 'options',
    type: { label: 'Pairing code', text: 'ABCDE-FGHJK-MNPQR-STVWX-YZ123' },
    press: ['Pair'],
    replies: {
      ...calm,
      'companion.state': ok({ status: 'not-paired' }),
      'mirror.state': ok([]),
      'issuers.list': ok([]),
      'companion.pair': fail(
        'wrong-code',
        'The companion shows another code (4 tries left). Compare the letters, or copy the whole line that it shows.',
      ),
    },
  },
  {
    name: 'options-not-running',
    page: 'options',
    type: { label: 'Pairing code', text: 'ABCDE-FGHJK-MNPQR-STVWX-YZ123' },
    press: ['Pair'],
    replies: {
      ...calm,
      'companion.state': ok({ status: 'not-paired' }),
      'mirror.state': ok([]),
      'companion.pair': fail(
        'companion-unreachable',
        'Nothing answers at http://127.0.0.1:4774. Start the companion with `npm start`, then try again.',
      ),
    },
  },
  {
    name: 'options-paired',
    page: 'options',
    origins: [
      'https://example.org/*',
      'https://documents.archive.department-of-very-long-names.example.co.uk/*',
    ],
    press: ['Unpair'],
    replies: {
      ...calm,
      'issuers.list': ok([
        makeIssuerView(),
        makeIssuerView({ issuer: publicIssuer, source: 'user' }),
        makeIssuerView({
          issuer: { ...publicIssuer, name: 'A notary', contract: `0x${'2'.repeat(40)}` },
          source: 'user',
          trust: 'removed',
        }),
      ]),
      'mirror.state': ok([
        makeMirror(),
        makeMirror({
          issuerName: 'University of Example',
          issuerKey: issuerKey(publicIssuer),
          chainName: 'Ethereum',
          isLocal: false,
          stampCount: 18_204,
          lastBlock: 24_771_003,
          problem:
            'rpc.one.example did not answer within 10 s. The mirror stays as it was; the next try is in 5 min.',
          isSyncing: true,
        }),
      ]),
    },
  },
  { name: 'options-hash-only', page: 'options', replies: hashOnly },
  {
    name: 'options-refused',
    page: 'options',
    replies: {
      ...calm,
      'companion.state': ok({
        status: 'refused',
        url: 'http://127.0.0.1:4774',
        pairedAtMs: makeCompanion().pairedAtMs,
        message: 'The companion does not know this browser any more: its pairing was removed there.',
      }),
    },
  },
  {
    name: 'options-add-issuer',
    page: 'options',
    press: ['Add an issuer'],
    replies: calm,
  },
  {
    name: 'options-issuer-wrong',
    page: 'options',
    press: ['Add an issuer', 'Trust this issuer'],
    replies: calm,
  },
  {
    name: 'options-issuer-off',
    page: 'options',
    press: ['More RPC endpoints'],
    replies: {
      ...calm,
      'issuers.list': ok([
        makeIssuerView(),
        makeIssuerView({ issuer: publicIssuer, source: 'user', trust: 'off' }),
      ]),
      'stamping.privacy': ok('public'),
    },
  },
  { name: 'report-empty', page: 'report', replies: calm },
  {
    name: 'report-no-hash',
    page: 'report',
    type: { label: 'Or paste a CID or a digest', text: 'QmNotAHash' },
    press: ['Check'],
    replies: calm,
  },
  {
    name: 'report-checking',
    page: 'report',
    query: `?hash=${shortCids[0]}`,
    replies: { ...calm, 'verify.hash': 'never' },
  },
  ...Object.entries({ confirmed: makeVerdict(), contradicted, unfamiliar, pending, unknown, unchecked }).map(
    ([outcome, verdict]): Scenario => ({
      name: `report-${outcome}`,
      page: 'report',
      query: `?hash=${verdict.hash.value}`,
      replies: { ...calm, 'verify.hash': ok(verdict) },
    }),
  ),
  {
    name: 'report-job-done',
    page: 'report',
    query: '?job=job-1',
    replies: {
      ...calm,
      'jobs.list': ok([
        makeJob({
          name: rtlName,
          missing: [
            'https://cdn.example/fonts/serif.woff2',
            'https://video.example/embed/42?autoplay=0&lang=en',
          ],
        }),
      ]),
      'verify.hash': ok(makeVerdict()),
    },
  },
  {
    name: 'report-job-working',
    page: 'report',
    query: '?job=job-1',
    replies: {
      ...calm,
      'jobs.list': ok([makeJob({ phase: 'stamping', isSaved: false })]),
      'verify.hash': ok({ ...unknown, hash: makeVerdict().hash }),
    },
  },
  {
    name: 'report-job-hashing',
    page: 'report',
    query: '?job=job-1',
    replies: {
      ...calm,
      'jobs.list': ok([
        makeJob({
          phase: 'captured',
          progress: 0.34,
          sizeBytes: 1_213_000_000,
          hashedBy: 'wasm',
          fingerprint: undefined,
          isSaved: false,
        }),
      ]),
    },
  },
  {
    name: 'report-job-failed',
    page: 'report',
    query: '?job=job-1',
    replies: {
      ...calm,
      'jobs.list': ok([
        makeJob({ phase: 'failed', message: 'The service answered with another CID. Nothing was stamped.' }),
      ]),
      'verify.hash': ok({ ...unknown, hash: makeVerdict().hash }),
    },
  },
  {
    name: 'report-hash-only',
    page: 'report',
    query: '?job=job-1',
    replies: { ...hashOnly, 'jobs.list': ok([makeHashOnlyJob()]), 'verify.hash': ok(makeSeedVerdict()) },
  },
  {
    name: 'report-hash-only-working',
    page: 'report',
    query: '?job=job-1',
    replies: {
      ...hashOnly,
      'jobs.list': ok([
        makeHashOnlyJob({
          phase: 'waiting',
          seed: { seedId: '0b9e7d52-6a0f-4a43-8d3e-7a1f3c9d2e10', currencyId: 1, status: 1 },
        }),
      ]),
    },
  },
  {
    name: 'report-proof-by-stranger',
    page: 'report',
    query: `?hash=${digest}`,
    replies: {
      ...calm,
      'verify.hash': ok(
        makeSeedVerdict({
          outcome: 'unfamiliar',
          seed: makeSeed({
            chainId: 1,
            chainName: 'Ethereum',
            isLocal: false,
            issuerName: undefined,
            explorerTxUrl: 'https://explorer.example/tx/',
          }),
          reason:
            'This digest is in the seed whose root stands in block 12047 of Ethereum, but 0x2c7536e3605d9c16a7a3d7b1898e529396a65c23 is not among the issuers you trust.',
        }),
      ),
    },
  },
  { name: 'report-job-gone', page: 'report', query: '?job=nope', replies: calm },
];
