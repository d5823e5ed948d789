import { describe, expect, it } from 'vitest';

import { encodeBundle } from '../../../shared/evidence/bundle.ts';
import { createPathChecker } from '../../../shared/evidence/check-path.ts';
import type { FetchedContent } from '../../../shared/evidence/fetch-content.ts';
import { resolveValue, type VerifiedContent } from '../../../shared/evidence/resolve-value.ts';
import { fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import { jsPlatform } from '../../../shared/fingerprint/js-platform.ts';

const text = (content: string) => new TextEncoder().encode(content);
const hash = (bytes: Uint8Array) => fingerprint([bytes], jsPlatform);

const hello = await hash(text('hello world'));
const other = await hash(text('other'));
const bundleBytes = encodeBundle([{ cid: hello.cid, digest: hello.digest }, { cid: other.cid }]);
const bundle = await hash(bundleBytes);
const linkBytes = text(`A page. Stamped Bundle: ${bundle.cid} and itself no bundle`);
const link = await hash(linkBytes);

const store =
  (contents: Record<string, Uint8Array<ArrayBuffer>>) =>
  async (cid: string): Promise<FetchedContent> => {
    const bytes = contents[cid];
    return bytes ? { kind: 'bytes', bytes } : { kind: 'absent', detail: 'gateway has none' };
  };

const keep = (contents: VerifiedContent[]) => async (cid: string) =>
  contents.find((content) => content.cid === cid);

describe('resolveValue', () => {
  it('should cover a single file by its CID and its digest, and not keep its bytes', async () => {
    const resolved = await resolveValue(hello.cid, store({ [hello.cid]: text('hello world') }), jsPlatform);
    expect(resolved).toEqual({
      value: hello.cid,
      state: 'resolved',
      detail: '',
      contents: [{ cid: hello.cid, digest: hello.digest, sizeBytes: 11 }],
      coverage: [
        { hash: hello.cid, path: [hello.cid] },
        { hash: hello.digest, path: [hello.cid] },
      ],
    });
  });

  it('should cover the members of a bundle and their digests', async () => {
    const resolved = await resolveValue(bundle.cid, store({ [bundle.cid]: bundleBytes }), jsPlatform);
    expect(resolved.coverage.map((coverage) => coverage.hash)).toEqual([
      bundle.cid,
      bundle.digest,
      hello.cid,
      hello.digest,
      other.cid,
    ]);
    expect(resolved.contents[0]?.bytes).toEqual(bundleBytes);
  });

  it('should follow a link to a further bundle', async () => {
    const contents = { [link.cid]: linkBytes, [bundle.cid]: bundleBytes };
    const resolved = await resolveValue(link.cid, store(contents), jsPlatform);
    expect(resolved.state).toBe('resolved');
    expect(resolved.coverage).toContainEqual({ hash: other.cid, path: [link.cid, bundle.cid] });
  });

  it('should end with contents that link in a circle or to themselves', async () => {
    // A CID cannot be written into its own bytes: a gateway that could would need a collision. Two files may still name
    // each other where one of the two does not hash to its name.
    const forged = text(`Stamped Bundle: ${link.cid}`);
    const contents = { [link.cid]: linkBytes, [bundle.cid]: forged };
    const resolved = await resolveValue(link.cid, store(contents), jsPlatform);
    expect(resolved.state).toBe('mismatch');
    expect(resolved.coverage.map((coverage) => coverage.hash)).toEqual([link.cid, link.digest]);
  });

  it.each<[FetchedContent, string]>([
    [{ kind: 'bytes', bytes: text('forged') }, 'mismatch'],
    [{ kind: 'absent', detail: '404' }, 'not-public'],
    [{ kind: 'too-large', detail: 'huge' }, 'unreadable'],
    [{ kind: 'unavailable', detail: 'down' }, 'unavailable'],
  ])('should cover nothing but the value for %j', async (fetched, state) => {
    const resolved = await resolveValue(bundle.cid, async () => fetched, jsPlatform);
    expect(resolved).toMatchObject({
      state,
      contents: [],
      coverage: [{ hash: bundle.cid, path: [bundle.cid] }],
    });
    expect(resolved.detail).not.toBe('');
  });

  it('should not ask for a CID that it cannot recompute', async () => {
    const rawLeaf = 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e';
    const resolved = await resolveValue(rawLeaf, () => Promise.reject(new Error('asked')), jsPlatform);
    expect(resolved.state).toBe('unreadable');
  });
});

describe('createPathChecker', () => {
  const kept: VerifiedContent[] = [
    { ...bundle, bytes: bundleBytes },
    { ...link, bytes: linkBytes },
    { cid: hello.cid, digest: hello.digest, sizeBytes: 11 },
  ];
  const check = createPathChecker(keep(kept), jsPlatform);

  it.each([
    ['the value itself', [hello.cid], hello.cid, false],
    ['the digest of the value', [hello.cid], hello.digest, false],
    ['a member of the bundle', [bundle.cid], other.cid, true],
    ['the digest of a member', [bundle.cid], hello.digest, true],
    ['a member of a linked bundle', [link.cid, bundle.cid], other.cid, true],
    ['a linked bundle', [link.cid, bundle.cid], bundle.cid, true],
  ])('should prove %s', async (_, path, wanted, isBundle) => {
    expect(await check(path, wanted)).toMatchObject({ result: 'proved', isBundle });
  });

  it.each([
    ['a hash that the bundle does not list', [bundle.cid], other.digest],
    ['a link that is not there', [bundle.cid, link.cid], other.cid],
    ['another file', [hello.cid], other.cid],
    ['an empty path', [], other.cid],
  ])('should refute %s', async (_, path, wanted) => {
    expect(await check(path, wanted)).toMatchObject({ result: 'refuted' });
  });

  it('should refute a member when the kept bytes were changed', async () => {
    const changed = encodeBundle([{ cid: other.cid }, { cid: hello.cid }]);
    const forged = createPathChecker(keep([{ ...bundle, bytes: changed }]), jsPlatform);
    expect(await forged([bundle.cid], other.cid)).toMatchObject({ result: 'refuted' });
  });

  it('should say when the bytes are not at hand', async () => {
    const empty = createPathChecker(keep([]), jsPlatform);
    expect(await empty([bundle.cid], other.cid)).toMatchObject({ result: 'unavailable' });
  });
});
