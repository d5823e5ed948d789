import { describe, expect, it } from 'vitest';

import { demoPage, lookAlike } from '../../companion/pages/demo-page.ts';
import { alteredDiploma, diploma } from '../../companion/pages/diploma.ts';
import { createPages } from '../../companion/pages/pages.ts';
import { type Status, statusPage } from '../../companion/pages/status-page.ts';
import { normalizeCid } from '../../shared/fingerprint/cid.ts';
import { fingerprint } from '../../shared/fingerprint/fingerprint.ts';
import { jsPlatform } from '../../shared/fingerprint/js-platform.ts';

const status: Status = {
  version: '1.2.3',
  url: 'http://127.0.0.1:4774',
  startedAtMs: Date.UTC(2026, 10, 22, 2, 33),
  chain: {
    name: 'Local',
    id: 4_774_000_001,
    isLocal: true,
    contract: `0x${'11'.repeat(20)}`,
    blockNumber: 7n,
  },
};
const pages = createPages({ status: async () => status, isDiplomaStamped: () => true });
const diplomaFingerprint = await fingerprint([diploma], jsPlatform);

describe('the pages', () => {
  it.each(['/', '/demo', '/demo/diploma.html', '/demo/diploma-altered.html'])(
    'should let %s run no script and load nothing from elsewhere',
    async (path) => {
      const answer = await pages.request(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      const policy = answer.headers.get('content-security-policy');
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('script-src');
      const html = await answer.text();
      expect(html).not.toMatch(/<script|\son\w+=|https?:\/\/(?!127\.0\.0\.1)/i);
    },
  );

  it.each(['/assets/style.css', '/assets/icon-32.png', '/assets/icon-96.png'])(
    'should serve %s',
    async (path) => {
      const answer = await pages.request(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(100);
    },
  );

  it('should serve the diploma as it was stamped', async () => {
    const bytes = new Uint8Array(await (await pages.request('/demo/diploma.html')).arrayBuffer());
    expect(await fingerprint([bytes], jsPlatform)).toEqual(diplomaFingerprint);
  });
});

describe('the demo page', () => {
  const html = String(demoPage(diplomaFingerprint, true));

  it('should show the diploma by CID, digest, other version, and address', () => {
    const { cid, digest } = diplomaFingerprint;
    expect(html).toContain(`<a cid="${cid}" href="/demo/diploma.html">`);
    expect(html).toContain(digest);
    expect(html).toContain(`href="ipfs://${cid}"`);
    const [cidV1] = html.match(/bafybei[a-z2-7]+/) ?? [];
    expect(normalizeCid(cidV1 ?? '')).toBe(cid);
  });

  it('should make a false claim: bytes that do not hash to the CID beside them', async () => {
    expect(html).toContain(`<a cid="${diplomaFingerprint.cid}" href="/demo/diploma-altered.html">`);
    expect((await fingerprint([alteredDiploma], jsPlatform)).cid).not.toBe(diplomaFingerprint.cid);
  });

  it('should show a look-alike that is a CID, of something else', () => {
    const other = lookAlike(diplomaFingerprint.cid);
    expect(html).toContain(other);
    expect(other).not.toBe(diplomaFingerprint.cid);
    expect(normalizeCid(other)).toBe(other);
  });

  it('should say when the diploma is not stamped yet', () => {
    expect(html).not.toContain('not stamped yet');
    expect(String(demoPage(diplomaFingerprint, false))).toContain('not stamped yet');
  });
});

describe('the status page', () => {
  it('should say what runs, on which chain, and that it proves nothing to strangers', () => {
    const html = String(statusPage(status));
    for (const text of [
      '1.2.3',
      '4774000001',
      status.chain.contract,
      'block 7',
      'proves nothing to strangers',
    ]) {
      expect(html).toContain(text);
    }
  });

  it('should say that the chain does not answer', () => {
    const html = String(statusPage({ ...status, chain: { ...status.chain, blockNumber: undefined } }));
    expect(html).toContain('Not answering');
  });

  it('should escape what it shows, and claim nothing of a public chain', () => {
    const html = String(
      statusPage({
        ...status,
        chain: { ...status.chain, isLocal: false, name: '<img src=x onerror=alert(1)>' },
      }),
    );
    expect(html).toContain('&lt;img src=x');
    expect(html).not.toContain('proves nothing to strangers');
  });
});
