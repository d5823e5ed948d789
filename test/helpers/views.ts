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
import type { SeedRecord, Verdict } from '../../shared/evidence/verdict.ts';

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

/** The root that the digest of every made proof leads to. */
const root = '9d6b564cf278381e1c0762a7925c2b3d540e33443797f3a5cc570b84f4e90d50';

/** Two steps that truly lead from {@link digest} to their root would say nothing more to the eye. */
export function makeSeed(overrides: Partial<SeedRecord> = {}): SeedRecord {
  const { name: issuerName, chainId, chainName, isLocal } = makeIssuer();
  return {
    method: 'evm-input',
    chainId,
    chainName,
    isLocal,
    issuerName,
    writer: '0x2c7536e3605d9c16a7a3d7b1898e529396a65c23',
    proof: {
      leaf: digest,
      steps: Array.from({ length: 11 }, (_, index) => ({
        sibling: index.toString(16).padStart(64, '5'),
        side: index % 2 === 0 ? 'right' : 'left',
      })),
      root,
    },
    transaction: '0x8c1f4a0f6c5c3f0d6a8e0b1f5a7c9e3d2b4f6081a3c5e7092b4d6f80a1c3e5f7',
    blockNumber: 12047,
    blockHash: '0x1b6f0c8d2e4a6879b0c1d2e3f4a5968778695a4b3c2d1e0f9876543210fedcba',
    blockTimeSeconds: (galleryNowMs - 5 * 60 * minuteMs) / 1000,
    ...overrides,
  };
}

/** A verdict from a Merkle proof. */
export function makeSeedVerdict(overrides: Partial<Verdict> = {}): Verdict {
  const seed = overrides.seed ?? makeSeed();
  const { chainName, blockNumber, transaction, proof } = seed;
  const depth = proof.steps.length;
  return {
    outcome: 'confirmed',
    hash: { kind: 'digest', value: digest },
    seed,
    steps: [
      {
        id: 'digest-in-proof',
        label: 'The proof is for this digest',
        result: 'passed',
        detail: `The digest is ${digest}, which the proof marks as its hash, a leaf at depth ${depth}`,
      },
      {
        id: 'merkle-path',
        label: `Every node on the path was recomputed (${depth})`,
        result: 'passed',
        detail: `${depth} SHA-256 of two nodes each lead from the digest to the root`,
      },
      {
        id: 'transaction',
        label: `${chainName} has the transaction`,
        result: 'passed',
        detail: `${transaction} in block ${blockNumber}: it hashes to its name, and ${seed.writer} signed it; read from 127.0.0.1:4774`,
      },
      {
        id: 'root-on-chain',
        label: 'The transaction holds the root',
        result: 'passed',
        detail: `Root ${proof.root}: its 32 bytes are its whole input`,
      },
      {
        id: 'finality',
        label: 'The block is final (once it is in a block)',
        result: 'passed',
        detail: 'Final up to block 12051',
      },
    ],
    believed: [
      'One RPC endpoint (127.0.0.1:4774)',
      ...(seed.isLocal
        ? ['Whoever runs this computer: Hashmark local chain runs here only and proves nothing to strangers']
        : []),
    ],
    reason: `This digest is in the seed whose root stands in block ${blockNumber} of ${chainName}, written by ${seed.issuerName}, and every step was recomputed.`,
    checkedAtMs: galleryNowMs - 3000,
    ...overrides,
  };
}

/** A job that sends nothing but a digest. */
export function makeHashOnlyJob(overrides: Partial<JobView> = {}): JobView {
  const { groupId: _group, privacy: _privacy, ...job } = makeJob();
  return {
    ...job,
    method: 'hash-only',
    seed: { seedId: '0b9e7d52-6a0f-4a43-8d3e-7a1f3c9d2e10', currencyId: 1, status: 3, root },
    ...overrides,
  };
}

export function makeJob(overrides: Partial<JobView> = {}): JobView {
  return {
    id: 'job-1',
    kind: 'page',
    name: 'Minutes of the general assembly 2026',
    sourceUrl: 'https://example.org/minutes/2026',
    method: 'upload',
    privacy: 'private',
    createdAtMs: galleryNowMs - 2 * minuteMs,
    phase: 'done',
    fingerprint: { cid, digest, sizeBytes: 184_211 },
    hashedBy: 'native',
    groupId: 'group-1',
    transaction: '0x8c1f4a0f6c5c3f0d6a8e0b1f5a7c9e3d2b4f6081a3c5e7092b4d6f80a1c3e5f7',
    blockTimeSeconds: (galleryNowMs - minuteMs) / 1000,
    isSaved: true,
    canCancel: false,
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
