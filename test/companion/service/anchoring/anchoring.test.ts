import { encodeFunctionData, keccak256, parseAbi } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { describe, expect, it, onTestFinished } from 'vitest';

import type { Chain } from '../../../../companion/chain/chain.ts';
import {
  type AnchorEvent,
  type AnchorRequest,
  createAnchoring,
} from '../../../../companion/service/anchoring/anchoring.ts';
import {
  findAnchor,
  insertAnchor,
  markMined,
  markSent,
  storeTransaction,
} from '../../../../companion/service/ledger/anchors.ts';
import { remainingCredits, setCreditBudget } from '../../../../companion/service/ledger/credits.ts';
import type { Ledger } from '../../../../companion/service/ledger/database.ts';
import { listRecordedStamps } from '../../../../companion/service/ledger/public-records.ts';
import { HashmarkError } from '../../../../shared/errors.ts';
import { eventually } from '../../../helpers/eventually.ts';
import {
  type ChainHome,
  createChainHome,
  meddle,
  openChainHome,
  writeValue,
} from '../../../helpers/local-chain.ts';

const cid = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';
const otherCid = 'QmS9JArPwa55ePgDnyg6TzX24mYTS1b1vLqWNebyVotKxQ';
const bundleCid = 'QmQJf7rXcjc4gb7D9xMxasPbnCMt29GpDSmLbbu4bFrVJX';
const enoughMs = 20_000;

/** A tenant with two groups of one file each: what a request refers to. */
async function fillLedger(ledger: Ledger): Promise<void> {
  await ledger.write((db) => {
    db.exec(`
      INSERT INTO tenants (id, name, api_key_hash, secret_key_hash, created_at) VALUES ('acme', 'Acme', x'01', x'02', 0);
      INSERT INTO groups (ref, tenant_id, group_id, name, network, created_at)
        VALUES (1, 'acme', 'diplomas', 'Diplomas', 'public', 0), (2, 'acme', 'letters', 'Letters', 'private', 0);
      INSERT INTO files (ref, group_ref, cid, name, size_bytes, mimetype, network, created_at)
        VALUES (11, 1, '${cid}', 'a.txt', 1, 'text/plain', 'public', 0), (12, 1, '${otherCid}', 'b.txt', 1, 'text/plain', 'public', 0),
               (21, 2, '${cid}', 'a.txt', 1, 'text/plain', 'private', 0);`);
  });
}

function diplomas(overrides: Partial<AnchorRequest> = {}): AnchorRequest {
  return {
    tenantId: 'acme',
    groupRef: 1,
    value: cid,
    isBundle: false,
    network: 'public',
    fileRefs: [11],
    ...overrides,
  };
}

interface World {
  /** Puts something between anchoring and the real chain. */
  wrap?: (chain: Chain) => Chain;
  home?: ChainHome;
  isNew?: boolean;
}

async function openWorld({ wrap = (chain) => chain, home = createChainHome(), isNew = true }: World = {}) {
  const patience = { requestMs: 1_000, probeMs: 300, callerMs: 10_000 };
  const { ledger, chain, close: closeHome } = await openChainHome(home, { patience });
  if (isNew) await fillLedger(ledger);
  const events: AnchorEvent[] = [];
  let announced = 0;
  const anchoring = createAnchoring({
    ledger,
    chain: wrap(chain),
    // Collected only when the transaction that holds it succeeds, like a row.
    appendEvent: (_db, event) => void events.push(event),
    announce: () => void announced++,
    log: () => undefined,
    pollMs: 5,
  });
  const close = async () => {
    await anchoring.stop();
    await closeHome();
  };
  onTestFinished(close);
  const stamp = async (input: AnchorRequest) => {
    const { ref } = await anchoring.request(input);
    return anchoring.waitFor(ref, enoughMs);
  };
  return { home, ledger, chain, anchoring, events, announced: () => announced, stamp, close };
}

/** How many values were ever written to the chain. */
async function countWrites(chain: Chain): Promise<number> {
  return Number((await chain.reader.getBlockNumber()) - chain.startBlock);
}

