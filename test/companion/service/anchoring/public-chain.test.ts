import { numberToHex } from 'viem';
import { describe, expect, it, onTestFinished } from 'vitest';

import { registryAbi } from '../../../../companion/chain/contract/abi.ts';
import { feesOf } from '../../../../companion/chain/fees.ts';
import type { RemoteChain } from '../../../../companion/chain/remote-chain.ts';
import {
  type AnchorEvent,
  type Anchoring,
  type AnchorRequest,
  createAnchoring,
} from '../../../../companion/service/anchoring/anchoring.ts';
import { createChainRouter } from '../../../../companion/service/anchoring/chain-router.ts';
import { findAnchor, listReplaced } from '../../../../companion/service/ledger/anchors.ts';
import { createLogStore } from '../../../../companion/service/ledger/chain-logs.ts';
import { type Ledger, openLedger } from '../../../../companion/service/ledger/database.ts';
import { chooseTenantChain } from '../../../../companion/service/ledger/tenant-chains.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { openChainHome } from '../../../helpers/local-chain.ts';
import {
  deployOn,
  gwei,
  openOn,
  openProxy,
  openPublicNode,
  type PublicNode,
  type PublicNodeOptions,
} from '../../../helpers/public-chain.ts';

const cids = [
  'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD',
  'QmS9JArPwa55ePgDnyg6TzX24mYTS1b1vLqWNebyVotKxQ',
  'QmQJf7rXcjc4gb7D9xMxasPbnCMt29GpDSmLbbu4bFrVJX',
] as const;
const enoughMs = 20_000;

function openTestLedger(): Ledger {
  const ledger = openLedger(':memory:');
  onTestFinished(() => ledger.close());
  ledger.db.exec(`
    INSERT INTO tenants (id, name, api_key_hash, secret_key_hash, created_at)
      VALUES ('acme', 'Acme', x'01', x'02', 0), ('beta', 'Beta', x'03', x'04', 0);
    INSERT INTO groups (ref, tenant_id, group_id, name, network, created_at)
      VALUES (1, 'acme', 'a', 'A', 'public', 0), (2, 'acme', 'b', 'B', 'public', 0), (3, 'acme', 'c', 'C', 'public', 0),
             (4, 'beta', 'd', 'D', 'public', 0);`);
  return ledger;
}

const requestFor = (position: number, overrides: Partial<AnchorRequest> = {}): AnchorRequest => ({
  tenantId: 'acme',
  groupRef: position + 1,
  value: cids[position] as string,
  isBundle: false,
  network: 'public',
  fileRefs: [],
  ...overrides,
});

interface World {
  node: PublicNode;
  deployed: Awaited<ReturnType<typeof deployOn>>;
  ledger: Ledger;
  events: AnchorEvent[];
  /** What the log warned of. */
  warnings: string[];
  /** Opens chain and anchoring on the ledger, as a start does. */
  open(overrides?: Parameters<typeof openOn>[1]): { chain: RemoteChain; anchoring: Anchoring };
  /** How often each value stands in the contract's logs. */
  countLogs(): Promise<Record<string, number>>;
}

async function openWorld(options: PublicNodeOptions = {}): Promise<World> {
  const node = await openPublicNode(options);
  const deployed = await deployOn(node, { isManual: options.isManual ?? false });
  const ledger = openTestLedger();
  const events: AnchorEvent[] = [];
  const warnings: string[] = [];
  return {
    node,
    deployed,
    ledger,
    events,
    warnings,
    open(overrides = {}) {
      const logs = createLogStore(ledger, node.chainId, deployed.contract);
      const chain = openOn(deployed, { logs, ...overrides });
      const anchoring = openAnchoring(ledger, chain, events, warnings);
      anchoring.start();
      return { chain, anchoring };
    },
    async countLogs() {
      const logs = await openOn(deployed).reader.getContractEvents({
        address: deployed.contract,
        abi: registryAbi,
        eventName: 'MappingUpdated',
        fromBlock: 0n,
      });
      const counts: Record<string, number> = {};
      for (const { args } of logs) counts[args.value ?? ''] = (counts[args.value ?? ''] ?? 0) + 1;
      return counts;
    },
  };
}

