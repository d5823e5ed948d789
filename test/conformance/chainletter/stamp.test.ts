import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { decodeBundle } from '../../../shared/evidence/bundle.ts';
import { type RunningService, readEvents, startService } from '../../helpers/running-service.ts';

let running: RunningService;
beforeAll(async () => {
  running = await startService({ chain: true });
});
afterAll(async () => {
  expect(running.errors).toEqual([]);
  await running.stop();
});

/** The values that the chain's own log holds for a transaction. */
async function valueOnChain(value: string) {
  return running.chain?.findValue(value);
}

describe('PATCH', () => {
  it('writes the CID of a single file, with one transaction', async () => {
    const { body: file } = await running.upload({ 'group-id': 'One', network: 'public' }, 'only one');
    const { status, body } = await running.json('PATCH', { 'group-id': 'One' });
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      message: 'Collection stamped successfully',
      files_stamped: 1,
      network: 'public',
      group_id: 'One',
      transaction_id: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      postmark_hash: file.hash,
      contract: running.chain?.contract,
      pending: false,
    });
    expect((await valueOnChain(file.hash))?.hash).toBe(body.transaction_id);
  });

  it.each([
    ['no body', {}, undefined],
    ['an empty JSON body', { 'content-type': 'application/json' }, ''],
    ['an empty object', { 'content-type': 'application/json' }, '{}'],
  ])('takes %s', async (what, headers, requestBody) => {
    await running.upload({ 'group-id': what }, `stamped with ${what}`);
    const { status, body } = await running.json('PATCH', { 'group-id': what, ...headers }, requestBody);
    expect(status).toBe(200);
    expect(body.files_stamped).toBe(1);
  });

  it('writes the CID of a bundle of several files, which anybody can fetch and which lists them all', async () => {
    const hashes: string[] = [];
    for (const content of ['first', 'second', 'third']) {
      hashes.push((await running.upload({ 'group-id': 'Many', network: 'private' }, content)).body.hash);
    }
    const { body } = await running.json('PATCH', { 'group-id': 'Many', network: 'private' });
    expect(body).toMatchObject({ files_stamped: 3, network: 'private', pending: false });
    expect(await valueOnChain(body.postmark_hash)).toBeDefined();

    const response = await fetch(`${running.url}/ipfs/${body.postmark_hash}`);
    expect(response.headers.get('content-type')).toBe('application/json');
    const bundle = decodeBundle(new Uint8Array(await response.arrayBuffer()));
    expect(bundle?.map((member) => member.cid)).toEqual(hashes);

    const { body: verified } = await running.json('GET', { hash: hashes[1] as string });
    expect(verified.data).toMatchObject({
      is_bulk: body.postmark_hash,
      isBulk: body.postmark_hash,
      foreign_tx_id: body.transaction_id,
    });
  });

  it('makes no second transaction when nothing changed', async () => {
    await running.upload({ 'group-id': 'Twice' }, 'stamped once');
    const first = await running.json('PATCH', { 'group-id': 'Twice' });
    const second = await running.json('PATCH', { 'group-id': 'Twice' });
    expect(second).toMatchObject({
      status: 200,
      body: {
        message: 'Collection already stamped',
        transaction_id: first.body.transaction_id,
        pending: false,
      },
    });
  });

  it('makes one transaction of two stamps at once, and tells both the same', async () => {
    const reader = await readEvents(running);
    await running.upload({ 'group-id': 'Race', network: 'public' }, 'race a');
    await running.upload({ 'group-id': 'Race', network: 'public' }, 'race b');
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => running.json('PATCH', { 'group-id': 'Race' })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.transaction_id)).size).toBe(1);
    await expect.poll(() => reader.types()).toContain('collection.stamped');
    await reader.stop();
    expect(reader.types().filter((type) => type === 'collection.stamped')).toHaveLength(1);
  });

  it('stamps what came since, keeping the earlier stamp as the first', async () => {
    const { body: early } = await running.upload({ 'group-id': 'Growing' }, 'early');
    const { body: firstStamp } = await running.json('PATCH', { 'group-id': 'Growing' });
    const { body: late } = await running.upload({ 'group-id': 'Growing' }, 'late');
    const { body: secondStamp } = await running.json('PATCH', { 'group-id': 'Growing' });
    expect(secondStamp.files_stamped).toBe(2);
    const { body } = await running.json('GET', { hash: early.hash });
    expect(body.allResults.map((result: { foreign_tx_id: string }) => result.foreign_tx_id)).toEqual([
      firstStamp.transaction_id,
      secondStamp.transaction_id,
    ]);
    expect(body.data.foreign_tx_id).toBe(firstStamp.transaction_id);
    const { body: lateVerified } = await running.json('GET', { hash: late.hash });
    expect(lateVerified.allResults).toHaveLength(1);
  });

  it('with a network stamps only its files', async () => {
    await running.upload({ 'group-id': 'Both', network: 'private' }, 'private one');
    await running.upload({ 'group-id': 'Both', network: 'public' }, 'public one');
    const { body } = await running.json('PATCH', { 'group-id': 'Both', network: 'public' });
    expect(body).toMatchObject({ files_stamped: 1, network: 'public' });
  });

  it('refuses a group without files, and one of registered hashes only', async () => {
    const refusal = { status: 400, body: { success: false, message: 'No files found in group to stamp' } };
    await running.json('POST', { 'group-id': 'Empty' }, '{}');
    expect(await running.json('PATCH', { 'group-id': 'Empty' })).toEqual(refusal);
    await running.upload({ 'group-id': 'Hashes', network: 'none' }, 'only its hash');
    expect(await running.json('PATCH', { 'group-id': 'Hashes' })).toEqual(refusal);
  });

  it('answers 404 for a group that does not exist, and 400 without one', async () => {
    expect((await running.json('PATCH', { 'group-id': 'Nowhere' })).status).toBe(404);
    expect((await running.json('PATCH')).body.message).toBe('group-id header is required');
  });
});