describe('request', () => {
  it('brings a value onto the chain and reports it once', async () => {
    const { anchoring, chain, events, announced, stamp } = await openWorld();
    anchoring.start();
    const view = await stamp(diplomas({ value: bundleCid, isBundle: true, fileRefs: [11, 12] }));
    const onChain = await chain.findValue(bundleCid);
    expect(view).toEqual({
      ref: view.ref,
      state: 'final',
      value: bundleCid,
      isBundle: true,
      contract: chain.contract,
      chainId: chain.id,
      txHash: onChain?.hash,
      blockNumber: Number(onChain?.blockNumber),
      blockTimeSeconds: onChain?.blockTimeSeconds,
      failure: null,
    });
    expect(events).toEqual([
      {
        tenantId: 'acme',
        type: 'collection.stamped',
        data: {
          group_id: 'diplomas',
          transaction_id: onChain?.hash,
          network: 'public',
          files_stamped: 2,
          postmark_hash: bundleCid,
          contract: chain.contract,
        },
      },
    ]);
    expect(announced()).toBe(1);
  });

  it('is recorded before anything is sent, and shows no transaction until there is one', async () => {
    const { anchoring, chain } = await openWorld();
    const view = await anchoring.request(diplomas());
    expect(view).toMatchObject({ state: 'built', txHash: null, blockNumber: null });
    expect(await anchoring.waitFor(view.ref, 20)).toEqual(view);
    expect(await countWrites(chain)).toBe(0);
  });

  it('makes one anchor of two requests at once for the same group', async () => {
    const { anchoring, chain, events } = await openWorld();
    anchoring.start();
    const views = await Promise.all([anchoring.request(diplomas()), anchoring.request(diplomas())]);
    expect(views[0].ref).toBe(views[1].ref);
    await anchoring.waitFor(views[0].ref, enoughMs);
    expect(await countWrites(chain)).toBe(1);
    expect(events).toHaveLength(1);
  });

  it('returns the stamp that a group already has, and makes a new one when its content changed', async () => {
    const { anchoring, chain, stamp } = await openWorld();
    anchoring.start();
    const first = await stamp(diplomas());
    expect(await anchoring.request(diplomas())).toEqual(first);
    const second = await stamp(diplomas({ value: bundleCid, isBundle: true, fileRefs: [11, 12] }));
    expect(second.ref).not.toBe(first.ref);
    // Back to the first content: another anchor, but what stands on the chain is found and not written again.
    const third = await stamp(diplomas());
    expect(third.ref).toBeGreaterThan(second.ref);
    expect(third).toMatchObject({
      state: 'final',
      txHash: first.txHash,
      blockTimeSeconds: first.blockTimeSeconds,
    });
    expect(await countWrites(chain)).toBe(2);
  });

  it('writes a value once when two groups want it at once', async () => {
    const { anchoring, chain, events, stamp } = await openWorld();
    anchoring.start();
    const [mine, theirs] = await Promise.all([
      stamp(diplomas()),
      stamp(diplomas({ groupRef: 2, network: 'private', fileRefs: [21] })),
    ]);
    expect(theirs).toMatchObject({ state: 'final', txHash: mine.txHash });
    expect(theirs.ref).not.toBe(mine.ref);
    expect(await countWrites(chain)).toBe(1);
    expect(events.map(({ data }) => data.group_id).sort()).toEqual(['diplomas', 'letters']);
  });

  it('brings many onto the chain in order', async () => {
    const { anchoring, chain, stamp } = await openWorld();
    anchoring.start();
    const views = await Promise.all(
      Array.from({ length: 60 }, (_, index) => stamp(diplomas({ value: `${cid}${index}` }))),
    );
    expect(views.every(({ state }) => state === 'final')).toBe(true);
    const blocks = views.map(({ blockNumber }) => blockNumber as number);
    expect(blocks).toEqual([...blocks].sort((a, b) => a - b));
    expect(await countWrites(chain)).toBe(60);
  });
});

describe('waitFor', () => {
  it('fails for an anchor that does not exist', async () => {
    const { anchoring } = await openWorld();
    await expect(anchoring.waitFor(99, 10)).rejects.toMatchObject({ code: 'unknown-anchor' });
  });

  it('ends when anchoring stops', async () => {
    const { anchoring } = await openWorld();
    const { ref } = await anchoring.request(diplomas());
    const waiting = anchoring.waitFor(ref, enoughMs);
    await anchoring.stop();
    expect(await waiting).toMatchObject({ state: 'built' });
  });
});

