import { describe, expect, it } from 'vitest';

import { openLedger } from '../../../../../companion/service/ledger/database.ts';
import { HashmarkError } from '../../../../../shared/errors.ts';
import { eventually } from '../../../../helpers/eventually.ts';
import { meddle } from '../../../../helpers/local-chain.ts';
import {
  addTenant,
  countRootAnchors,
  digestOf,
  ethereum,
  expectRootOnChain,
  openLocalWorld,
  openSeeds,
} from './seeds-world.ts';

const [a, b, c] = ['a', 'b', 'c'].map(digestOf) as [string, string, string];

/** Closes the open seed at once, without waiting for its time. */
const quick = { seedCloseSeconds: 0 };

describe('a seed', () => {
  it('goes from queued to final, and every digest in it has a proof that leads to the root on the chain', async () => {
    const world = await openLocalWorld({ seedCloseSeconds: 60, seedCloseDigests: 3 });
    await world.start();
    const seq = await world.accept(a, b);
    expect(world.stateOf(seq)).toEqual({
      seedId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      currencyId: ethereum,
      status: 0,
      root: null,
      transaction: null,
      timestampMs: null,
      chainId: null,
      blockNumber: null,
      blockHash: null,
      wallet: null,
    });
    await world.accept(c);
    await world.untilStatus(seq, 3);

    const state = world.stateOf(seq);
    expect(state).toMatchObject({ chainId: world.chain.id, wallet: world.chain.wallet });
    await expectRootOnChain(world.chain, state);
    const block = await world.chain.reader.getBlock({ blockNumber: BigInt(state.blockNumber as number) });
    expect(state.timestampMs).toBe(Number(block.timestamp) * 1000);
    for (const [index, digest] of [a, b, c].entries()) {
      const proof = await world.seeds.proofOf(digest, seq + index, ethereum);
      expect(proof).toMatchObject({ leaf: digest, root: state.root });
      expect(proof.steps).toHaveLength(2);
    }
    expect(world.seeds.find(state.seedId.toUpperCase())).toEqual(state);
  });

  it('of a single digest pairs it with itself', async () => {
    const world = await openLocalWorld(quick);
    await world.start();
    const seq = await world.accept(a);
    await world.untilStatus(seq, 3);
    expect(await world.seeds.proofOf(a, seq, ethereum)).toEqual({
      leaf: a,
      steps: [{ sibling: a, side: 'right' }],
      root: digestOf(a + a),
    });
    expect(world.stateOf(seq).root).toBe(digestOf(a + a));
  });

  it('tells of its end once, and reports nothing to the other API', async () => {
    const world = await openLocalWorld(quick);
    await world.start();
    const seq = await world.accept(a, b);
    await eventually('told', () => world.told.length > 0);
    expect(world.told).toEqual([{ ...world.stateOf(seq), firstSeq: seq, lastSeq: seq + 1 }]);
    expect(world.stateOf(seq).status).toBe(3);
    await world.accept(c);
    await eventually('told of the next', () => world.told.length > 1);
    expect(world.told).toHaveLength(2);
    expect(world.events).toEqual([]);
    expect(countRootAnchors(world.ledger)).toBe(2);
  });
});

describe('join', () => {
  it('closes a full seed at once, and puts the rest of a request into the next ones', async () => {
    const world = await openLocalWorld({ seedCloseSeconds: 60, seedCloseDigests: 2 });
    const first = await world.accept(a);
    const last = await world.accept(...['b', 'c', 'd', 'e', 'f', 'g'].map(digestOf));
    const ids = Array.from({ length: 7 }, (_, index) => world.stateOf(first + index).seedId);
    expect(last).toBe(first + 1);
    expect(ids.map((id) => ids.indexOf(id))).toEqual([0, 0, 2, 2, 4, 4, 6]);
    // The last one has room for one more, and for no other.
    const more = await world.accept(digestOf('h'), digestOf('i'));
    expect(world.stateOf(more).seedId).toBe(ids[6]);
    expect(world.stateOf(more + 1).seedId).not.toBe(ids[6]);
  });

  it('leaves nothing behind when the transaction fails', async () => {
    const world = await openLocalWorld();
    await expect(
      world.ledger.write((db) => {
        world.seeds.join(db, 1, 1);
        throw new Error('refused');
      }),
    ).rejects.toThrow('refused');
    expect(world.seeds.statesOf(1)).toEqual([]);
  });

  it('puts a digest in no seed while there is no chain, and offers no currency', async () => {
    const ledger = openLedger(':memory:');
    await addTenant(ledger);
    const world = openSeeds({ ledger, folder: '/nowhere', chain: undefined });
    const seq = await world.accept(a);
    expect(world.seeds.currencies()).toEqual([]);
    expect(world.seeds.statesOf(seq)).toEqual([]);
    await expect(world.seeds.proofOf(a, seq, ethereum)).rejects.toMatchObject({ code: 'proof-unavailable' });
    await ledger.close();
  });
});

