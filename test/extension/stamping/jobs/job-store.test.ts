// @vitest-environment node
import 'fake-indexeddb/auto';

import { openDB } from 'idb';
import { describe, expect, it } from 'vitest';

import { type Job, privacyOf, toJobView } from '../../../../extension/stamping/jobs/job.ts';
import { openJobStore } from '../../../../extension/stamping/jobs/job-store.ts';

const fingerprint = {
  digest: 'a'.repeat(64),
  cid: 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD',
  sizeBytes: 11,
};
const job: Job = {
  id: 'one',
  kind: 'page',
  name: 'Hello.html',
  title: 'Hello',
  type: 'text/html',
  sourceUrl: 'https://example.org/',
  missing: [],
  createdAtMs: 0,
  phase: 'waiting',
  fingerprint,
  groupId: 'g',
  hasUploaded: true,
  attempts: 0,
  nextTryAtMs: 0,
  isSaved: true,
  isNotified: true,
  isSeen: true,
};

describe('openJobStore', () => {
  it('should know the fingerprint of what was stamped, also when the job is long gone', async () => {
    const store = openJobStore('fingerprints');
    await store.add(job, new Blob(['hello world']));
    expect((await store.stampedFiles([fingerprint.digest])).size).toBe(0);
    await store.update('one', { phase: 'done' });
    await store.remove('one');
    expect([...(await store.stampedFiles([fingerprint.digest, 'b'.repeat(64)])).values()]).toEqual([
      fingerprint,
    ]);
    expect((await store.stampedCids([fingerprint.cid])).get(fingerprint.cid)).toEqual(fingerprint);
    await store.close();
  });

  it('should take over the jobs of an earlier version', async () => {
    const old = await openDB('earlier', 1, {
      upgrade(db) {
        db.createObjectStore('jobs', { keyPath: 'id' });
        db.createObjectStore('files');
      },
    });
    await old.put('jobs', { ...job, phase: 'done' });
    await old.put('jobs', { ...job, id: 'two', phase: 'failed' });
    old.close();
    const store = openJobStore('earlier');
    expect(await store.list()).toHaveLength(2);
    expect((await store.stampedCids([fingerprint.cid])).get(fingerprint.cid)).toEqual(fingerprint);
    await store.close();
  });
});

describe('privacyOf', () => {
  it('should be public for jobs from before there was a choice, because that is how they were sent', () => {
    expect(privacyOf(job)).toBe('public');
    expect(toJobView({ ...job, privacy: 'private' }).privacy).toBe('private');
  });
});