describe('a restart', () => {
  /** An anchor in the ledger as a crash left it, and anchoring on top of it. */
  async function resume(leave: (world: Awaited<ReturnType<typeof openWorld>>, ref: number) => Promise<void>) {
    const world = await openWorld();
    const { ledger, chain, anchoring } = world;
    const ref = await ledger.write((db) =>
      insertAnchor(db, { ...diplomas(), chainId: chain.id, contract: chain.contract, nowMs: 0 }),
    );
    await leave(world, ref);
    anchoring.start();
    const view = await anchoring.waitFor(ref, enoughMs);
    return { ...world, view };
  }

  it('goes on with an anchor that was only recorded', async () => {
    const { view, chain } = await resume(async () => undefined);
    expect(view.state).toBe('final');
    expect(await countWrites(chain)).toBe(1);
  });

  it('sends the transaction that was signed and not sent', async () => {
    let signed = '';
    const { view, chain, events } = await resume(async ({ ledger, chain }, ref) => {
      const transaction = await chain.prepare(cid);
      signed = transaction.hash;
      await ledger.write((db) => storeTransaction(db, ref, transaction, 0));
    });
    expect(view).toMatchObject({ state: 'final', txHash: signed });
    expect(await countWrites(chain)).toBe(1);
    expect(events).toHaveLength(1);
  });

  it('finds the transaction that was mined while the ledger did not hear of it', async () => {
    let mined = '';
    const { view, chain, events } = await resume(async ({ ledger, chain }, ref) => {
      const transaction = await chain.prepare(cid);
      mined = transaction.hash;
      await ledger.write((db) => storeTransaction(db, ref, transaction, 0));
      await chain.broadcast(transaction);
    });
    expect(view).toMatchObject({ state: 'final', txHash: mined });
    expect(await countWrites(chain)).toBe(1);
    expect(events).toHaveLength(1);
  });

  it('sends again what the ledger holds for sent and the chain does not know', async () => {
    const { view, chain } = await resume(async ({ ledger, chain }, ref) => {
      const transaction = await chain.prepare(cid);
      await ledger.write((db) => {
        storeTransaction(db, ref, transaction, 0);
        markSent(db, ref, 0);
      });
    });
    expect(view.state).toBe('final');
    expect(await countWrites(chain)).toBe(1);
  });

  it('signs anew what lost its nonce to another transaction', async () => {
    let stale = '';
    const { view, chain, ledger } = await resume(async ({ ledger, chain }, ref) => {
      const transaction = await chain.prepare(cid);
      stale = transaction.hash;
      await ledger.write((db) => storeTransaction(db, ref, transaction, 0));
      await writeValue(chain, otherCid);
    });
    expect(view.state).toBe('final');
    expect(view.txHash).not.toBe(stale);
    expect(await chain.findValue(cid)).toMatchObject({ hash: view.txHash });
    expect(findAnchor(ledger.db, view.ref)?.txHash).toBe(view.txHash);
    expect(await countWrites(chain)).toBe(2);
  });

  it('takes back a final anchor whose transaction does not exist, and makes it true', async () => {
    const { ledger, chain, anchoring, stamp } = await openWorld();
    const ref = await ledger.write((db) =>
      insertAnchor(db, { ...diplomas(), chainId: chain.id, contract: chain.contract, nowMs: 0 }),
    );
    const invented = `0x${'ab'.repeat(32)}`;
    await ledger.write((db) =>
      markMined(
        db,
        ref,
        'final',
        { txHash: invented, blockNumber: 9, blockHash: invented, blockTimeSeconds: 9, logIndex: 0 },
        0,
      ),
    );
    anchoring.start();
    const view = await eventually('the invented transaction is replaced', async () => {
      const seen = await anchoring.waitFor(ref, 10);
      return seen.txHash !== invented && seen.state === 'final' ? seen : undefined;
    });
    expect(await chain.findValue(cid)).toMatchObject({ hash: view.txHash });
    expect(await stamp(diplomas())).toEqual(view);
  });

  it('keeps everything over a close and an open of the same home', async () => {
    const first = await openWorld();
    first.anchoring.start();
    const view = await first.stamp(diplomas());
    const open = await first.anchoring.request(diplomas({ groupRef: 2, value: otherCid, fileRefs: [21] }));
    await first.close();

    const second = await openWorld({ home: first.home, isNew: false });
    second.anchoring.start();
    expect(await second.anchoring.waitFor(view.ref, enoughMs)).toEqual(view);
    expect(await second.anchoring.waitFor(open.ref, enoughMs)).toMatchObject({
      state: 'final',
      value: otherCid,
    });
    expect(await countWrites(second.chain)).toBe(2);
  });
});

