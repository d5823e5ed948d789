import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import type { MinedValue } from '../../../companion/chain/chain.ts';
import { type ChainHome, createChainHome, openChainHome, writeValue } from '../../helpers/local-chain.ts';

const cid = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';
const blocksPerCheckpoint = 4;
const warnedUnusable = expect.arrayContaining([
  expect.stringContaining('checkpoint of the local chain is not usable'),
]);

/** A home whose chain has a checkpoint and two blocks after it. */
async function makeHome() {
  const home = createChainHome();
  const { chain, close } = await openChainHome(home, { blocksPerCheckpoint });
  const written: MinedValue[] = [];
  for (let index = 0; index < 9; index++) written.push(await writeValue(chain, `${cid}${index}`));
  await close();
  const state = join(home.folder, readdirSync(home.folder).find((name) => name.startsWith('state-')) ?? '');
  return { home, written, state, meta: join(home.folder, 'checkpoint.json') };
}

/** Opens the home again and checks that every block is as it was. */
async function reopen(home: ChainHome, written: MinedValue[]) {
  const said: string[] = [];
  const { chain, close } = await openChainHome(home, {
    blocksPerCheckpoint,
    log: (level, message) => void (level === 'warn' && said.push(message)),
  });
  for (const [index, before] of written.entries())
    expect(await chain.findValue(`${cid}${index}`)).toEqual(before);
  expect(await chain.reader.getBlockNumber()).toBe(chain.startBlock + BigInt(written.length));
  return { chain, close, said };
}

describe('a checkpoint', () => {
  it('is one file beside its description, and spares the replay without changing a block', async () => {
    const { home, written, state, meta } = await makeHome();
    expect(readdirSync(home.folder).filter((name) => name.startsWith('state-'))).toHaveLength(1);
    expect(JSON.parse(readFileSync(meta, 'utf8'))).toMatchObject({ chainId: home.chainId, blockNumber: 8 });
    expect(existsSync(state)).toBe(true);
    const { chain, said } = await reopen(home, written);
    expect(said).toEqual([]);
    expect((await writeValue(chain, cid)).blockNumber).toBe(chain.startBlock + 10n);
  });

  it('gives a restarted node the same blocks too', async () => {
    const { home, written } = await makeHome();
    const { chain } = await reopen(home, written);
    process.kill(chain.nodePid() as number, 'SIGKILL');
    for (const [index, before] of written.entries())
      expect(await chain.findValue(`${cid}${index}`)).toEqual(before);
  });

  it.each<[string, (files: { state: string; meta: string }) => void]>([
    ['its state is cut off', ({ state }) => truncateSync(state, 1000)],
    ['its state is not one', ({ state }) => writeFileSync(state, '{}')],
    [
      'its block has another hash',
      ({ meta }) => {
        const checkpoint = JSON.parse(readFileSync(meta, 'utf8'));
        writeFileSync(meta, JSON.stringify({ ...checkpoint, blockHash: `0x${'ab'.repeat(32)}` }));
      },
    ],
    [
      'it is ahead of the journal',
      ({ meta }) => {
        const checkpoint = JSON.parse(readFileSync(meta, 'utf8'));
        writeFileSync(meta, JSON.stringify({ ...checkpoint, position: checkpoint.position + 100 }));
      },
    ],
    [
      'it ends with a transaction that the journal does not have there',
      ({ meta }) => {
        const checkpoint = JSON.parse(readFileSync(meta, 'utf8'));
        writeFileSync(meta, JSON.stringify({ ...checkpoint, txHash: `0x${'ab'.repeat(32)}` }));
      },
    ],
  ])('is dropped when %s', async (_, damage) => {
    const { home, written, ...files } = await makeHome();
    damage(files);
    const { said } = await reopen(home, written);
    expect(said).toEqual(warnedUnusable);
  });

  it('may be missing or unreadable', async () => {
    const { home, written, meta } = await makeHome();
    writeFileSync(meta, 'not JSON');
    const { said } = await reopen(home, written);
    expect(said).toEqual([]);
  });
});
