import type { IssuerView } from '../../extension/issuers/issuer-book.ts';
import type {
  CompanionState,
  GroupFileView,
  GroupView,
  JobView,
  MirrorState,
  SiteState,
} from '../../extension/messages.ts';
import { type Issuer, issuerKey } from '../../shared/evidence/issuer.ts';
import type { Verdict } from '../../shared/evidence/verdict.ts';

/** The moment at which all pages of the gallery are looked at. */
export const galleryNowMs = Date.UTC(2026, 10, 22, 14, 30, 0);

const minuteMs = 60_000;
const cid = 'QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o';
const digest = 'a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d299a192a447';

export function makeIssuer(overrides: Partial<Issuer> = {}): Issuer {
  return {
    name: 'Hashmark on this computer',
    chainId: 4774000123,
    chainName: 'Hashmark local chain',
    isLocal: true,
    contract: '0x5FbDB2315678afecb367f032d93F642f64180aa3',
    startBlock: 1,
    rpcUrls: ['http://127.0.0.1:4774/rpc'],
    gatewayUrl: 'http://127.0.0.1:4774/ipfs/',
    finality: { kind: 'confirmations', blocks: 1 },
    ...overrides,
  };
}

export function makeVerdict(overrides: Partial<Verdict> = {}): Verdict {
  const issuer = overrides.record?.issuer ?? makeIssuer();
  const value = 'QmVZLgevKqdMBkEdFhcauLccqzLNn2gmfwVaXhHEZJyqzm';
  const transaction = '0x8c1f4a0f6c5c3f0d6a8e0b1f5a7c9e3d2b4f6081a3c5e7092b4d6f80a1c3e5f7';
  return {
    outcome: 'confirmed',
    hash: { kind: 'cid', value: cid },
    record: {
      issuer,
      value,
      isBundle: true,
      transaction,
      blockNumber: 12047,
      blockHash: '0x1b6f0c8d2e4a6879b0c1d2e3f4a5968778695a4b3c2d1e0f9876543210fedcba',
      blockTimeSeconds: (galleryNowMs - 5 * 60 * minuteMs) / 1000,
    },
    steps: [
      {
        id: 'log-on-chain',
        label: `The log of contract ${issuer.contract} holds ${value}`,
        result: 'passed',
        detail: `Transaction ${transaction}, log 0, block 12047 of chain ${issuer.chainId}, read from 127.0.0.1:4774`,
      },
      {
        id: 'block-time',
        label: 'Block 12047 says when',
        result: 'passed',
        detail:
          '2026-11-22T09:30:00Z, block hash 0x1b6f0c8d2e4a6879b0c1d2e3f4a5968778695a4b3c2d1e0f9876543210fedcba',
      },
      {
        id: 'finality',
        label: 'The block is final (once it is in a block)',
        result: 'passed',
        detail: 'Final up to block 12051',
      },
      {
        id: 'bundle-member',
        label: `The bundle ${value} lists this CID`,
        result: 'passed',
        detail: 'Its 214 bytes hash to the CID on chain and list 3 files; this is number 2',
      },
    ],
    believed: [
      'One RPC endpoint (127.0.0.1:4774)',
      'Whoever runs this computer: Hashmark local chain runs here only and proves nothing to strangers',
    ],
    reason: `This CID was stamped by ${issuer.name} on ${issuer.chainName} in block 12047, and every step was recomputed.`,
    checkedAtMs: galleryNowMs - 3000,
    ...overrides,
  };
}

export function makeJob(overrides: Partial<JobView> = {}): JobView {
  return {
    id: 'job-1',
    kind: 'page',
    name: 'Minutes of the general assembly 2026',
    sourceUrl: 'https://example.org/minutes/2026',
    privacy: 'private',
    createdAtMs: galleryNowMs - 2 * minuteMs,
    phase: 'done',
    fingerprint: { cid, digest, sizeBytes: 184_211 },
    groupId: 'group-1',
    transaction: '0x8c1f4a0f6c5c3f0d6a8e0b1f5a7c9e3d2b4f6081a3c5e7092b4d6f80a1c3e5f7',
    blockTimeSeconds: (galleryNowMs - minuteMs) / 1000,
    isSaved: true,
    ...overrides,
  };
}

export function makeGroup(overrides: Partial<GroupView> = {}): GroupView {
  return {
    id: 'group-1',
    name: 'Hashmark pages',
    network: 'public',
    createdAt: '2026-11-20T08:00:00.000Z',
    fileCount: 3,
    ...overrides,
  };
}

export function makeGroupFile(overrides: Partial<GroupFileView> = {}): GroupFileView {
  return {
    cid,
    name: 'Minutes of the general assembly 2026.html',
    sizeBytes: 184_211,
    mimetype: 'text/html',
    isStamped: true,
    createdAt: '2026-11-22T14:28:00.000Z',
    transaction: '0x8c1f4a0f6c5c3f0d6a8e0b1f5a7c9e3d2b4f6081a3c5e7092b4d6f80a1c3e5f7',
    ...overrides,
  };
}

export function makeCompanion(overrides: Partial<CompanionState> = {}): CompanionState {
  const { chainId: id, chainName: name, isLocal, contract } = makeIssuer();
  return {
    status: 'connected',
    url: 'http://127.0.0.1:4774',
    pairedAtMs: galleryNowMs - 26 * 60 * minuteMs,
    version: '0.1.0',
    chain: { id, name, isLocal, contract },
    account: 'embedded',
    ...overrides,
  };
}

export function makeSite(overrides: Partial<SiteState> = {}): SiteState {
  return {
    origin: 'https://example.org',
    isPossible: true,
    isEnabledForSite: true,
    isEnabledForAll: false,
    isPermitted: true,
    isPermittedForAll: false,
    ...overrides,
  };
}

export function makeMirror(overrides: Partial<MirrorState> = {}): MirrorState {
  const { name: issuerName, chainName, isLocal, contract, chainId } = makeIssuer();
  return {
    issuerName,
    issuerKey: `${chainId}:${contract.toLowerCase()}`,
    chainName,
    isLocal,
    contract,
    stampCount: 412,
    lastBlock: 12051,
    syncedAtMs: galleryNowMs - 4 * minuteMs,
    isSyncing: false,
    isTrusted: true,
    ...overrides,
  };
}

export function makeIssuerView(overrides: Partial<IssuerView> = {}): IssuerView {
  const issuer = overrides.issuer ?? makeIssuer();
  return {
    key: issuerKey(issuer),
    issuer,
    source: 'companion',
    trust: 'trusted',
    extraRpcUrls: [],
    ...overrides,
  };
}
