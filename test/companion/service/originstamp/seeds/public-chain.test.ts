import { describe, expect, it, onTestFinished } from 'vitest';

import { openLedger } from '../../../../../companion/service/ledger/database.ts';
import { chooseTenantChain } from '../../../../../companion/service/ledger/tenant-chains.ts';
import { createFolder } from '../../../../helpers/create-folder.ts';
import { eventually } from '../../../../helpers/eventually.ts';
import { openChainHome } from '../../../../helpers/local-chain.ts';
import { deployOn, openOn, openPublicNode } from '../../../../helpers/public-chain.ts';
import { addTenant, countRootAnchors, digestOf, expectRootOnChain, openSeeds } from './seeds-world.ts';

/** A node that mines when told, and a ledger on disk. */
async function openPublicWorld() {
  const node = await openPublicNode({ isManual: true });
  const deployed = await deployOn(node, { isManual: true });
  const ledger = openLedger(':memory:');
  onTestFinished(() => ledger.close());
  await addTenant(ledger);
  const folder = createFolder();
  const open = (overrides: Parameters<typeof openOn>[1] = {}) => {
    const chain = openOn(deployed, overrides);
    return { chain, ...openSeeds({ ledger, folder, chain, seedCloseSeconds: 0 }) };
  };
  return { node, deployed, ledger, open };
}

describe('seeds on a public chain', () => {
  it('become final by the rule of the chain', async () => {
    const { node, ledger, open } = await openPublicWorld();
    const { chain, ...seeds } = open();
    await seeds.start();
    const seq = await seeds.accept(digestOf('a'), digestOf('b'));
    await seeds.untilStatus(seq, 1);
    await node.tell('evm_mine');
    await seeds.untilStatus(seq, 2);
    await node.tell('anvil_mine', '0x2');
    await seeds.untilStatus(seq, 3);
    await expectRootOnChain(chain, seeds.stateOf(seq));
    expect(countRootAnchors(ledger)).toBe(1);
  });

  it('go back when a reorganisation takes their block, and forward again, in one transaction', async () => {
    const { node, ledger, open } = await openPublicWorld();
    const seeds = open();
    await seeds.start();
    const snapshot = await node.tell('evm_snapshot');
    const seq = await seeds.accept(digestOf('a'));
    await seeds.untilStatus(seq, 1);
    await node.tell('evm_mine');
    await seeds.untilStatus(seq, 2);
    const before = seeds.stateOf(seq);
    await node.tell('evm_revert', snapshot);
    await seeds.untilStatus(seq, 1);
    expect(seeds.stateOf(seq)).toMatchObject({ transaction: null, timestampMs: null, blockNumber: null });
    await eventually('it waits again', () => node.tell('eth_getTransactionByHash', before.transaction));
    await node.tell('anvil_mine', '0x3');
    await seeds.untilStatus(seq, 3);
    expect(seeds.stateOf(seq)).toMatchObject({ root: before.root, transaction: before.transaction });
    expect(countRootAnchors(ledger)).toBe(1);
  });

  it('send one transaction however often they are restarted', async () => {
    const { node, ledger, open } = await openPublicWorld();
    let seq = 0;
    const nonces = async () =>
      Number(await node.tell('eth_getTransactionCount', open().chain.wallet, 'latest'));
    const before = await nonces();
    for (const round of [0, 1, 2, 3]) {
      const seeds = open();
      await seeds.start();
      if (round === 0) seq = await seeds.accept(digestOf('a'));
      await eventually('there is an anchor', () => countRootAnchors(ledger) > 0);
      if (round > 0) await seeds.untilStatus(seq, 1);
      if (round === 2) await node.tell('anvil_dropAllTransactions');
      await seeds.stop();
    }
    const last = open();
    await last.start();
    await eventually('it is mined', async () => {
      await node.tell('anvil_mine', '0x1');
      return last.stateOf(seq).status === 3;
    });
    expect(await nonces()).toBe(before + 1);
    expect(countRootAnchors(ledger)).toBe(1);
  });

  it('go to the chain that is chosen when they close, by its default time', async () => {
    const { deployed, node } = await openPublicWorld();
    const { ledger, chain: local } = await openChainHome();
    await addTenant(ledger);
    let time = 1_000_000;
    const seeds = openSeeds({ ledger, folder: createFolder(), chain: local, now: () => time });
    await seeds.anchoring?.put(openOn(deployed));
    await ledger.write((db) => chooseTenantChain(db, 'acme', node.chainId));
    await seeds.start();
    const seq = await seeds.accept(digestOf('a'));
    time += 599_999;
    await seeds.accept(digestOf('b'));
    expect(seeds.stateOf(seq).chainId).toBeNull();
    time += 1;
    await seeds.stop();

    const again = openSeeds({ ledger, folder: createFolder(), chain: local, now: () => time });
    await again.anchoring?.put(openOn(deployed));
    await again.start();
    await again.untilStatus(seq, 1);
    expect(again.stateOf(seq)).toMatchObject({ chainId: node.chainId });

    await ledger.write((db) => chooseTenantChain(db, 'acme', undefined));
    const next = await again.accept(digestOf('c'));
    await again.stop();
    time += 3_000;
    const third = openSeeds({ ledger, folder: createFolder(), chain: local, now: () => time });
    await third.start();
    await third.untilStatus(next, 3);
    expect(third.stateOf(next)).toMatchObject({ chainId: local.id });
    expect(third.stateOf(seq)).toMatchObject({ status: 1, chainId: node.chainId });
  });
});