function openAnchoring(
  ledger: Ledger,
  chain: Parameters<typeof createAnchoring>[0]['chain'],
  events: AnchorEvent[],
  warnings: string[] = [],
) {
  const anchoring = createAnchoring({
    ledger,
    chain,
    appendEvent: (_db, event) => void events.push(event),
    announce: () => undefined,
    log: (level, message) => {
      if (level === 'warn') warnings.push(message);
    },
    pollMs: 20,
  });
  onTestFinished(() => anchoring.stop());
  return anchoring;
}

const stateOf = ({ ledger }: World, ref: number) => findAnchor(ledger.db, ref)?.state;
const untilState = (world: World, ref: number, state: string) =>
  eventually(`anchor ${ref} is ${state}`, () => stateOf(world, ref) === state);

describe('a chain that mines on an interval', () => {
  it('should bring several values onto it at once, in order, and finalise them', async () => {
    const world = await openWorld({ blockTimeSeconds: 1 });
    const { anchoring } = world.open({ finality: { kind: 'confirmations', blocks: 2 } });
    const refs = await Promise.all([0, 1, 2].map(async (n) => (await anchoring.request(requestFor(n))).ref));
    for (const ref of refs) {
      expect(await anchoring.waitFor(ref, enoughMs)).toMatchObject({
        state: expect.stringMatching(/mined|final/),
      });
      await untilState(world, ref, 'final');
    }
    expect(await world.countLogs()).toEqual({ [cids[0]]: 1, [cids[1]]: 1, [cids[2]]: 1 });
    expect(world.events.map(({ type }) => type)).toEqual(Array(3).fill('collection.stamped'));
    expect(anchoring.status()).toEqual({ openAnchors: 0, waitingFor: null });
  });
});

describe('a transaction that gets lost', () => {
  it('should be sent again as it is, also those behind it', async () => {
    const world = await openWorld({ isManual: true });
    const { anchoring } = world.open();
    const first = await anchoring.request(requestFor(0));
    const second = await anchoring.request(requestFor(1));
    await untilState(world, second.ref, 'sent');
    const hashes = [first, second].map(({ ref }) => findAnchor(world.ledger.db, ref)?.txHash);
    await world.node.tell('anvil_dropAllTransactions');
    await eventually('both are there again', async () => {
      const found = await Promise.all(
        hashes.map((hash) => world.node.tell('eth_getTransactionByHash', hash)),
      );
      return found.every(Boolean);
    });
    await world.node.tell('evm_mine');
    expect(await anchoring.waitFor(second.ref, enoughMs)).toMatchObject({
      state: 'mined',
      txHash: hashes[1],
    });
    expect(await world.countLogs()).toEqual({ [cids[0]]: 1, [cids[1]]: 1 });
  });
});

