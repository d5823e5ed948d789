import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { deleteFile, listFiles, putFile } from '../../../companion/service/ledger/files.ts';
import { findGroup } from '../../../companion/service/ledger/groups.ts';
import { cidAt, digestAt } from '../../bench/service/samples.ts';
import { type RunningService, startService } from '../../helpers/running-service.ts';

/** Several pages of the list, the last one not full. */
const fileCount = 1_234;
const groupId = 'Large';

let running: RunningService;
beforeAll(async () => {
  running = await startService({ chain: true });
  await running.json('POST', { 'group-id': groupId, network: 'public' }, '{}');
  await running.ledger.write((db) => {
    const groupRef = findGroup(db, 'acme', groupId)?.ref as number;
    for (let index = 0; index < fileCount; index++) {
      const network = index % 10 === 0 ? 'private' : 'public';
      const file = {
        cid: cidAt(index),
        digest: digestAt(index),
        name: `file "${index}".pdf`,
        sizeBytes: 1,
        network,
      };
      putFile(db, { ...file, groupRef, mimetype: 'application/pdf' } as Parameters<typeof putFile>[1], index);
    }
    for (const { ref, cid } of listFiles(db, groupRef)) if (cid === cidAt(7)) deleteFile(db, ref, 1);
  });
});
afterAll(() => running.stop());

const all = Array.from({ length: fileCount }, (_, index) => index);
const namesOf = (indexes: number[]) => indexes.map((index) => `file "${index}".pdf`);
const list = async (headers: Record<string, string>) =>
  (await running.json('GET', { 'group-id': groupId, ...headers })).body;
const names = (files: { name: string }[]) => files.map(({ name }) => name);

describe('a large group', () => {
  it('is listed whole, in the order in which its files came', async () => {
    const body = await list({});
    expect(Object.keys(body)).toEqual(['success', 'group_id', 'network', 'files']);
    expect(names(body.files)).toEqual(namesOf(all.filter((index) => index !== 7)));
  });

  it('is listed with its deleted files, and by network', async () => {
    const deleted = await list({ 'show-deleted': 'true' });
    expect(names(deleted.files)).toEqual(namesOf(all));
    expect(deleted.files.filter((file: { deleted: boolean }) => file.deleted)).toHaveLength(1);
    const hidden = await list({ network: 'private' });
    expect(names(hidden.files)).toEqual(namesOf(all.filter((index) => index % 10 === 0)));
    expect((await list({ network: 'none' })).files).toEqual([]);
  });

  it('exports a link for each of its public files, and none for the others', async () => {
    const { export_data: exported } = await list({ 'export-links': 'true' });
    expect(exported.permalinks.map(({ filename }: { filename: string }) => filename)).toEqual(
      namesOf(all.filter((index) => index % 10 !== 0 && index !== 7)),
    );
  });

  it('is counted, and stamped in one transaction', async () => {
    const status = await running.request('HEAD', { 'group-id': groupId });
    expect(status.headers.get('x-total-files')).toBe(String(fileCount - 1));
    const { body: groups } = await running.json('GET');
    expect(groups.groups[0].file_count).toBe(fileCount - 1);
    const { body: stamp } = await running.json('PATCH', { 'group-id': groupId });
    expect(stamp).toMatchObject({ files_stamped: fileCount - 1, pending: false });
    const { files } = await list({});
    expect(new Set(files.map((file: { foreign_tx_id: string }) => file.foreign_tx_id))).toEqual(
      new Set([stamp.transaction_id]),
    );
  });
});
