// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { normalizeMhtml } from '../../../../extension/stamping/capture/mhtml.ts';

/** As Chromium writes it, with what it draws anew each time. */
function archive(date: string, boundary: string, id: string, body = ''): Blob {
  const broken = `${id.slice(0, 5)}=\r\n${id.slice(5)}`;
  const text = [
    'From: <Saved by Blink>',
    'Snapshot-Content-Location: https://example.org/',
    'Subject: x',
    `Date: ${date}`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/related;',
    '\ttype="text/html";',
    `\tboundary="${boundary}"`,
    '',
    '',
    `--${boundary}`,
    'Content-Type: text/html',
    'Content-ID: <frame-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA@mhtml.blink>',
    '',
    `<iframe src=3D"cid:frame-${broken}@mhtml.blink"></iframe>${body}`,
    `--${boundary}`,
    `Content-ID: <frame-${id}@mhtml.blink>`,
    '',
    'inner',
    `--${boundary}--`,
    '',
  ].join('\r\n');
  return new Blob([Uint8Array.from(text, (character) => character.charCodeAt(0))]);
}

const one = archive(
  'Sun, 22 Nov 2026 02:56:50 GMT',
  '----MultipartBoundary--aaaa----',
  '0123456789ABCDEF0123456789ABCDEF',
  '\xe9\x80\x9f',
);
const other = archive(
  'Mon, 23 Nov 2026 12:00:00 GMT',
  '----MultipartBoundary--zzzz----',
  'FEDCBA9876543210FEDCBA9876543210',
  '\xe9\x80\x9f',
);

describe('normalizeMhtml', () => {
  it('gives the same bytes for archives of the same page', async () => {
    const [a, b] = await Promise.all([one, other].map(async (it) => (await normalizeMhtml(it)).bytes()));
    expect(a).toEqual(b);
  });

  it('keeps references and every other byte', async () => {
    const bytes = await (await normalizeMhtml(one)).bytes();
    const text = String.fromCharCode(...bytes);
    expect(text).not.toMatch(/^Date:/m);
    expect(text).toContain('\xe9\x80\x9f');
    expect(text).toContain(`cid:frame-00000=\r\n${'1'.padStart(27, '0')}@mhtml.blink`);
    expect(text).toContain(`Content-ID: <frame-${'1'.padStart(32, '0')}@mhtml.blink>`);
  });

  it('does not put a boundary where the page could have foreseen it', async () => {
    const text = await (
      await normalizeMhtml(
        archive(
          'x',
          '----MultipartBoundary--aaaa----',
          '0123456789ABCDEF0123456789ABCDEF',
          '------MultipartBoundary--hashmark----',
        ),
      )
    ).text();
    expect(text).toContain('boundary="----MultipartBoundary--aaaa----"');
  });

  it('leaves alone what it does not know', async () => {
    const blob = new Blob(['no archive']);
    expect(await normalizeMhtml(blob)).toBe(blob);
  });
});
