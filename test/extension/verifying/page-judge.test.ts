import { describe, expect, it } from 'vitest';

import { checkQuestion } from '../../../extension/verifying/page-judge.ts';
import { siteOf } from '../../../extension/verifying/site-patterns.ts';

const hello = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';
const digest = 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9';
const hash = { kind: 'cid', value: hello };
const good = {
  hashes: [hash],
  claims: [{ hash, url: 'https://a.test/', actual: { digest, cid: hello, sizeBytes: 1 } }],
  pageId: 'p',
  candidateCount: 1,
};

describe('checkQuestion', () => {
  it('should take a good question', () => {
    expect(checkQuestion(good)).toEqual(good);
  });

  it.each([
    undefined,
    'text',
    {},
    { ...good, hashes: [{ kind: 'cid', value: 'x' }] },
    { ...good, hashes: [{ kind: 'digest', value: hello }] },
    { ...good, hashes: [{ kind: 'digest', value: digest.toUpperCase() }] },
    { ...good, hashes: Array(2_001).fill(hash) },
    { ...good, claims: Array(101).fill(good.claims[0]) },
    { ...good, claims: [{ hash, url: 'x'.repeat(10_000) }] },
    { ...good, claims: [{ hash, url: '', actual: { digest: 'x', cid: hello, sizeBytes: 1 } }] },
    { ...good, pageId: '' },
    { ...good, candidateCount: -1 },
    { ...good, candidateCount: 0.5 },
  ])('should refuse %j', (request) => {
    expect(() => checkQuestion(request)).toThrowError(
      expect.objectContaining({ code: 'malformed-question' }),
    );
  });
});

describe('siteOf', () => {
  it.each([
    ['https://example.org/a?b#c', 'https://example.org', 'https://example.org/*'],
    ['http://127.0.0.1:4774/demo', 'http://127.0.0.1:4774', 'http://127.0.0.1/*'],
    ['http://[::1]:80/', 'http://[::1]', 'http://[::1]/*'],
  ])('should name the site of %s', (url, origin, pattern) => {
    expect(siteOf(url)).toEqual({ origin, pattern });
  });

  it.each([
    undefined,
    '',
    'about:blank',
    'chrome://extensions',
    'file:///a',
    'chrome-extension://x/popup.html',
    'https://chromewebstore.google.com/x',
  ])('should name none for %s', (url) => {
    expect(siteOf(url)).toBeUndefined();
  });
});