describe('trouble with the chain', () => {
  it('waits while the node cannot be asked, and loses nothing', async () => {
    let isDown = true;
    const down = () => Promise.reject(new HashmarkError('chain-unavailable', 'down'));
    const { anchoring, chain, events } = await openWorld({
      wrap: (chain) => ({
        ...chain,
        findValue: (value) => (isDown ? down() : chain.findValue(value)),
        lookUp: (hash) => (isDown ? down() : chain.lookUp(hash)),
      }),
    });
    anchoring.start();
    const { ref } = await anchoring.request(diplomas());
    expect(await anchoring.waitFor(ref, 50)).toMatchObject({ state: 'built', txHash: null, failure: null });
    expect(events).toEqual([]);
    isDown = false;
    expect(await anchoring.waitFor(ref, enoughMs)).toMatchObject({ state: 'final' });
    expect(await countWrites(chain)).toBe(1);
  });

  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'writes once when the node gets %s in the middle',
    async (signal) => {
      const { anchoring, chain, stamp } = await openWorld();
      anchoring.start();
      await stamp(diplomas());
      process.kill(chain.nodePid() as number, signal);
      expect(await stamp(diplomas({ groupRef: 2, value: otherCid, fileRefs: [21] }))).toMatchObject({
        state: 'final',
      });
      expect(await countWrites(chain)).toBe(2);
    },
  );

  it('reports a transaction that the contract refuses, and lets the group try again', async () => {
    const { home, anchoring, chain, events, stamp } = await openWorld();
    anchoring.start();
    const account = privateKeyToAccount(home.walletKey);
    const raw = await account.signTransaction({
      type: 'eip1559',
      chainId: chain.id,
      nonce: 1,
      to: chain.contract,
      data: encodeFunctionData({
        abi: parseAbi(['function transferOwnership(address)']),
        args: ['0x00000000000000000000000000000000000000aa'],
      }),
      gas: 100_000n,
      maxFeePerGas: 0n,
      maxPriorityFeePerGas: 0n,
    });
    await chain.broadcast({ hash: keccak256(raw), raw, nonce: 1 });
    const view = await stamp(diplomas());
    expect(view).toMatchObject({
      state: 'failed',
      txHash: null,
      failure: expect.stringContaining('refused'),
    });
    expect(events).toEqual([
      {
        tenantId: 'acme',
        type: 'collection.stamp_failed',
        data: { group_id: 'diplomas', network: 'public', message: view.failure },
      },
    ]);
    expect((await anchoring.request(diplomas())).ref).not.toBe(view.ref);
  });

  it('goes on with the others when one cannot be advanced', async () => {
    const { anchoring, stamp } = await openWorld({
      wrap: (chain) => ({
        ...chain,
        prepare: (value) => (value === cid ? Promise.reject(new Error('odd')) : chain.prepare(value)),
      }),
    });
    anchoring.start();
    const odd = await anchoring.request(diplomas());
    expect(await stamp(diplomas({ groupRef: 2, value: otherCid, fileRefs: [21] }))).toMatchObject({
      state: 'final',
    });
    expect(await anchoring.waitFor(odd.ref, 10)).toMatchObject({ state: 'built' });
  });
});

