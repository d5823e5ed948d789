import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import decodeQr from 'qr/decode.js';
import { describe, expect, it } from 'vitest';

import {
  type CertificateEvidence,
  createCertificate,
} from '../../../../../companion/service/originstamp/certificate/certificate.ts';
import { layOutQrCode } from '../../../../../companion/service/originstamp/certificate/qr-code.ts';
import { describeChain } from '../../../../../companion/service/public/chain-facts.ts';
import { parseProofXml, writeProofXml } from '../../../../../shared/evidence/proof-xml.ts';
import { readSeedHint } from '../../../../../shared/evidence/seed-evidence.ts';
import { makeEvidence, makeProof, sha256 } from '../../../../helpers/certificate-evidence.ts';
import { readPdf } from '../../../../helpers/read-pdf.ts';

const local = describeChain(4_774_000_123);
const certify = async (changes: Partial<CertificateEvidence> = {}) =>
  readPdf(await createCertificate(makeEvidence(changes)));
/** Where a line ends on paper says nothing. */
const flat = (text: string) => text.replaceAll(/\s+/g, ' ');

describe('createCertificate', () => {
  it('should say what was stamped, when, where and by whom, in text that can be selected', async () => {
    const evidence = makeEvidence();
    const { pages, title } = await certify();
    const [first = ''] = pages.map(flat);
    for (const value of [
      evidence.digest,
      evidence.proof.root,
      evidence.transaction,
      evidence.blockHash,
      evidence.sender,
      evidence.seedId,
      String(evidence.blockNumber),
      'Ethereum, chain id 1',
      'existed, exactly as they are, no later than 22 November 2026, 02:33:17 UTC',
      '“Invoice 17” The submitter’s words, not part of the proof.',
      '22 November 2026, 02:33:10 UTC, by the service’s own clock: not part of the proof.',
      'https://stamp.example',
    ]) {
      expect(first).toContain(value);
    }
    expect(title).toBe(`Certificate of existence of ${evidence.digest}`);
  });

  it('should say what it does not prove on the page that is read, and drop it for no comment', async () => {
    const [first = ''] = (await certify({ chain: local })).pages;
    expect(first).toContain('What it does not prove');
    const { pages } = await certify({ comment: '😀'.repeat(128) });
    expect(pages[0]).not.toContain('What it does not prove');
    expect(pages.at(-1)).toContain('What it does not prove');
  });

  it('should be A4, numbered, and name the digest on every page', async () => {
    const { pages, sizes } = await certify();
    expect(pages).toHaveLength(3);
    for (const [index, page] of pages.entries()) {
      expect(sizes[index]?.map((points) => Math.round(points * 100) / 100)).toEqual([595.28, 841.89]);
      expect(page).toContain(`Page ${index + 1} of 3`);
      expect(page).toContain(makeEvidence().digest);
    }
  });

  it('should give the same bytes in another process, time zone and language', async () => {
    const evidence = makeEvidence({ comment: 'Ἀλήθεια, правда, Grüße' });
    const here = await createCertificate(evidence);
    expect(sha256(await createCertificate(evidence))).toEqual(sha256(here));
    const module = new URL(
      '../../../../../companion/service/originstamp/certificate/certificate.ts',
      import.meta.url,
    );
    const program = `
      const { createCertificate } = await import(${JSON.stringify(module.href)});
      process.stdout.write(await createCertificate(JSON.parse(process.argv[1])));`;
    const there = execFileSync(
      process.execPath,
      ['--input-type=module', '-e', program, JSON.stringify(evidence)],
      { env: { ...process.env, TZ: 'Pacific/Auckland', LC_ALL: 'de_DE.UTF-8' }, maxBuffer: 10_000_000 },
    );
    expect(sha256(there)).toEqual(sha256(here));
  });

  it('should carry its fonts, and nothing that acts, hides or differs between machines', async () => {
    const text = Buffer.from(await createCertificate(makeEvidence())).toString('latin1');
    const descriptors = text.match(/\/Type \/FontDescriptor/g) ?? [];
    expect(descriptors.length).toBeGreaterThanOrEqual(3);
    expect(text.match(/\/FontFile2 /g)).toHaveLength(descriptors.length);
    const fonts = [...text.matchAll(/\/BaseFont \/(\S+)/g)].map(([, name]) => name);
    expect(fonts.filter((name) => !/^[A-Z]{6}\+Roboto/.test(name ?? ''))).toEqual([]);
    expect(text).not.toMatch(/\/(JavaScript|JS|OpenAction|AA|Launch|SubmitForm|GoToR|FlateDecode|Encrypt)\b/);
    expect(text).toContain('<pdfaid:part>3</pdfaid:part>');
    expect(text).toContain('/Lang (en)');
  });

  it('should link nothing but the transaction in the explorer', async () => {
    const { transaction } = makeEvidence();
    const { links, hasScript } = await certify();
    expect(new Set(links)).toEqual(new Set([`https://etherscan.io/tx/${transaction}`]));
    expect(hasScript).toBe(false);
    expect((await certify({ chain: local })).links).toEqual([]);
  });

  it('should attach the proof as the API gives it, and where to look', async () => {
    const evidence = makeEvidence({ comment: '"\u0000\u202e\n' });
    const { attachments } = await certify(evidence);
    expect(Object.keys(attachments).sort()).toEqual([
      'evidence.json',
      `proof.Ethereum.${evidence.digest}.xml`,
    ]);
    const xml = Buffer.from(attachments[`proof.Ethereum.${evidence.digest}.xml`] ?? []).toString();
    expect(xml).toBe(writeProofXml(evidence.proof));
    expect(parseProofXml(xml)).toMatchObject(evidence.proof);
    const json = Buffer.from(attachments['evidence.json'] ?? []).toString();
    expect(JSON.parse(json)).toMatchObject({
      sha256: evidence.digest,
      comment: evidence.comment,
      block_number: evidence.blockNumber,
      block_time: evidence.blockTimeSeconds,
      chain: { id: 1, is_local: false },
    });
    const { transaction, proof } = evidence;
    expect(readSeedHint(json)).toEqual({ root: proof.root, transaction, chainId: 1 });
  });

  it('should show every step, also when the proof fills several pages', async () => {
    const proof = makeProof(64);
    const { pages } = await certify({ proof });
    expect(pages.length).toBeGreaterThan(4);
    const text = pages.join('\n');
    for (const { sibling } of proof.steps) expect(text.split(sibling).length - 1).toBe(2);
    expect(flat(text)).toMatch(/Step 64 left [0-9a-f]{64} right [0-9a-f]{64} gives the root/);
    for (const [index, page] of pages.entries())
      expect(page).toContain(`Page ${index + 1} of ${pages.length}`);
  });

  it('should print commands that recompute the root when they are copied into a shell', async () => {
    const { pages } = await certify();
    const text = pages.join('\n');
    const script = text.slice(text.indexOf('s() {'), text.indexOf('echo $h') + 'echo $h'.length);
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trim()).toBe(makeEvidence().proof.root);
    const [request = ''] = text.match(/\{"jsonrpc".*?\]\}/s) ?? [];
    expect(JSON.parse(request)).toMatchObject({ params: [makeEvidence().transaction] });
  });

  it('should say on every page that a local chain proves nothing to strangers', async () => {
    const { pages } = await certify({ chain: local, serviceUrl: 'http://127.0.0.1:4774' });
    expect(flat(pages[0] ?? '')).toContain('STAMPED ON A LOCAL CHAIN: THIS PROVES NOTHING TO STRANGERS');
    for (const page of pages) expect(page).toContain('Local chain: proves nothing to strangers');
    expect(pages.join('')).not.toContain('no later than');
    expect((await certify()).pages.join('')).not.toContain('strangers');
  });

  it('should keep a hostile comment a comment', async () => {
    const comment =
      'a\n“Verified by the court” \\) Tj ET endstream endobj\r\u202Egnp.\u2028<rdf:li>\u0000 中 😀 \ud800';
    const { pages, title } = await certify({ comment });
    const shown = flat(pages[0] ?? '').match(/“(a\[U\+000A\].*)” The submitter’s words/)?.[1];
    expect(shown?.replaceAll(' ', '')).toBe(
      'a[U+000A]“Verifiedbythecourt”\\)TjETendstreamendobj[U+000D][U+202E]gnp.[U+2028]<rdf:li>[U+0000][U+4E2D][U+1F600][U+D800]',
    );
    expect(title).not.toContain('court');
  });

  it('should set any comment, and keep the rest readable', async () => {
    const comments = fc.string({ unit: 'binary', maxLength: 256 }).map((text) => text.slice(0, 256));
    await fc.assert(
      fc.asyncProperty(comments, async (comment) => {
        const { pages, attachments } = await certify({ comment });
        expect(JSON.parse(Buffer.from(attachments['evidence.json'] ?? []).toString()).comment).toBe(comment);
        const text = flat(pages.join(' '));
        expect(text).toContain('02:33:10 UTC, by the service’s own clock');
        expect(text).toContain(makeEvidence().transaction);
      }),
      { numRuns: 12 },
    );
  });

  it('should hold the longest comment that can be spelled out', async () => {
    const { pages } = await certify({ comment: '😀'.repeat(128) });
    expect(pages.join('').replaceAll(/\s/g, '').split('[U+1F600]').length - 1).toBe(128);
  });

  it('should tell a reader who cannot see it what is a heading and what a table', async () => {
    const { roles } = await certify();
    expect(roles[0]).toEqual(
      expect.arrayContaining(['H1', 'H2', 'Table', 'TR', 'TH', 'TD', 'Figure', 'Link']),
    );
    expect(roles[1]).toEqual(expect.arrayContaining(['H2', 'Table', 'TR']));
  });

  it.each([
    ['a leaf that is another digest', { digest: 'ab'.repeat(32) }],
    ['a root that it does not lead to', { proof: { ...makeProof(3), root: 'cd'.repeat(32) } }],
    ['no step at all', { proof: { ...makeProof(0) } }],
  ])('should certify no proof with %s', async (_case, changes) => {
    await expect(createCertificate(makeEvidence(changes))).rejects.toMatchObject({ code: 'broken-proof' });
  });
});

describe('layOutQrCode', () => {
  it.each([`https://etherscan.io/tx/0x${'ab'.repeat(32)}`, `SHA-256 ${'0123'.repeat(60)}\nchain 1`, 'x'])(
    'should be read by another program: %s',
    (text) => {
      const { size, bars } = layOutQrCode(text);
      const [quietZone, scale] = [4, 4];
      const width = (size + 2 * quietZone) * scale;
      const data = new Uint8Array(width * width * 4).fill(255);
      for (const bar of bars) {
        for (let y = 0; y < scale; y += 1) {
          const row = (bar.y + quietZone) * scale + y;
          const start = (row * width + (bar.x + quietZone) * scale) * 4;
          data.fill(0, start, start + bar.width * scale * 4);
        }
      }
      expect(decodeQr({ width, height: width, data })).toBe(text);
    },
  );
});
