// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import 'fake-indexeddb/auto';

import { answerHiddenRequests } from '../../../../extension/stamping/hidden-document/answer.ts';
import { fingerprintJob } from '../../../../extension/stamping/hidden-document/fingerprint-job.ts';
import { openJobStore } from '../../../../extension/stamping/jobs/job-store.ts';
import { fingerprint } from '../../../../shared/fingerprint/fingerprint.ts';
import { jsPlatform } from '../../../../shared/fingerprint/js-platform.ts';

const content = new Uint8Array(9_000_000).map((_, i) => i * 7 + (i >> 9));
const job = { id: 'job-1', name: 'large.bin' };

/** The part of the browser that opens the hidden document: here both sides are in one place. */
const offscreen = { hasDocument: vi.fn(async () => true), createDocument: vi.fn(async () => {}) };
const store = openJobStore();

/** As the browser does, and the fake one does not: a message names its sender, and the first listener with an answer gives it. */
function sendAs(sender: { id: string; tab?: object }) {
  return async (message: unknown) => {
    for (const listener of listeners) {
      const answer = listener(message, sender);
      if (answer !== undefined) return answer;
    }
    return undefined;
  };
}

type Listener = (message: unknown, sender: object) => unknown;
let listeners: Listener[] = [];
beforeEach(() => {
  fakeBrowser.reset();
  Object.assign(fakeBrowser, { offscreen });
  listeners = [];
  const { onMessage } = fakeBrowser.runtime;
  vi.spyOn(onMessage, 'addListener').mockImplementation(
    (listener: Listener) => void listeners.push(listener),
  );
  vi.spyOn(onMessage, 'removeListener').mockImplementation((listener: Listener) => {
    listeners = listeners.filter((each) => each !== listener);
  });
  vi.spyOn(fakeBrowser.runtime, 'sendMessage').mockImplementation(
    sendAs({ id: fakeBrowser.runtime.id }) as never,
  );
});
afterEach(() => {
  Reflect.deleteProperty(fakeBrowser, 'offscreen');
  vi.restoreAllMocks();
  vi.clearAllMocks();
});

describe('fingerprintJob', () => {
  it('has a large file hashed in the hidden document, from the database', async () => {
    await store.putBytes(job.id, new Blob([content]));
    answerHiddenRequests();
    const given = new Blob([content]);
    const read = vi.spyOn(given, 'arrayBuffer');
    const onProgress = vi.fn();
    expect(await fingerprintJob(job, given, { onProgress })).toEqual(
      await fingerprint([content], jsPlatform),
    );
    // However soon it is done, it has said what hashed it.
    expect(onProgress).toHaveBeenCalledWith(expect.any(Number), 'native');
    expect(offscreen.hasDocument).toHaveBeenCalled();
    expect(read).not.toHaveBeenCalled();
  });

  it('says what went wrong there', async () => {
    answerHiddenRequests();
    await expect(
      fingerprintJob({ id: 'none', name: 'gone.bin' }, new Blob([content]), {}),
    ).rejects.toMatchObject({ code: 'bytes-gone', message: expect.stringContaining('gone.bin') });
  });

  it('can be cancelled', async () => {
    await store.putBytes(job.id, new Blob([content]));
    answerHiddenRequests();
    const controller = new AbortController();
    const pass = fingerprintJob(job, new Blob([content]), { signal: controller.signal });
    controller.abort();
    await expect(pass).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('hashes a small file where it is', async () => {
    const small = content.subarray(0, 1_000);
    expect(await fingerprintJob(job, new Blob([small]), {})).toEqual(await fingerprint([small], jsPlatform));
    expect(offscreen.hasDocument).not.toHaveBeenCalled();
  });

  it('hashes by itself where there is no hidden document', async () => {
    Reflect.deleteProperty(fakeBrowser, 'offscreen');
    expect(await fingerprintJob(job, new Blob([content]), {})).toEqual(
      await fingerprint([content], jsPlatform),
    );
  });
});

describe('answerHiddenRequests', () => {
  it('leaves alone what is not for it', async () => {
    answerHiddenRequests();
    const send = sendAs({ id: fakeBrowser.runtime.id });
    for (const message of [null, 'save', { hashmarkOffscreen: 'toString' }, { type: 'jobs.list' }])
      expect(await send(message)).toBeUndefined();
  });

  it('answers neither content scripts nor others', async () => {
    await store.putBytes(job.id, new Blob([content]));
    answerHiddenRequests();
    const request = { hashmarkOffscreen: 'fingerprint', jobId: job.id, name: job.name };
    expect(await sendAs({ id: fakeBrowser.runtime.id, tab: { id: 3 } })(request)).toBeUndefined();
    expect(await sendAs({ id: 'another-extension' })(request)).toBeUndefined();
  });
});
