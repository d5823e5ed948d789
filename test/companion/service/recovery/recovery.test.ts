import { copyFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

import { openLedger } from '../../../../companion/service/ledger/database.ts';
import { forgetRecoveries } from '../../../../companion/service/ledger/recovery.ts';
import { createLineage } from '../../../../companion/service/recovery/lineage.ts';
import { decodeBundle } from '../../../../shared/evidence/bundle.ts';
import { createFolder } from '../../../helpers/create-folder.ts';
import { type RunningService, startService } from '../../../helpers/running-service.ts';

/** A service with some stamps: two of a growing group, one of a private group, one of a single file. */
async function startWithStamps(): Promise<RunningService> {
  const running = await startService({ chain: true });
  const growing = { 'group-id': 'Growing', network: 'public' };
  await running.upload(growing, 'first file', 'first.txt');
  await running.json('PATCH', growing);
  await running.upload(growing, 'second file', 'second.txt');
  await running.upload(growing, '%PDF-1.7 third', 'third.pdf', 'application/pdf');
  await running.json('PATCH', growing);
  await running.upload({ 'group-id': 'Closed', network: 'private' }, 'for few eyes', 'secret.txt');
  await running.upload({ 'group-id': 'Closed', network: 'private' }, 'for fewer', 'secret-2.txt');
  await running.json('PATCH', { 'group-id': 'Closed' });
  await running.upload({ 'group-id': 'Unstamped', network: 'public' }, 'never stamped');
  return running;
}

async function loseLedger(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('ledger.sqlite'));
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) await rm(join(folder, name));
}

async function restart(running: RunningService, between: (folder: string) => Promise<void>) {
  stopped.add(running);
  await running.stop({ keepFolder: true });
  await between(running.folder);
  const again = await startService({ chain: true, folder: running.folder });
  onTestFinished(async () => {
    if (stopped.has(again)) return;
    expect(again.errors).toEqual([]);
    await again.stop();
  });
  return again;
}

/** Those that a restart has ended already. */
const stopped = new WeakSet<RunningService>();

/** What the service says about every stamped CID, without what only the ledger knew. */
async function readVerifications(running: RunningService, cids: readonly string[]) {
  return Promise.all(
    cids.map(async (hash) => {
      const { status, body } = await running.json('GET', { hash });
      return { hash, status, allResults: body.allResults };
    }),
  );
}

async function listCids(running: RunningService): Promise<string[]> {
  const { body } = await running.json('GET');
  const lists = await Promise.all(
    body.groups.map(async (group: { id: string }) => {
      const { body: list } = await running.json('GET', { 'group-id': group.id });
      return list.files.filter((file: { is_stamped: boolean }) => file.is_stamped);
    }),
  );
  return lists.flat().map((file) => file.hash);
}

describe('a service whose ledger is lost', () => {
  it('says the same about every stamp as before', async () => {
    const running = await startWithStamps();
    const cids = await listCids(running);
    expect(cids).toHaveLength(5);
    const before = await readVerifications(running, cids);
    const again = await restart(running, loseLedger);
    expect(await readVerifications(again, cids)).toEqual(before);
    expect((await listCids(again)).toSorted()).toEqual(cids.toSorted());
  });

  it('has the files of each group in one group again, and stamps nothing twice', async () => {
    const running = await startWithStamps();
    const before = await running.json('PATCH', { 'group-id': 'Growing' });
    const again = await restart(running, loseLedger);
    const { body } = await again.json('GET');
    expect(body.groups.map((group: { file_count: number }) => group.file_count)).toEqual([3, 2]);
    const [growing] = body.groups;
    expect(growing.name).toMatch(/^Recovered \d{4}-\d\d-\d\d \w{8}$/);
    const { status, body: stamp } = await again.json('PATCH', { 'group-id': growing.id });
    expect(status).toBe(200);
    expect(stamp).toMatchObject({
      message: 'Collection already stamped',
      transaction_id: before.body.transaction_id,
      postmark_hash: before.body.postmark_hash,
    });
  });

  it('goes on with a group that is recovered', async () => {
    const running = await startWithStamps();
    const again = await restart(running, loseLedger);
    const { body } = await again.json('GET');
    const [growing] = body.groups;
    const { status } = await again.upload({ 'group-id': growing.id }, 'a fourth one');
    expect(status).toBe(201);
    const { body: stamp } = await again.json('PATCH', { 'group-id': growing.id });
    expect(stamp).toMatchObject({ files_stamped: 4, message: 'Collection stamped successfully' });
  });

  it('publishes nothing: the bytes are there for the owner alone, and the bundles for all', async () => {
    const running = await startWithStamps();
    const cids = await listCids(running);
    const before = await readVerifications(running, cids);
    const again = await restart(running, loseLedger);
    for (const { hash, allResults } of before) {
      expect((await fetch(`${again.url}/ipfs/${hash}`)).status).toBe(404);
      const own = await fetch(`${again.url}/ipfs/${again.apiKey}/${hash}`, {
        headers: { 'secret-key': again.secretKey },
      });
      expect(own.status).toBe(200);
      const bundle = allResults.at(-1).is_bulk;
      const shown = await fetch(`${again.url}/ipfs/${bundle}`);
      expect(decodeBundle(await shown.bytes())).toContainEqual(expect.objectContaining({ cid: hash }));
    }
    const { body } = await again.json('GET');
    const { body: list } = await again.json('GET', { 'group-id': body.groups[0].id });
    expect(list.files.map((file: { mimetype: string }) => file.mimetype)).toEqual([
      'text/plain',
      'text/plain',
      'application/pdf',
    ]);
  });

  it('keeps the stamps of contents that are lost too, and believes no changed bytes', async () => {
    const running = await startWithStamps();
    const cids = await listCids(running);
    const before = await readVerifications(running, cids);
    const [gone = '', changed = ''] = cids;
    await running.stop({ keepFolder: true });
    const pathOf = (cid: string) => join(running.folder, 'content', cid.slice(-2), cid);
    await rm(pathOf(gone));
    await writeFile(pathOf(changed), 'something else');
    await loseLedger(running.folder);
    const again = await startService({ chain: true, folder: running.folder });
    onTestFinished(() => again.stop());
    expect(await readVerifications(again, cids)).toEqual(before);
    const { body } = await again.json('GET', { hash: changed });
    expect(body.data).toMatchObject({ network: 'none', gatewayurl: null });
    expect(again.errors).toEqual([expect.stringContaining('does not hash to its name')]);
  });

  it('recovers once: what is known is not added again at the next start', async () => {
    const running = await startWithStamps();
    const cids = await listCids(running);
    const again = await restart(running, loseLedger);
    const before = await readVerifications(again, cids);
    const groups = (await again.json('GET')).body.groups.length;
    const third = await restart(again, async () => undefined);
    expect(await readVerifications(third, cids)).toEqual(before);
    expect((await third.json('GET')).body.groups).toHaveLength(groups);
  });
});

