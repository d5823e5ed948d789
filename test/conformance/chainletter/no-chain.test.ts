import { rm } from 'node:fs/promises';
import { expect, it } from 'vitest';

import { readEvents, startService } from '../../helpers/running-service.ts';

it('without a chain a stamp is queued and said to be, never made up; with one it is carried out', async () => {
  const before = await startService();
  const { body: file } = await before.upload(
    { 'group-id': 'Patient', network: 'public', 'stamp-immediately': 'true' },
    'stamped when there is a chain',
  );
  expect(file).toMatchObject({
    success: true,
    is_stamped: false,
    pending: true,
    transaction_id: null,
    files_stamped: 1,
    message: expect.stringContaining('no chain configured'),
  });
  expect(await before.json('PATCH', { 'group-id': 'Patient' })).toMatchObject({
    status: 200,
    body: { pending: true, transaction_id: null, contract: null, message: expect.stringContaining('queued') },
  });
  expect((await before.json('GET', { hash: file.hash })).status).toBe(400);
  expect((await before.json('GET', { 'group-id': 'Patient' })).body.files[0]).toMatchObject({
    is_stamped: false,
    foreign_tx_id: null,
  });
  await before.stop({ keepFolder: true });

  const after = await startService({ folder: before.folder, chain: true });
  const answer = await expect
    .poll(() => after.json('GET', { hash: file.hash }))
    .toMatchObject({ status: 200, body: { data: { is_stamped: true } } })
    .then(() => after.json('PATCH', { 'group-id': 'Patient' }));
  expect(answer.body).toMatchObject({ message: 'Collection already stamped', files_stamped: 1 });
  const reader = await readEvents(after, { 'last-event-id': '0' });
  await expect.poll(() => reader.types()).toContain('collection.stamped');
  await reader.stop();
  await after.stop();
});

it('keeps everything that was answered over a restart', async () => {
  const before = await startService({ chain: true });
  await before.upload({ 'group-id': 'Kept', network: 'public', 'stamp-immediately': 'true' }, 'kept');
  const list = await before.json('GET', { 'group-id': 'Kept' });
  const [file] = list.body.files;
  const verified = await before.json('GET', { hash: file.hash });
  await before.stop({ keepFolder: true });

  const after = await startService({ folder: before.folder, chain: true });
  const [again] = (await after.json('GET', { 'group-id': 'Kept' })).body.files;
  // Only the port may differ.
  const portless = (value: unknown) =>
    JSON.parse(JSON.stringify(value).replaceAll(/127\.0\.0\.1:\d+/g, 'host'));
  expect(portless(again)).toEqual(portless(file));
  expect(portless((await after.json('GET', { hash: file.hash })).body)).toEqual(portless(verified.body));
  expect(await (await fetch(again.gatewayurl)).text()).toBe('kept');
  await after.stop();
});

it('removes what an earlier run left half received', async () => {
  const before = await startService();
  await before.service.content.receive().then((incoming) => incoming.write(new Uint8Array(10)));
  expect(await before.incomingFiles()).toHaveLength(1);
  await before.stop({ keepFolder: true });
  const after = await startService({ folder: before.folder });
  expect(await after.incomingFiles()).toEqual([]);
  await after.stop();
  await rm(before.folder, { recursive: true, force: true });
});
