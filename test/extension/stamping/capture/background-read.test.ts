import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';

import { isPrivateHost, readPermitted } from '../../../../extension/stamping/capture/background-read.ts';
import { resourceLimits } from '../../../../extension/stamping/capture/resources.ts';

describe('isPrivateHost', () => {
  it.each([
    'localhost',
    'LOCALHOST.',
    'a.localhost',
    'printer.local',
    '127.0.0.1',
    '127.9.9.9',
    '10.0.0.1',
    '192.168.1.1',
    '172.16.0.1',
    '172.31.255.255',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '[::1]',
    '[::]',
    '[fe80::1]',
    '[fd00::1]',
    '[::ffff:7f00:1]',
  ])('%s is', (host) => {
    expect(isPrivateHost(host)).toBe(true);
  });

  it.each([
    'example.org',
    '8.8.8.8',
    '172.32.0.1',
    '100.128.0.1',
    '11.0.0.1',
    'localhost.example',
    '[2001:db8::1]',
  ])('%s is not', (host) => {
    expect(isPrivateHost(host)).toBe(false);
  });
});

describe('readPermitted', () => {
  const page = 'https://page.example/';
  const image = 'https://cdn.example/image.png';

  /** Answers as a browser does that was led to `url`. */
  function answerFrom(url: string, body: BodyInit = 'bytes') {
    const answer = new Response(body, { headers: { 'content-type': 'image/png' } });
    vi.stubGlobal('fetch', async (asked: string) =>
      Object.defineProperties(answer, { url: { value: url }, redirected: { value: url !== asked } }),
    );
  }

  beforeEach(() => {
    vi.spyOn(fakeBrowser.permissions, 'contains').mockResolvedValue(true);
  });
  afterEach(() => vi.unstubAllGlobals());

  it.each([
    'http://127.0.0.1:4774/ipfs/x',
    'http://192.168.1.1/camera.png',
    'http://[::1]/x',
    'http://nas.local/x',
  ])('does not let a page lead it into the network by a redirect to %s', async (target) => {
    answerFrom(target);
    await expect(readPermitted(image, 'omit', page)).rejects.toMatchObject({
      code: 'resource-not-readable',
      message: expect.stringContaining('may not reach into this network'),
    });
  });

  it('follows redirects to where the page itself may send it', async () => {
    answerFrom('https://elsewhere.example/image.png');
    const { bytes, url } = await readPermitted(image, 'omit', page);
    expect([await bytes.text(), url]).toEqual(['bytes', 'https://elsewhere.example/image.png']);
    answerFrom('http://192.168.1.1/image.png');
    expect(await readPermitted(image, 'omit', 'http://192.168.1.2/')).toMatchObject({ type: 'image/png' });
  });

  it('reads no more for a page than a resource may have', async () => {
    let sentBytes = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sentBytes += 1024 ** 2;
        if (sentBytes > 4 * resourceLimits.resourceBytes) controller.close();
        else controller.enqueue(new Uint8Array(1024 ** 2));
      },
    });
    answerFrom(image, endless);
    await expect(readPermitted(image, 'omit', page)).rejects.toMatchObject({ code: 'resource-not-readable' });
    expect(sentBytes).toBeLessThan(2 * resourceLimits.resourceBytes);
  });
});