describe('a transaction that is stuck', () => {
  it('should be replaced with the same nonce and a higher fee, and both remembered', async () => {
    const world = await openWorld({ isManual: true });
    const { anchoring, chain } = world.open({ stuckAfterMs: 100 });
    const { ref } = await anchoring.request(requestFor(0));
    await untilState(world, ref, 'sent');
    const first = findAnchor(world.ledger.db, ref);
    await eventually('it is replaced', () => listReplaced(world.ledger.db, ref).length > 0);
    const present = findAnchor(world.ledger.db, ref);
    expect(present?.txNonce).toBe(first?.txNonce);
    expect(listReplaced(world.ledger.db, ref).at(-1)?.hash).toBe(first?.txHash);
    const [before, after] = [first, present].map(
      (anchor) => feesOf(anchor?.txRaw as `0x${string}`).maxFeePerGas,
    );
    expect(after).toBeGreaterThan(((before ?? 0n) * 110n) / 100n);
    await world.node.tell('evm_mine');
    const view = await anchoring.waitFor(ref, enoughMs);
    expect(view).toMatchObject({ state: 'mined' });
    expect(await chain.findValue(cids[0])).toMatchObject({ hash: view.txHash });
    expect(await world.countLogs()).toEqual({ [cids[0]]: 1 });
  });

  it('should be recognised when the replaced version is the one that is mined', async () => {
    const world = await openWorld({ isManual: true });
    const { anchoring } = world.open({ stuckAfterMs: 100 });
    const { ref } = await anchoring.request(requestFor(0));
    await untilState(world, ref, 'sent');
    await eventually('it is replaced', () => listReplaced(world.ledger.db, ref).length > 0);
    // The block's maker had only heard of the first one.
    const [old] = listReplaced(world.ledger.db, ref).slice(-1);
    await world.node.tell('anvil_dropAllTransactions');
    await world.node.tell('eth_sendRawTransaction', old?.raw).catch(() => undefined);
    await world.node.tell('evm_mine');
    const view = await anchoring.waitFor(ref, enoughMs);
    expect(view.state).toBe('mined');
    const receipt = await world.node.tell('eth_getTransactionReceipt', view.txHash);
    expect(receipt).toMatchObject({ status: '0x1' });
    expect(await world.countLogs()).toEqual({ [cids[0]]: 1 });
    expect(world.events).toHaveLength(1);
  });

  it('should not be replaced beyond the ceiling', async () => {
    const world = await openWorld({ isManual: true });
    const probe = await openOn(world.deployed).prepare(cids[0]);
    world.deployed.network.maxFeePerGasWei = feesOf(probe.raw).maxFeePerGas;
    const { anchoring } = world.open({ stuckAfterMs: 50 });
    const { ref } = await anchoring.request(requestFor(0));
    await untilState(world, ref, 'sent');
    expect(await anchoring.waitFor(ref, 300)).toMatchObject({ state: 'sent' });
    expect(listReplaced(world.ledger.db, ref)).toEqual([]);
  });
});

describe('money', () => {
  it('should wait for the fee to fall, say so, and go on by itself', async () => {
    const world = await openWorld();
    await world.node.tell('anvil_setNextBlockBaseFeePerGas', numberToHex(500n * gwei));
    await world.node.tell('evm_mine');
    const { anchoring } = world.open();
    const { ref } = await anchoring.request(requestFor(0));
    await eventually('it says that it waits', () => anchoring.status().waitingFor);
    expect(anchoring.status()).toEqual({
      openAnchors: 1,
      waitingFor: expect.stringContaining('your ceiling is 100'),
    });
    expect(stateOf(world, ref)).toBe('built');
    await world.node.tell('anvil_setNextBlockBaseFeePerGas', numberToHex(gwei));
    await world.node.tell('evm_mine');
    expect(await anchoring.waitFor(ref, enoughMs)).toMatchObject({ state: 'mined' });
    expect(anchoring.status().waitingFor).toBeNull();
    expect(world.events).toHaveLength(1);
  });

  it('should wait for an empty wallet to be filled', async () => {
    const world = await openWorld();
    const { anchoring, chain } = world.open();
    await world.node.fund(chain.wallet, '0');
    const { ref } = await anchoring.request(requestFor(0));
    await eventually('it says that it waits', () => anchoring.status().waitingFor?.includes(chain.wallet));
    await world.node.fund(chain.wallet);
    expect(await anchoring.waitFor(ref, enoughMs)).toMatchObject({ state: 'mined' });
  });
});

