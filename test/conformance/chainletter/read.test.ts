import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type RunningService, startService } from '../../helpers/running-service.ts';
import { sendHttp } from '../../helpers/send-http.ts';

const helloCid = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';
const emptyCid = 'QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH';

let running: RunningService;
beforeAll(async () => {
  running = await startService({ chain: true });
  await running.upload(
    { 'group-id': 'Stamped', network: 'public', 'stamp-immediately': 'true' },
    'hello world',
  );
  await running.upload({ 'group-id': 'Waiting (Private)', network: 'private' }, 'not stamped', 'wait.txt');
});
afterAll(() => running.stop());

describe('GET groups', () => {
  it('lists what every known client reads', async () => {
    const { status, body } = await running.json('GET');
    expect(status).toBe(200);
    expect(body.success).toBe(true);
    expect(body.groups).toEqual([
      expect.objectContaining({ id: 'Stamped', network: 'public' }),
      {
        id: 'waiting-private',
        group_id: 'waiting-private',
        name: 'Waiting (Private)',
        group_name: 'Waiting (Private)',
        network: 'private',
        visibility: 'private',
        user_id: 'Acme',
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        file_count: 1,
      },
    ]);
  });

  it('filters by network', async () => {
    const { body } = await running.json('GET', { network: 'private' });
    expect(body.groups.map((group: { id: string }) => group.id)).toEqual(['waiting-private']);
  });

  it('accepts a zero-length body that says it is JSON', async () => {
    // fetch cannot send a body with GET: this is how one known client does it.
    const { status } = await sendHttp(running.url, new URL(running.webhook).pathname, {
      headers: {
        'secret-key': running.secretKey,
        'content-type': 'application/json',
        'content-length': '0',
      },
    });
    expect(status).toBe(200);
  });
});

describe('GET the files of a group', () => {
  it('shows a stamped file in full', async () => {
    const { body } = await running.json('GET', { 'group-id': 'Stamped', network: 'all' });
    expect(body).toMatchObject({ success: true, group_id: 'Stamped', network: 'public' });
    expect(body.files).toEqual([
      {
        hash: helloCid,
        cid: helloCid,
        cidv1: 'bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wa',
        name: 'hello.txt',
        size: 11,
        mimetype: 'text/plain',
        network: 'public',
        gatewayurl: `${running.url}/ipfs/${helloCid}`,
        is_stamped: true,
        bulk_check: { is_stamped: true, postmark_hash: helloCid },
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        group_id: 'Stamped',
        foreign_tx_id: expect.stringMatching(/^0x[0-9a-f]{64}$/),
        contract: running.chain?.contract,
      },
    ]);
  });

  it('links a private file by a signed URL that is the same from one list to the next', async () => {
    const first = await running.json('GET', { 'group-id': 'Waiting (Private)' });
    const second = await running.json('GET', { 'group-id': 'waiting-private', network: 'private' });
    const [file] = first.body.files;
    expect(second.body.files).toEqual(first.body.files);
    expect(file.is_stamped).toBe(false);
    expect(file.bulk_check).toEqual({ is_stamped: false, postmark_hash: null });
    expect(file.foreign_tx_id).toBeNull();
    expect(file.gatewayurl).toContain(`/ipfs/${file.hash}?`);
    // A known client appends image options.
    const response = await fetch(`${file.gatewayurl}&img-width=300`);
    expect(await response.text()).toBe('not stamped');
    expect((await fetch(`${running.url}/ipfs/${file.hash}`)).status).toBe(404);
  });

  it('answers 404 for a group that does not exist', async () => {
    expect(await running.json('GET', { 'group-id': 'Nowhere' })).toEqual({
      status: 404,
      body: { success: false, message: 'Group not found: Nowhere' },
    });
  });
});

describe('GET a hash', () => {
  it('tells the stamp of a stamped one, in agreement with the list', async () => {
    const { status, body } = await running.json('GET', { hash: helloCid, network: 'private' });
    expect(status).toBe(200);
    const { files } = (await running.json('GET', { 'group-id': 'Stamped' })).body;
    expect(body.data).toMatchObject({
      filename: 'hello.txt',
      name: 'hello.txt',
      is_stamped: true,
      is_bulk: null,
      isBulk: null,
      contract: files[0].contract,
      foreign_tx_id: files[0].foreign_tx_id,
      gatewayurl: files[0].gatewayurl,
      network: 'public',
      group_id: 'Stamped',
    });
    expect(body.allResults).toHaveLength(1);
    expect(body.data.allResults).toEqual(body.allResults);
    // Unix seconds, and the block's: not the answer's.
    const receipt = await running.chain?.reader.getTransactionReceipt({ hash: body.data.foreign_tx_id });
    const block = await running.chain?.reader.getBlock({ blockHash: receipt?.blockHash as `0x${string}` });
    expect(body.data.created).toBe(Number(block?.timestamp));
  });

  it('reads the CIDv1 of the same file', async () => {
    const { status, body } = await running.json('GET', {
      hash: 'bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wa',
    });
    expect(status).toBe(200);
    expect(body.data.hash).toBe(helloCid);
  });

  it('answers 400 for a known one that is not stamped', async () => {
    const { files } = (await running.json('GET', { 'group-id': 'waiting-private' })).body;
    const answer = await running.json('GET', { hash: files[0].hash });
    expect(answer).toMatchObject({ status: 400, body: { success: false, is_stamped: false } });
  });

  it.each([
    ['one that nobody sent', 'QmehMASWcBsX7VcEQqs6rpR5AHoBfKyBVEgmkJHjpPg8jq'],
    ['the empty file, which clients probe with', emptyCid],
  ])('answers 404 for %s', async (_what, hash) => {
    expect(await running.json('GET', { hash })).toMatchObject({ status: 404, body: { success: false } });
  });

  it.each(['hello', '0', 'Qm', `${helloCid}x`, '../../etc/passwd', 'x'.repeat(4000)])(
    'answers 400 for %.40j, which is no CID',
    async (hash) => {
      const { status, body } = await running.json('GET', { hash });
      expect(status).toBe(400);
      expect(body.message).toMatch(/^Not a CID/);
    },
  );

  it('refuses a hash together with a group, unless links are exported', async () => {
    expect(await running.json('GET', { hash: helloCid, 'group-id': 'Stamped' })).toEqual({
      status: 400,
      body: {
        success: false,
        message: 'Cannot specify both group id and hash unless you are exporting a link',
      },
    });
    const { status, body } = await running.json('GET', {
      hash: helloCid,
      'group-id': 'Stamped',
      'export-links': 'true',
    });
    expect(status).toBe(200);
    expect(body.data.claim_link).toBe(`${running.url}/claim/${helloCid}`);
  });
});