describe('the setting that stamps registered hashes too', () => {
  it('puts them into the bundle', async () => {
    const generous = await startService({ chain: true, settings: { stampsRegisteredHashes: true } });
    const { body: file } = await generous.upload({ 'group-id': 'Mixed', network: 'public' }, 'with bytes');
    const { body: hash } = await generous.upload({ 'group-id': 'Mixed', network: 'none' }, 'only its hash');
    const { body } = await generous.json('PATCH', { 'group-id': 'Mixed' });
    expect(body).toMatchObject({ files_stamped: 2, pending: false });
    const bundle = await (await fetch(`${generous.url}/ipfs/${body.postmark_hash}`)).json();
    expect(bundle).toMatchObject({ filehashes: [{ cid: file.hash }, { cid: hash.hash }] });
    await generous.stop();
  });
});

describe('a chain that does not answer', () => {
  it('leaves the stamp pending, tells no transaction, and finishes it when the chain is back', async () => {
    const slow = await startService({ chain: true, settings: { stampWaitMs: 50 } });
    const { body: file } = await slow.upload({ 'group-id': 'Slow', network: 'public' }, 'slow chain');
    // The node is our own child: killed, it is rebuilt from the journal, which takes longer than this request waits.
    process.kill(slow.chain?.nodePid() as number, 'SIGKILL');
    const { status, body } = await slow.json('PATCH', { 'group-id': 'Slow' });
    expect(status).toBe(200);
    expect(body.message).toMatch(body.pending ? /is pending/ : /stamped successfully/);
    await expect
      .poll(() => slow.json('GET', { hash: file.hash }), { timeout: 20_000 })
      .toMatchObject({ status: 200 });
    const again = await slow.json('PATCH', { 'group-id': 'Slow' });
    expect(again.body).toMatchObject({ message: 'Collection already stamped', pending: false });
    expect(await slow.chain?.findValue(file.hash)).toMatchObject({ hash: again.body.transaction_id });
    await slow.stop();
  });
});

describe('POST with stamp-immediately', () => {
  it('stamps the whole group and says so', async () => {
    await running.upload(
      { 'group-id': 'Series', network: 'public', 'stamp-immediately': 'false' },
      'one of two',
    );
    const { status, body } = await running.upload(
      { 'group-id': 'Series', network: 'public', 'stamp-immediately': 'true' },
      'two of two',
    );
    expect(status).toBe(201);
    expect(body).toMatchObject({
      message: 'File uploaded and collection stamped successfully',
      files_stamped: 2,
      is_stamped: true,
      transaction_id: expect.stringMatching(/^0x/),
    });
    expect(body.postmark_hash).not.toBe(body.hash);
  });
});