describe('a reorganisation', () => {
  it('should bring the anchor back, and forward again by the same transaction', async () => {
    const world = await openWorld();
    const { anchoring } = world.open();
    const snapshot = await world.node.tell('evm_snapshot');
    const { ref } = await anchoring.request(requestFor(0));
    const before = await anchoring.waitFor(ref, enoughMs);
    expect(before.state).toBe('mined');
    await world.node.tell('evm_revert', snapshot);
    await world.node.tell('anvil_mine', '0x1', '0x9');
    const after = await eventually('it is in another block', () => {
      const anchor = findAnchor(world.ledger.db, ref);
      return anchor?.state === 'mined' && anchor.blockNumber !== before.blockNumber ? anchor : undefined;
    });
    expect(after.txHash).toBe(before.txHash);
    await world.node.tell('anvil_mine', '0x5');
    await untilState(world, ref, 'final');
    expect(await world.countLogs()).toEqual({ [cids[0]]: 1 });
  });
});

describe('a reorganisation deeper than the rule of finality', () => {
  it('should be noticed by those that wait behind what it dropped, and healed without a restart', async () => {
    const world = await openWorld();
    const { anchoring } = world.open({ stuckAfterMs: 50 });
    const dropped = await anchoring.request(requestFor(0));
    await untilState(world, dropped.ref, 'mined');
    await world.node.tell('anvil_mine', '0x8');
    await untilState(world, dropped.ref, 'final');
    const root = 'a7'.repeat(32);
    let rootRef = 0;
    await anchoring.requestRoot({ tenantId: 'acme', root }, (_db, ref) => {
      rootRef = ref;
    });
    await untilState(world, rootRef, 'mined');
    await world.node.tell('anvil_mine', '0x8');
    await untilState(world, rootRef, 'final');
    const hashes = [dropped.ref, rootRef].map((ref) => findAnchor(world.ledger.db, ref)?.txHash);
    // The contract stays, both transactions go.
    await world.node.tell('anvil_reorg', 18, []);
    expect(await world.node.tell('eth_getTransactionReceipt', hashes[0])).toBeNull();
    expect(stateOf(world, dropped.ref)).toBe('final');

    const behind = await anchoring.request(requestFor(1));
    await eventually('all are in a block', () =>
      [dropped.ref, rootRef, behind.ref].every((ref) => /mined|final/.test(stateOf(world, ref) ?? '')),
    );
    expect([dropped.ref, rootRef].map((ref) => findAnchor(world.ledger.db, ref)?.txHash)).toEqual(hashes);
    expect(world.warnings.filter((message) => message.includes('waits for one before it'))).not.toEqual([]);
    await world.node.tell('anvil_mine', '0x8');
    for (const ref of [dropped.ref, rootRef, behind.ref]) await untilState(world, ref, 'final');
    expect(await world.countLogs()).toEqual({ [cids[0]]: 1, [cids[1]]: 1 });
  });
});

