import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import { jsPlatform } from '../../../shared/fingerprint/js-platform.ts';
import { type RunningService, startService } from '../../helpers/running-service.ts';

const helloCid = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';
const helloCidV1 = 'bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wa';
const helloDigest = 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9';
const unknownCid = 'QmehMASWcBsX7VcEQqs6rpR5AHoBfKyBVEgmkJHjpPg8jq';

let running: RunningService;
const settings: { brandName?: string; brandLogo?: string } = {};
let bundled: string;
let bundle: string;
let privateCid: string;
beforeAll(async () => {
  running = await startService({ chain: true, settings });
  await running.upload(
    { 'group-id': 'One', network: 'public', 'stamp-immediately': 'true' },
    'hello world',
    '<script>alert(1)<b> & "more".txt',
  );
  await running.upload({ 'group-id': 'Many', network: 'public' }, 'first of many', 'one.txt');
  const many = await running.upload(
    { 'group-id': 'Many', network: 'public', 'stamp-immediately': 'true' },
    'second of many',
    'two.txt',
  );
  bundled = many.body.hash;
  bundle = many.body.postmark_hash;
  const kept = await running.upload(
    { 'group-id': 'Top secret', network: 'private', 'stamp-immediately': 'true' },
    'nobody else’s',
    'secret-plan.txt',
  );
  privateCid = kept.body.hash;
});
afterAll(() => running.stop());

async function get(path: string, init?: RequestInit) {
  const response = await fetch(running.url + path, init);
  return { status: response.status, headers: response.headers, html: await response.text() };
}

describe('GET /pverify/{cid}', () => {
  it.each([helloCid, helloCidV1])('shows the record of %s', async (cid) => {
    const { status, headers, html } = await get(`/pverify/${cid}`);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    for (const shown of [helloCid, helloCidV1, helloDigest, running.chain?.contract, 'Acme', '4774123456'])
      expect(html).toContain(shown);
    expect(html).toMatch(/<time datetime="\d{4}-\d\d-\d\dT[\d:]+\.000Z">/);
    expect(html).toMatch(/0x[0-9a-f]{64}/);
  });

  it('says that a local chain proves nothing to strangers', async () => {
    const { html } = await get(`/pverify/${helloCid}`);
    expect(html).toContain('Stamped on a local chain');
    expect(html).toContain('proves nothing to strangers');
    expect(html).not.toContain('It existed, byte for byte');
  });

  it('runs no script, loads nothing from elsewhere, and shows names as text', async () => {
    const { headers, html } = await get(`/pverify/${helloCid}`);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/style-src 'sha256-[A-Za-z0-9+/=]+';/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/script-src|unsafe/);
    expect(html).not.toMatch(/<script|\son\w+=/i);
    expect(html).toContain('&lt;script&gt;alert(1)&lt;b&gt; &amp; &quot;more&quot;.txt');
  });

  it('leads to the bundle of a file that was stamped with others', async () => {
    const { html } = await get(`/pverify/${bundled}`);
    expect(html).toContain(`${running.url}/ipfs/${bundle}`);
    const bytes = new Uint8Array(await (await fetch(`${running.url}/ipfs/${bundle}`)).arrayBuffer());
    expect((await fingerprint([bytes], jsPlatform)).cid).toBe(bundle);
    expect(new TextDecoder().decode(bytes)).toContain(bundled);
  });

  it('has a page for a bundle itself', async () => {
    const { status, html } = await get(`/pverify/${bundle}`);
    expect(status).toBe(200);
    expect(html).toContain('A bundle of files');
    expect(html).toContain('the CID itself');
  });

  it('tells neither name nor group nor bytes of a private file', async () => {
    const { status, html } = await get(`/pverify/${privateCid}`);
    expect(status).toBe(200);
    expect(html).toContain('Not published');
    expect(html).not.toContain('secret');
    expect(html).not.toContain(`/ipfs/${privateCid}`);
  });

  it('says of a file that is not stamped that nothing proves anything yet', async () => {
    const { body } = await running.upload({ 'group-id': 'Later', network: 'public' }, 'not stamped');
    const { status, html } = await get(`/pverify/${body.hash}`);
    expect(status).toBe(200);
    expect(html).toContain('Waiting for its stamp');
    expect(html).not.toMatch(/0x[0-9a-f]{64}/);
  });

  it.each([
    [unknownCid, 404, 'knows nothing of this file'],
    ['QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH', 404, 'knows nothing of this file'],
    ['hello', 400, 'This link is not whole'],
    ['%3Cscript%3E', 400, 'This link is not whole'],
  ])('is a page with status and words for %s', async (cid, status, text) => {
    const answer = await get(`/pverify/${cid}`);
    expect(answer.status).toBe(status);
    expect(answer.html).toContain(text);
    expect(answer.html).not.toContain('<script');
  });

  it('shows the brand, and lets its logo load', async () => {
    settings.brandName = 'University of Example';
    settings.brandLogo = 'https://logos.example/u.png';
    const { headers, html } = await get(`/pverify/${helloCid}`);
    delete settings.brandName;
    delete settings.brandLogo;
    expect(html).toContain('University of Example');
    expect(html).toContain('<img src="https://logos.example/u.png"');
    expect(headers.get('content-security-policy')).toContain("img-src 'self' https://logos.example;");
  });

  it.each(['verify', 'view'])('is where /%s leads', async (word) => {
    const response = await fetch(`${running.url}/${word}/${helloCid}`, { redirect: 'manual' });
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe(`/pverify/${helloCid}`);
    const odd = await fetch(`${running.url}/${word}/%2F%2Fevil.example`, { redirect: 'manual' });
    expect(odd.headers.get('location')).toMatch(/^\/pverify\/%2F/);
  });

  it('is what verifyUrl leads to', async () => {
    const { body } = await running.upload({ 'group-id': 'Linked', network: 'public' }, 'linked');
    expect(body.verifyUrl).toBe(`${running.url}/verify/${body.hash}`);
    const response = await fetch(body.verifyUrl);
    expect(response.url).toBe(`${running.url}/pverify/${body.hash}`);
    expect(response.status).toBe(200);
  });
});

describe('GET /pverify/{cid}/evidence.json', () => {
  it('says where on which chain to look, so that nobody has to be believed', async () => {
    const response = await fetch(`${running.url}/pverify/${bundled}/evidence.json`);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    const evidence = await response.json();
    expect(evidence).toEqual({
      format: 'hashmark-evidence-1',
      cid: bundled,
      cidv1: expect.stringMatching(/^bafybei/),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      content: `${running.url}/ipfs/${bundled}`,
      stamps: [
        {
          chain: { id: 4_774_123_456, name: 'Hashmark local chain', is_local: true },
          contract: running.chain?.contract,
          event: {
            signature: 'MappingUpdated(string)',
            topic: '0x987d596c0d6d980b04b3f889d0bf04ecdab72d595e9669fcf5015ad2b394ecc5',
            value: bundle,
          },
          transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/),
          block_number: expect.any(Number),
          block_time: expect.any(Number),
          is_final: expect.any(Boolean),
          bundle: `${running.url}/ipfs/${bundle}`,
        },
      ],
    });
    const receipt = await running.chain?.reader.getTransactionReceipt({
      hash: evidence.stamps[0].transaction,
    });
    expect(Number(receipt?.blockNumber)).toBe(evidence.stamps[0].block_number);
  });

  it.each([
    [unknownCid, 404],
    ['hello', 400],
  ])('answers for %s with JSON', async (cid, status) => {
    const response = await fetch(`${running.url}/pverify/${cid}/evidence.json`);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ success: false });
  });
});