describe('a service with an old copy of its ledger', () => {
  it('adds what came since, each to its own group, and leaves the rest as it was', async () => {
    const running = await startWithStamps();
    const old = createFolder();
    const partly = await restart(running, async (folder) => {
      await copyFile(join(folder, 'ledger.sqlite'), join(old, 'ledger.sqlite'));
    });
    const growing = { 'group-id': 'Growing', network: 'public' };
    await partly.upload(growing, 'came later', 'later.txt');
    await partly.json('PATCH', growing);
    const cids = await listCids(partly);
    const before = await readVerifications(partly, cids);
    expect(cids).toHaveLength(6);

    const again = await restart(partly, async (folder) => {
      await loseLedger(folder);
      await copyFile(join(old, 'ledger.sqlite'), join(folder, 'ledger.sqlite'));
      const ledger = openLedger(join(folder, 'ledger.sqlite'));
      await ledger.write(forgetRecoveries);
      await ledger.close();
    });
    expect(await readVerifications(again, cids)).toEqual(before);
    const { body } = await again.json('GET', { 'group-id': 'Growing' });
    expect(body.files.map(({ name, network }: { name: string; network: string }) => [name, network])).toEqual(
      [
        ['first.txt', 'public'],
        ['second.txt', 'public'],
        ['third.pdf', 'public'],
        [expect.stringMatching(/^Qm\w{44}\.txt$/), 'private'],
      ],
    );
    expect((await again.json('GET')).body.groups).toHaveLength(3);
  });
});

describe('a service whose ledger is whole', () => {
  it('has nothing to recover', async () => {
    const running = await startWithStamps();
    const groups = (await running.json('GET')).body.groups;
    const again = await restart(running, async () => undefined);
    expect((await again.json('GET')).body.groups).toEqual(groups);
  });
});

describe('createLineage', () => {
  it('finds the series whose last list is the longest beginning', () => {
    const lineage = createLineage();
    lineage.put(['a'], { groupRef: 1, fileRefs: [1] });
    lineage.put(['a', 'b'], { groupRef: 2, fileRefs: [1, 2] });
    expect(lineage.find(['a', 'b', 'c'])?.groupRef).toBe(2);
    expect(lineage.find(['a', 'c'])?.groupRef).toBe(1);
    expect(lineage.find(['a', 'b'])?.groupRef).toBe(2);
    expect(lineage.find(['b', 'a'])).toBeUndefined();
    // Its last list is what a series goes on from, not an earlier one.
    lineage.put(['a', 'b', 'c'], { groupRef: 2, fileRefs: [1, 2, 3] });
    expect(lineage.find(['a', 'b', 'd'])?.groupRef).toBe(1);
  });

  it('tells lists apart whose texts run together', () => {
    const lineage = createLineage();
    lineage.put(['ab', 'c'], { groupRef: 1, fileRefs: [1, 2] });
    expect(lineage.find(['a', 'bc'])).toBeUndefined();
  });
});
