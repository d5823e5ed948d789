import { encodeBundle } from '../../../shared/evidence/bundle.ts';
import type { Network } from '../../../shared/wire/chainletter.ts';
import type { AnchorView } from '../anchoring/anchoring.ts';
import type { ServiceContext } from '../context.ts';
import { createKeyedMutex } from '../keyed-mutex.ts';
import { putContent } from '../ledger/contents.ts';
import { type LedgerFile, listFiles } from '../ledger/files.ts';
import { adoptNetwork, findGroupByRef, type Group } from '../ledger/groups.ts';
import { dropQueuedStamp, findNewestAnchor, listQueuedStamps, queueStamp } from '../ledger/stamps.ts';
import { Refusal } from '../refusal.ts';
import { defaultNetwork } from './group-reference.ts';

/** What became of the stamp of a group. */
export interface GroupStamp {
  message: string;
  filesStamped: number;
  network: Network;
  /** Null until a transaction was sent: it is never made up. */
  transactionId: string | null;
  /** The CID on chain, or on its way there. */
  postmarkCid: string;
  contract: string | null;
  /** False only when the stamp is in a block. */
  isPending: boolean;
}

/**
 * What happens at once is put in an order, per group. A stamp covers every file whose upload was answered before the
 * stamp was asked for; one that is still on its way is in it or not, and then in the next. Stamps of the same files
 * share one anchor, however many ask. A deletion comes before a stamp, which then does not cover the file, or after it,
 * and is then refused as that of a stamped file.
 */
export interface Stamping {
  /**
   * Stamps the group's live files, those of `network` when stated, and waits a while for the block. The same files
   * again make no second transaction.
   * @throws Refusal 400 when there is nothing to stamp, 402 when the budget is used up, 502 when the chain refused the transaction.
   */
  stampGroup(group: Group, network: Network | undefined): Promise<GroupStamp>;
  /** Does work that must not come between the choice of a group's files and their anchor, such as a deletion. */
  inTurn<T>(groupRef: number, work: () => Promise<T>): Promise<T>;
  /** Turns what was queued while there was no chain into anchors. */
  takeUpQueue(): Promise<void>;
}

interface Target {
  /** The CID that goes on chain. */
  value: string;
  isBundle: boolean;
  files: LedgerFile[];
}

/** The one place where groups are stamped: whoever stamps past it is in nobody's order. */
export function createStamping(context: ServiceContext): Stamping {
  const { ledger, content, credits, anchoring, settings, log, now } = context;
  // Two stamps of one group at once would each build their own bundle: the second finds what the first made.
  const oneAtATime = createKeyedMutex<number>();

  async function stampGroup(group: Group, network: Network | undefined): Promise<GroupStamp> {
    const { target, anchor, wasMined } = await oneAtATime(group.ref, () => anchorGroup(group, network));
    const shared = {
      filesStamped: target.files.length,
      network: network ?? group.network ?? defaultNetwork,
      postmarkCid: target.value,
    };
    if (!anchoring || !anchor) {
      const message =
        'Collection stamp is queued: this service has no chain configured, and stamps it when it has one';
      return { ...shared, message, transactionId: null, contract: null, isPending: true };
    }
    const view = wasMined ? anchor : await anchoring.waitFor(anchor.ref, settings.stampWaitMs);
    return { ...shared, ...describe(view, wasMined) };
  }

  async function anchorGroup(
    group: Group,
    network: Network | undefined,
  ): Promise<{ target: Target; anchor: AnchorView | undefined; wasMined: boolean }> {
    const { tenantId } = group;
    // Its first stamp costs a credit, and choosing its network publishes its files: not for a stamp that is refused.
    if (anchoring && group.network === null) credits.check(tenantId);
    const target = await prepareTarget(group, network);
    if (!anchoring) {
      await ledger.write((db) =>
        queueStamp(db, { groupRef: group.ref, tenantId, network: network ?? null }, now()),
      );
      return { target, anchor: undefined, wasMined: false };
    }
    const before = findNewestAnchor(ledger.db, group.ref);
    const request = {
      tenantId,
      groupRef: group.ref,
      value: target.value,
      isBundle: target.isBundle,
      network: network ?? group.network ?? defaultNetwork,
      fileRefs: target.files.map((file) => file.ref),
    };
    const isFree = before?.value === target.value;
    const anchor = await credits.pay(tenantId, isFree, () => anchoring.request(request));
    return { target, anchor, wasMined: before?.ref === anchor.ref && before.isMined };
  }

  /** Settles the network of a provisional group, chooses the files, and stores their bundle when there is more than one. */
  async function prepareTarget(group: Group, network: Network | undefined): Promise<Target> {
    const { files, bundle } = await ledger.write((db) => {
      const current = findGroupByRef(db, group.ref) ?? group;
      if (current.network === null) {
        const stated = network === 'none' ? undefined : network;
        const hasFiles = listFiles(db, group.ref).some(isStampable);
        // A refused stamp must not publish anything: an empty group stays provisional.
        if (hasFiles) adoptNetwork(db, group.ref, stated ?? defaultNetwork);
      }
      const files = listFiles(db, group.ref).filter(
        (file) => isStampable(file) && (network === undefined || file.network === network),
      );
      if (files.length === 0) throw new Refusal(400, 'No files found in group to stamp');
      const bundle =
        files.length > 1
          ? encodeBundle(files.map(({ cid, digest }) => (digest === null ? { cid } : { cid, digest })))
          : undefined;
      return { files, bundle };
    });
    const [only] = files;
    if (!bundle) return { value: only?.cid ?? '', isBundle: false, files };
    const fingerprint = await content.put(bundle);
    await ledger.write((db) =>
      putContent(db, { ...fingerprint, mimetype: 'application/json', isBundle: true }, now()),
    );
    return { value: fingerprint.cid, isBundle: true, files };
  }

  function isStampable(file: LedgerFile): boolean {
    return file.network !== 'none' || settings.stampsRegisteredHashes;
  }

  return {
    stampGroup,
    inTurn: oneAtATime,
    async takeUpQueue() {
      if (!anchoring) return;
      for (const queued of listQueuedStamps(ledger.db)) {
        const group = findGroupByRef(ledger.db, queued.groupRef);
        try {
          if (group) await oneAtATime(group.ref, () => anchorGroup(group, queued.network ?? undefined));
        } catch (error) {
          // Its files may be gone by now; anything else, a spent budget too, is worth another try at the next start.
          log('warn', 'A queued stamp could not be taken up', { group: group?.groupId, error });
          if (!(error instanceof Refusal) || error.status === 402) continue;
        }
        await ledger.write((db) => dropQueuedStamp(db, queued.groupRef));
      }
    },
  };
}

function describe(
  view: AnchorView,
  wasMined: boolean,
): Pick<GroupStamp, 'message' | 'transactionId' | 'contract' | 'isPending'> {
  const shared = { transactionId: view.txHash, contract: view.contract };
  switch (view.state) {
    case 'mined':
    case 'final':
      return {
        ...shared,
        message: wasMined ? 'Collection already stamped' : 'Collection stamped successfully',
        isPending: false,
      };
    case 'failed':
      throw new Refusal(502, `Stamping failed: ${view.failure ?? 'the chain refused the transaction'}.`, {
        transaction_id: view.txHash,
      });
    default:
      return {
        ...shared,
        message: 'Collection stamp is pending: it is on its way to the chain',
        isPending: true,
      };
  }
}