describe('closing by time', () => {
  it('counts from the first digest, over a restart, by the clock', async () => {
    let time = 1_000_000;
    const now = () => time;
    const first = await openLocalWorld({ seedCloseSeconds: 10, now });
    await first.start();
    const seq = await first.accept(a);
    time += 6_000;
    await first.accept(b);
    await first.close();

    time += 3_999;
    const second = await openLocalWorld({ home: first.home, seedCloseSeconds: 10, now });
    await second.start();
    expect(second.stateOf(seq)).toMatchObject({ status: 0, chainId: null });
    await second.close();

    time += 1;
    const third = await openLocalWorld({ home: first.home, seedCloseSeconds: 10, now });
    await third.start();
    await third.untilStatus(seq, 3);
    expect(third.stateOf(seq + 1)).toEqual(third.stateOf(seq));
  });

  it.each([
    ['seedCloseSeconds', { seedCloseSeconds: 0 }],
    ['seedCloseDigests', { seedCloseDigests: 2 }],
  ])('closes when %s is lowered, without another digest', async (_, lowered) => {
    let looks = 0;
    const now = () => {
      looks += 1;
      return Date.now();
    };
    const world = await openLocalWorld({ seedCloseSeconds: 600, seedCloseDigests: 1_000, now });
    await world.start();
    const seq = await world.accept(a, b);
    // To fall asleep, for two digests, for their seed, for its closing, and to fall asleep again.
    await eventually('its closing is planned', () => looks >= 6);
    Object.assign(world.settings, lowered);
    await world.untilStatus(seq, 3);
  });

  it('does not wait for a clock that went back', async () => {
    let time = 1_000_000;
    const world = await openLocalWorld({ seedCloseSeconds: 10, now: () => time });
    const seq = await world.accept(a);
    time = 500_000;
    await world.start();
    await world.untilStatus(seq, 3);
  });

  it('goes on collecting while the chain takes nothing, so that less has to be paid in the end', async () => {
    let isPoor = true;
    const world = await openLocalWorld({
      ...quick,
      wrap: (chain) => ({
        ...chain,
        prepareRoot: (root, nonce) =>
          isPoor
            ? Promise.reject(new HashmarkError('funds-missing', 'no money'))
            : chain.prepareRoot(root, nonce),
      }),
    });
    await world.start();
    const first = await world.accept(a);
    await eventually('the root waits', () => countRootAnchors(world.ledger) === 1);
    const second = await world.accept(b);
    const third = await world.accept(c);
    expect(world.stateOf(first)).toMatchObject({ status: 0, root: null });
    isPoor = false;
    await world.untilStatus(third, 3);
    expect(world.stateOf(first).status).toBe(3);
    expect(world.stateOf(third).seedId).toBe(world.stateOf(second).seedId);
    expect(countRootAnchors(world.ledger)).toBe(2);
  });
});

describe('proofOf', () => {
  it('is refused before the anchor is final', async () => {
    const world = await openLocalWorld({ seedCloseSeconds: 60 });
    await world.start();
    const seq = await world.accept(a);
    await expect(world.seeds.proofOf(a, seq, ethereum)).rejects.toMatchObject({ code: 'proof-unavailable' });
    await expect(world.seeds.proofOf(a, seq, 0)).rejects.toMatchObject({ code: 'proof-unavailable' });
  });
});