describe('a node in trouble', () => {
  it('should cost a hang nothing but time', async () => {
    const world = await openWorld({ blockTimeSeconds: 1 });
    const { anchoring } = world.open({ requestMs: 200 });
    const first = await anchoring.request(requestFor(0));
    process.kill(world.node.pid, 'SIGSTOP');
    const second = await anchoring.request(requestFor(1));
    await eventually('it says that it waits', () => anchoring.status().waitingFor);
    process.kill(world.node.pid, 'SIGCONT');
    for (const { ref } of [first, second]) {
      expect(await anchoring.waitFor(ref, enoughMs)).toMatchObject({ state: 'mined' });
    }
    expect(await world.countLogs()).toEqual({ [cids[0]]: 1, [cids[1]]: 1 });
  });

  it('should write once when the answer to sending gets lost', async () => {
    const world = await openWorld();
    let lost = 0;
    const proxy = await openProxy(world.node, ({ method }, ask) => {
      if (method !== 'eth_sendRawTransaction' || lost > 0) return undefined;
      lost++;
      return ask().then(() => new Promise(() => undefined));
    });
    const { anchoring } = world.open({ rpcUrls: [proxy.url], requestMs: 200 });
    const { ref } = await anchoring.request(requestFor(0));
    expect(await anchoring.waitFor(ref, enoughMs)).toMatchObject({ state: 'mined' });
    expect(lost).toBe(1);
    expect(await world.countLogs()).toEqual({ [cids[0]]: 1 });
  });

  it('should write once when a node accepts everything and shows nothing', async () => {
    const world = await openWorld();
    const proxy = await openProxy(world.node, ({ method }) =>
      /Receipt|TransactionByHash/.test(method) ? Promise.resolve(null) : undefined,
    );
    const { anchoring } = world.open({ rpcUrls: [proxy.url], stuckAfterMs: 50 });
    const { ref } = await anchoring.request(requestFor(0));
    await untilState(world, ref, 'sent');
    await world.node.tell('anvil_mine', '0x9');
    expect(await anchoring.waitFor(ref, 300)).toMatchObject({ state: expect.stringMatching(/sent|built/) });
    proxy.meddle = () => undefined;
    await untilState(world, ref, 'final');
    expect(await world.countLogs()).toEqual({ [cids[0]]: 1 });
  });

  it('should go on after a restart at any moment', async () => {
    const world = await openWorld({ blockTimeSeconds: 1 });
    for (let round = 0; round < 6; round++) {
      const { anchoring, chain } = world.open({ requestMs: 500 });
      await anchoring.request(requestFor(round % 3));
      await anchoring.waitFor(1, round * 23);
      // First the connection, as a crash would: whatever is under way is cut off.
      await chain.close();
      await anchoring.stop();
    }
    const { anchoring } = world.open();
    for (const ref of [1, 2, 3]) {
      expect(await anchoring.waitFor(ref, enoughMs)).toMatchObject({
        state: expect.stringMatching(/mined|final/),
      });
    }
    expect(await world.countLogs()).toEqual({ [cids[0]]: 1, [cids[1]]: 1, [cids[2]]: 1 });
  });
});

describe('several chains side by side', () => {
  it('should give every tenant the chain that it chose', async () => {
    const { ledger, chain: local } = await openChainHome();
    ledger.db.exec(`
      INSERT INTO tenants (id, name, api_key_hash, secret_key_hash, created_at)
        VALUES ('acme', 'Acme', x'01', x'02', 0), ('beta', 'Beta', x'03', x'04', 0);
      INSERT INTO groups (ref, tenant_id, group_id, name, network, created_at)
        VALUES (1, 'acme', 'a', 'A', 'public', 0), (4, 'beta', 'd', 'D', 'public', 0);`);
    const node = await openPublicNode();
    const deployed = await deployOn(node);
    const router = createChainRouter({
      ledger,
      defaultChain: local,
      open: (chain) => openAnchoring(ledger, chain, []),
    });
    onTestFinished(() => router.stop());
    router.start();
    const stampOfBeta = requestFor(0, { tenantId: 'beta', groupRef: 4 });
    await ledger.write((db) => chooseTenantChain(db, 'beta', node.chainId));
    await expect(router.request(stampOfBeta)).rejects.toMatchObject({ code: 'chain-unavailable' });

    await router.put(openOn(deployed));
    const [mine, theirs] = await Promise.all([router.request(requestFor(0)), router.request(stampOfBeta)]);
    expect(await router.waitFor(mine.ref, enoughMs)).toMatchObject({ chainId: local.id, state: 'final' });
    expect(await router.waitFor(theirs.ref, enoughMs)).toMatchObject({
      chainId: node.chainId,
      state: 'mined',
    });
    expect([...router.statuses().keys()]).toEqual([local.id, node.chainId]);

    // Back on the default chain: the same group is stamped there too, what stands elsewhere stays.
    await ledger.write((db) => chooseTenantChain(db, 'beta', undefined));
    const again = await router.request(stampOfBeta);
    expect(await router.waitFor(again.ref, enoughMs)).toMatchObject({ chainId: local.id });
    await router.drop(node.chainId);
    expect([...router.statuses().keys()]).toEqual([local.id]);
  });
});