describe('requestRoot', () => {
  const root = 'ab'.repeat(32);

  it('brings a root onto the chain without an event, a credit, or a place among the stamps', async () => {
    const { anchoring, ledger, chain, events, announced } = await openWorld();
    await ledger.write((db) => setCreditBudget(db, 5));
    anchoring.start();
    let ref = 0;
    await anchoring.requestRoot({ tenantId: 'acme', root }, (_db, anchorRef) => {
      ref = anchorRef;
    });
    const view = await anchoring.waitFor(ref, enoughMs);
    expect(view).toMatchObject({ state: 'final', value: root, isBundle: false });
    expect(await chain.findRoot?.(root)).toMatchObject({ hash: view.txHash, sender: chain.wallet });
    expect([events, announced()]).toEqual([[], 0]);
    expect(remainingCredits(ledger.db, 'acme')).toBe(5);
    expect(listRecordedStamps(ledger.db, root)).toEqual([]);
    expect(await chain.findValue(root)).toBeUndefined();
  });

  it('makes no anchor when whoever asks cannot keep its number', async () => {
    const { anchoring, chain } = await openWorld();
    anchoring.start();
    const refuse = () => {
      throw new Error('full');
    };
    await expect(anchoring.requestRoot({ tenantId: 'acme', root }, refuse)).rejects.toThrow('full');
    expect(anchoring.status().openAnchors).toBe(0);
    expect(await countWrites(chain)).toBe(0);
  });

  it('shares one row of nonces with the other stamps', async () => {
    const { anchoring, chain, ledger, stamp } = await openWorld();
    anchoring.start();
    const refs: number[] = [];
    await Promise.all([
      ...Array.from({ length: 10 }, (_, index) => stamp(diplomas({ value: `${cid}${index}` }))),
      ...Array.from({ length: 10 }, (_, index) =>
        anchoring.requestRoot(
          { tenantId: 'acme', root: `${index}`.repeat(64) },
          (_db, ref) => void refs.push(ref),
        ),
      ),
    ]);
    for (const ref of refs) expect(await anchoring.waitFor(ref, enoughMs)).toMatchObject({ state: 'final' });
    expect(await countWrites(chain)).toBe(20);
    expect(refs.map((ref) => findAnchor(ledger.db, ref)?.kind)).toEqual(Array(10).fill('root'));
  });

  it('takes back a final root whose transaction does not exist, says so, and makes it true', async () => {
    const { anchoring, ledger } = await openWorld();
    let ref = 0;
    let changes = 0;
    anchoring.onChange(() => void changes++);
    await anchoring.requestRoot({ tenantId: 'acme', root }, (_db, anchorRef) => {
      ref = anchorRef;
    });
    const invented = `0x${'cd'.repeat(32)}`;
    const block = {
      txHash: invented,
      blockNumber: 9,
      blockHash: invented,
      blockTimeSeconds: 9,
      logIndex: null,
    };
    await ledger.write((db) => markMined(db, ref, 'final', block, 0));
    anchoring.start();
    await eventually('the invented transaction is replaced', () => {
      const anchor = findAnchor(ledger.db, ref);
      return anchor?.state === 'final' && anchor.txHash !== invented;
    });
    expect(changes).toBeGreaterThan(1);
  });
});

describe('a chain that is not final at once', () => {
  it('moves from sent over mined to final', async () => {
    const { seen, wrap } = meddle({ isFinal: false });
    seen.override = { state: 'pending' };
    const { anchoring, ledger, events } = await openWorld({ wrap });
    anchoring.start();
    const { ref } = await anchoring.request(diplomas());
    const state = () => findAnchor(ledger.db, ref)?.state;
    await eventually('sent', () => state() === 'sent');
    expect(await anchoring.waitFor(ref, 10)).toMatchObject({
      txHash: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      blockNumber: null,
    });
    expect(events).toEqual([]);
    seen.override = undefined;
    expect(await anchoring.waitFor(ref, enoughMs)).toMatchObject({ state: 'mined' });
    expect(events).toHaveLength(1);
    seen.isFinal = true;
    await eventually('final', () => state() === 'final');
    expect(events).toHaveLength(1);
  });

  it('moves an anchor back when its block goes away, and forward again', async () => {
    const { seen, wrap } = meddle({ isFinal: false });
    const { anchoring, chain, ledger } = await openWorld({ wrap });
    anchoring.start();
    const { ref } = await anchoring.request(diplomas());
    const mined = await anchoring.waitFor(ref, enoughMs);
    expect(mined.state).toBe('mined');
    seen.override = { state: 'missing' };
    await eventually('back to sent', () => findAnchor(ledger.db, ref)?.state === 'sent');
    expect(await anchoring.waitFor(ref, 10)).toMatchObject({ blockNumber: null, blockTimeSeconds: null });
    seen.override = undefined;
    seen.isFinal = true;
    expect(await anchoring.waitFor(ref, enoughMs)).toEqual({ ...mined, state: 'final' });
    expect(await countWrites(chain)).toBe(1);
  });
});