describe('a restart', () => {
  it('anchors a seed that was only closed, and tells who listens now of one that became final while nobody did', async () => {
    const first = await openLocalWorld({ seedCloseDigests: 1 });
    const seq = await first.accept(a);
    await first.close();

    const deaf = await openLocalWorld({
      home: first.home,
      onFinal: () => Promise.reject(new Error('nobody is there')),
    });
    await deaf.start();
    await deaf.untilStatus(seq, 3);
    await eventually('the listener has failed', () => deaf.warnings.length > 0);
    expect(deaf.told).toEqual([]);
    await deaf.close();

    const third = await openLocalWorld({ home: first.home });
    await third.start();
    await eventually('told', () => third.told.length > 0);
    expect(third.told[0]).toMatchObject({ status: 3, firstSeq: seq, lastSeq: seq });
    await third.close();

    const fourth = await openLocalWorld({ home: first.home, seedCloseDigests: 1 });
    await fourth.start();
    const next = await fourth.accept(b);
    await eventually('told', () => fourth.told.length > 0);
    expect(fourth.told.map(({ firstSeq }) => firstSeq)).toEqual([next]);
    expect(countRootAnchors(fourth.ledger)).toBe(2);
  });

  it('finds a root that is on the chain already, when the ledger is of before', async () => {
    const world = await openLocalWorld({ seedCloseDigests: 1 });
    const seq = await world.accept(a);
    const root = digestOf(a + a);
    const written = await world.chain.prepareRoot(root);
    await world.chain.broadcast(written);
    await world.start();
    await world.untilStatus(seq, 3);
    expect(world.stateOf(seq)).toMatchObject({ root, transaction: written.hash });
    expect(await world.chain.reader.getBlockNumber()).toBe(world.chain.startBlock + 1n);
  });
});

describe('trouble with the chain', () => {
  it('shows each status only as far as the chain bears it out, backwards too', async () => {
    const { seen, wrap } = meddle({ isFinal: true });
    seen.override = { state: 'pending' };
    const world = await openLocalWorld({ ...quick, wrap });
    await world.start();
    const seq = await world.accept(a);
    await world.untilStatus(seq, 1);
    const root = digestOf(a + a);
    const nothingYet = { transaction: null, timestampMs: null, blockNumber: null, blockHash: null };
    expect(world.stateOf(seq)).toMatchObject({ root, ...nothingYet });

    seen.override = undefined;
    seen.isFinal = false;
    await world.untilStatus(seq, 2);
    const mined = world.stateOf(seq);
    expect(mined.transaction).toMatch(/^0x[0-9a-f]{64}$/);
    await expect(world.seeds.proofOf(a, seq, ethereum)).rejects.toMatchObject({ code: 'proof-unavailable' });

    seen.override = { state: 'missing' };
    await world.untilStatus(seq, 1);
    expect(world.stateOf(seq)).toMatchObject({ root, ...nothingYet });
    expect(world.told).toEqual([]);

    seen.override = undefined;
    seen.isFinal = true;
    await world.untilStatus(seq, 3);
    expect(world.stateOf(seq)).toEqual({ ...mined, status: 3 });
    await eventually('told', () => world.told.length === 1);
  });

  it('tells again when what was final had gone and has come back', async () => {
    const { seen, wrap } = meddle({ isFinal: true });
    const first = await openLocalWorld({ ...quick, wrap });
    await first.start();
    const seq = await first.accept(a);
    await eventually('told', () => first.told.length === 1);
    await first.close();

    seen.override = { state: 'pending' };
    const second = await openLocalWorld({ home: first.home, wrap });
    await second.start();
    await second.untilStatus(seq, 1);
    seen.override = undefined;
    await eventually('told again', () => second.told.length === 1);
  });

  it('asks again for a root that failed', async () => {
    const { seen, wrap } = meddle({ isFinal: true });
    let time = 1_000_000;
    const first = await openLocalWorld({ seedCloseDigests: 1, wrap, now: () => time });
    seen.override = { state: 'reverted', reason: 'refused' };
    const seq = await first.accept(a);
    await first.start();
    const failed = () =>
      first.ledger.db.prepare("SELECT count(*) AS count FROM anchors WHERE state = 'failed'").get()?.count;
    await eventually('failed', () => failed() === 1);
    expect(first.stateOf(seq)).toMatchObject({ status: 0, root: null });
    await first.close();

    seen.override = undefined;
    time = Date.now() + 60_000;
    const second = await openLocalWorld({ home: first.home, wrap, now: () => time });
    await second.start();
    await second.untilStatus(seq, 3);
    expect(countRootAnchors(second.ledger)).toBe(2);
  });
});
