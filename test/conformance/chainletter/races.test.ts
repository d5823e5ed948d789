import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { registryAbi } from '../../../companion/chain/contract/abi.ts';
import { decodeBundle } from '../../../shared/evidence/bundle.ts';
import { type RunningService, readEvents, startService } from '../../helpers/running-service.ts';

/** Events wait for the answers of those who cause them: a busy machine takes its time for both. */
const soon = { timeout: 15_000 };

let running: RunningService;
beforeAll(async () => {
  running = await startService({ chain: true });
});
afterAll(async () => {
  expect(running.errors).toEqual([]);
  await running.stop();
});

const stamp = (group: string, headers: Record<string, string> = {}) =>
  running.json('PATCH', { 'group-id': group, ...headers });
const remove = (group: string, hash: string) =>
  running.json('DELETE', { 'group-id': group }, JSON.stringify({ file_hash: hash }));

/** The CIDs that a stamp covers, read from what it wrote. */
async function readCovered(postmark: string): Promise<string[]> {
  const response = await fetch(`${running.url}/ipfs/${postmark}`);
  const bundle = response.ok && decodeBundle(new Uint8Array(await response.arrayBuffer()));
  return bundle ? bundle.map(({ cid }) => cid) : [postmark];
}

/** How often each value stands on the chain. */
async function countValues(): Promise<Map<string, number>> {
  const { chain } = running;
  if (!chain) throw new Error('this test needs a chain');
  const logs = await chain.reader.getContractEvents({
    address: chain.contract,
    abi: registryAbi,
    eventName: 'MappingUpdated',
    fromBlock: chain.startBlock,
  });
  const counts = new Map<string, number>();
  for (const { args } of logs) counts.set(String(args.value), (counts.get(String(args.value)) ?? 0) + 1);
  return counts;
}

