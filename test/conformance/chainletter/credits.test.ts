import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { eventually } from '../../helpers/eventually.ts';
import {
  type RunningService,
  type RunningServiceOptions,
  readEvents,
  startService,
} from '../../helpers/running-service.ts';

const settings: NonNullable<RunningServiceOptions['settings']> = {};
let running: RunningService;
beforeAll(async () => {
  running = await startService({ chain: true, settings });
});
afterAll(() => running.stop());

const credits = async () => Number((await running.request('HEAD')).headers.get('x-credits'));
const stamp = (group: string) => running.json('PATCH', { 'group-id': group }, '{}');
const upload = (group: string, content: string, headers: Record<string, string> = {}) =>
  running.upload({ 'group-id': group, ...headers }, content, `${content}.txt`);

async function setBudget(budget: number | null): Promise<void> {
  settings.creditBudget = budget;
  const stored = () =>
    running.ledger.db.prepare("SELECT credits FROM tenants WHERE id = 'acme'").get()?.credits;
  await eventually('the budget is counted', () => stored() === budget);
}

describe('without a budget', () => {
  it('is plenty, and stays it', async () => {
    expect(await credits()).toBe(1_000_000);
    await upload('Free', 'free');
    expect((await stamp('Free')).status).toBe(200);
    expect(await credits()).toBe(1_000_000);
  });
});

describe('with a budget', () => {
  beforeEach(() => setBudget(null));

  it('counts down by one for a stamp, however many files, and not for one that is there', async () => {
    await setBudget(3);
    expect(await credits()).toBe(3);
    for (const name of ['a', 'b', 'c']) await upload('Counted', name);
    expect(await credits()).toBe(3);
    expect((await stamp('Counted')).body).toMatchObject({ files_stamped: 3, pending: false });
    expect(await credits()).toBe(2);
    expect((await stamp('Counted')).body.message).toBe('Collection already stamped');
    expect(await credits()).toBe(2);
    const { body } = await upload('Counted at once', 'now', { 'stamp-immediately': 'true' });
    expect(body.is_stamped).toBe(true);
    expect(await credits()).toBe(1);
  });

  it('refuses a stamp when it is used up, says so, and loses nothing', async () => {
    await setBudget(1);
    await upload('First', 'first');
    expect((await stamp('First')).status).toBe(200);
    await upload('Second', 'second');
    const refused = await stamp('Second');
    expect(refused).toMatchObject({
      status: 402,
      body: { success: false, message: expect.stringMatching(/^Out of credits: .*budget of 1 /), credits: 0 },
    });
    expect(await credits()).toBe(0);
    // What is stamped already costs nothing.
    expect((await stamp('First')).status).toBe(200);
    // A file is stored all the same, and its answer says what did not happen.
    const stored = await upload('Second', 'third', { 'stamp-immediately': 'true' });
    expect(stored).toMatchObject({
      status: 201,
      body: { success: true, is_stamped: false, transaction_id: null },
    });
    expect(stored.body.message).toContain('Out of credits');
    expect((await running.json('GET', { 'group-id': 'Second' })).body.files).toHaveLength(2);

    await setBudget(2);
    expect((await stamp('Second')).body).toMatchObject({ files_stamped: 2, pending: false });
    expect(await credits()).toBe(0);
  });

  it('publishes nothing for a stamp that it refuses', async () => {
    await setBudget(0);
    const { body } = await upload('Undecided', 'undecided');
    expect((await stamp('Undecided')).status).toBe(402);
    expect((await fetch(`${running.url}/ipfs/${body.hash}`)).status).toBe(404);
  });

  it('cannot be overspent by stamps at once', async () => {
    const groups = Array.from({ length: 8 }, (_, i) => `Rush ${i}`);
    for (const group of groups) await upload(group, group);
    await setBudget(3);
    const answers = await Promise.all(groups.map(stamp));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 402, 402, 402, 402, 402]);
    expect(await credits()).toBe(0);
  });

  it('goes on where it was after a restart', async () => {
    await setBudget(5);
    await upload('Kept', 'kept');
    await stamp('Kept');
    const { folder } = running;
    await running.stop({ keepFolder: true });
    running = await startService({ chain: true, settings, folder });
    expect(await credits()).toBe(4);
  });
});

it('keeps a stamp that was asked for before there was a chain until there is a credit for it', async () => {
  const own: RunningServiceOptions['settings'] = { creditBudget: 0 };
  let service = await startService({ settings: own });
  const { body } = await service.upload({ 'group-id': 'Queued', network: 'public' }, 'queued');
  expect((await service.json('PATCH', { 'group-id': 'Queued' })).body).toMatchObject({ pending: true });
  const restart = async () => {
    await service.stop({ keepFolder: true });
    service = await startService({ settings: own, chain: true, folder: service.folder });
  };
  await restart();
  expect((await service.json('GET', { hash: body.hash })).status).toBe(400);
  own.creditBudget = 1;
  await restart();
  await eventually('the stamp', async () => (await service.json('GET', { hash: body.hash })).status === 200);
  expect((await service.request('HEAD')).headers.get('x-credits')).toBe('0');
  await service.stop();
});

describe('a switched off webhook', () => {
  it('refuses everything but HEAD and the event stream, tells when, and keeps what is stored', async () => {
    const { body } = await upload('Off and on', 'kept while off', { network: 'public' });
    const linked = (await running.json('GET', {}, undefined, '/upload-link')).body.url as string;
    const reader = await readEvents(running);
    settings.webhookEnabled = false;
    await eventually('the event', () => reader.types().includes('webhook.disabled'));

    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', ''],
      ['POST', ''],
      ['DELETE', ''],
      ['GET', '/upload-link'],
      ['GET', '/download-link'],
      ['GET', '/list-remote'],
      ['POST', '/jwt'],
    ] as const) {
      const answer = await running.json(method, { 'group-id': 'Off and on' }, undefined, path);
      expect(answer).toMatchObject({
        status: 403,
        body: { success: false, message: expect.stringContaining('This webhook is disabled') },
      });
    }
    const form = new FormData();
    form.append('file', new Blob(['late']), 'late.txt');
    expect((await fetch(linked, { method: 'POST', body: form })).status).toBe(403);
    const head = await running.request('HEAD', { 'group-id': 'Off and on' });
    expect([head.status, head.headers.get('x-group-enabled')]).toEqual([200, 'false']);
    expect((await fetch(`${running.webhook}`)).status).toBe(401);
    // What was published stays so, and can be verified.
    expect(await (await fetch(`${running.url}/ipfs/${body.hash}`)).text()).toBe('kept while off');

    settings.webhookEnabled = true;
    await eventually('the event', () => reader.types().includes('webhook.enabled'));
    expect((await running.request('HEAD')).headers.get('x-group-enabled')).toBe('true');
    expect((await running.json('GET', { 'group-id': 'Off and on' })).body.files).toHaveLength(1);
    const [disabled] = reader.events.filter(({ type }) => type === 'webhook.disabled');
    expect(disabled?.data).toEqual({});
    expect(reader.types().filter((type) => type.startsWith('webhook.'))).toEqual([
      'webhook.disabled',
      'webhook.enabled',
    ]);
    await reader.stop();
  });
});