describe('stamps of one group at once', () => {
  it('make one anchor, whichever way they are asked for', async () => {
    const reader = await readEvents(running);
    const group = 'Asked twice';
    await running.upload({ 'group-id': group, network: 'public' }, 'a file that was there');
    const [uploaded, ...patched] = await Promise.all([
      running.upload(
        { 'group-id': group, network: 'public', 'stamp-immediately': 'true' },
        'a file that brings its stamp',
      ),
      ...Array.from({ length: 4 }, () => stamp(group)),
    ]);
    expect(uploaded.status).toBe(201);
    expect(patched.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    // A PATCH that came before the second file stamped the first one alone: two values at most, each once.
    const values = new Set([uploaded, ...patched].map(({ body }) => body.postmark_hash));
    expect(values.size).toBeLessThanOrEqual(2);
    const counts = await countValues();
    for (const value of values) expect(counts.get(value)).toBe(1);
    await expect
      .poll(() => reader.types().filter((type) => type === 'collection.stamped'), soon)
      .toHaveLength(values.size);
    await reader.stop();
  });

  it('of two networks in turn write each value once, and list each transaction once', async () => {
    const group = 'Both networks';
    const { body: open } = await running.upload({ 'group-id': group, network: 'public' }, 'for all to see');
    await running.upload({ 'group-id': group, network: 'private' }, 'for some to see');
    const all = await stamp(group);
    const published = await stamp(group, { network: 'public' });
    const again = await stamp(group);
    expect(again.body).toMatchObject({
      transaction_id: all.body.transaction_id,
      postmark_hash: all.body.postmark_hash,
    });
    expect(published.body.postmark_hash).toBe(open.hash);
    expect((await countValues()).get(all.body.postmark_hash)).toBe(1);
    const { body } = await running.json('GET', { hash: open.hash });
    expect(body.allResults.map((result: { foreign_tx_id: string }) => result.foreign_tx_id)).toEqual([
      all.body.transaction_id,
      published.body.transaction_id,
    ]);
  });

  it('of one file in two groups share the transaction that is there', async () => {
    const groups = ['Shared one', 'Shared two'];
    const hashes = await Promise.all(
      groups.map(async (group) => (await running.upload({ 'group-id': group }, 'in two groups')).body.hash),
    );
    const [first, second] = await Promise.all(groups.map((group) => stamp(group)));
    expect(first?.body.transaction_id).toBe(second?.body.transaction_id);
    expect((await countValues()).get(hashes[0])).toBe(1);
    const { body } = await running.json('GET', { hash: hashes[0] });
    expect(body.allResults).toHaveLength(1);
  });
});

describe('a stamp during uploads', () => {
  it('covers everything that was answered before it was asked for, and nothing that was not stored', async () => {
    const group = 'Filling';
    const answered: string[] = [];
    const uploads = Array.from({ length: 40 }, async (_, index) => {
      const { status, body } = await running.upload(
        { 'group-id': group, network: 'public' },
        `file ${index}`,
      );
      expect(status).toBe(201);
      answered.push(body.hash);
    });
    const stamps: Promise<void>[] = [];
    const stampNow = async () => {
      const before = [...answered];
      const { status, body } = await stamp(group);
      expect(status).toBe(200);
      const covered = await readCovered(body.postmark_hash);
      expect(covered).toEqual(expect.arrayContaining(before));
      expect(body.files_stamped).toBe(covered.length);
    };
    for (const upload of uploads.slice(0, 8)) {
      await upload;
      stamps.push(stampNow());
    }
    await Promise.all([...uploads, ...stamps]);

    const last = await stamp(group);
    expect((await readCovered(last.body.postmark_hash)).toSorted()).toEqual(answered.toSorted());
    expect([...(await countValues()).values()].filter((times) => times > 1)).toEqual([]);
  });
});

describe('a deletion during a stamp', () => {
  it('comes before it or is refused: no stamp covers a deleted file', async () => {
    const rounds = Array.from({ length: 25 }, async (_, round) => {
      const group = `Deleting ${round}`;
      const headers = { 'group-id': group, network: 'public' };
      const { body: kept } = await running.upload(headers, `kept in ${round}`);
      const { body: doomed } = await running.upload(headers, `doomed in ${round}`);
      const [stamped, removed] = await Promise.all([stamp(group), remove(group, doomed.hash)]);
      expect(stamped.status).toBe(200);
      const covered = await readCovered(stamped.body.postmark_hash);
      if (removed.status === 200) {
        expect(covered).toEqual([kept.hash]);
        expect((await running.json('GET', { hash: doomed.hash })).status).toBe(404);
      } else {
        expect(removed).toMatchObject({ status: 400, body: { message: 'Cannot delete a stamped file' } });
        expect(covered).toEqual([kept.hash, doomed.hash]);
        expect((await running.json('GET', { hash: doomed.hash })).status).toBe(200);
      }
    });
    await Promise.all(rounds);
  });

  it('of the last file leaves nothing to stamp, or is refused', async () => {
    const rounds = Array.from({ length: 15 }, async (_, round) => {
      const group = `Emptying ${round}`;
      const { body: only } = await running.upload({ 'group-id': group }, `the only one of ${round}`);
      const [removed, stamped] = await Promise.all([remove(group, only.hash), stamp(group)]);
      expect([removed.status, stamped.status]).toSatisfy(
        ([deletion, patch]) => (deletion === 200 && patch === 400) || (deletion === 400 && patch === 200),
      );
    });
    await Promise.all(rounds);
  });
});

describe('writes at once', () => {
  it('of the same file to one group store it once', async () => {
    const reader = await readEvents(running);
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => running.upload({ 'group-id': 'Same file' }, 'sent by many at once')),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409, 409, 409]);
    const { body } = await running.json('GET', { 'group-id': 'Same file' });
    expect(body.files).toHaveLength(1);
    await expect.poll(() => reader.types(), soon).toContain('file.pinned');
    await reader.stop();
    expect(reader.types().filter((type) => type === 'file.uploaded')).toHaveLength(1);
  });

  it('of the same bytes to many groups leave them whole', async () => {
    const content = 'the same bytes '.repeat(40_000);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        running.upload({ 'group-id': `Copies ${index}`, network: 'public' }, content),
      ),
    );
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.hash}`)).size).toBe(1);
    expect(await (await fetch(`${running.url}/ipfs/${answers[0]?.body.hash}`)).text()).toBe(content);
    expect(await running.incomingFiles()).toEqual([]);
  });

  it('to a group that does not exist make one group', async () => {
    const name = 'Nobody was (first)';
    const answers = await Promise.all([
      ...Array.from({ length: 5 }, (_, index) => running.upload({ 'group-id': name }, `newcomer ${index}`)),
      running.json('POST', { 'group-id': name }, '{}'),
    ]);
    expect(new Set(answers.map(({ body }) => body.group_id)).size).toBe(1);
    const { body } = await running.json('GET');
    expect(body.groups.filter((group: { name: string }) => group.name === name)).toMatchObject([
      { file_count: 5 },
    ]);
  });

  it('of an upload and its deletion end in a state that the events tell', async () => {
    const reader = await readEvents(running);
    const group = 'In and out';
    const { body: file } = await running.upload({ 'group-id': group }, 'now you see me');
    await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        index % 2 ? running.upload({ 'group-id': group }, 'now you see me') : remove(group, file.hash),
      ),
    );
    const { body } = await running.json('GET', { 'group-id': group });
    const isLive = body.files.length === 1;
    // Its turns follow each other, so the last one says how it is.
    const turns = () => reader.types().filter((type) => type === 'file.uploaded' || type === 'file.deleted');
    const { body: marker } = await running.upload({ 'group-id': group }, 'the end');
    await expect.poll(() => reader.events.at(-1)?.data.hash, soon).toBe(marker.hash);
    await reader.stop();
    const [, ...ofFile] = turns().toReversed();
    expect(ofFile[0]).toBe(isLive ? 'file.uploaded' : 'file.deleted');
    for (const [index, type] of ofFile.slice(1).entries()) expect(type).not.toBe(ofFile[index]);
  });
});
