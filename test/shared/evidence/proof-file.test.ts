import PDFDocument from 'pdfkit';
import { describe, expect, it } from 'vitest';

import { readProofFile } from '../../../shared/evidence/proof-file.ts';
import { parseProofXml } from '../../../shared/evidence/proof-xml.ts';
import { realProofs, vectorById } from '../../helpers/originstamp-vectors.ts';

const xml = realProofs[0]?.proof_xml ?? '';
const encode = (text: string) => new TextEncoder().encode(text);

async function pdfWith(name: string, content: string): Promise<Uint8Array> {
  const document = new PDFDocument();
  const chunks: Buffer[] = [];
  document.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise((resolve) => document.on('end', resolve));
  document.file(Buffer.from(content), { name });
  document.end();
  await ended;
  return Buffer.concat(chunks);
}

describe('readProofFile', () => {
  it.each([
    ['as it was downloaded', xml],
    ['with a byte order mark', `\uFEFF${xml}`],
    ['with white space around it', `\n${xml.replace(/^<\?.*?\?>/, '')}\n`],
  ])('should read XML %s', async (_, text) => {
    expect(await readProofFile(encode(text))).toEqual({ kind: 'xml', proof: parseProofXml(xml) });
  });

  it('should read the proof that a PDF carries', async () => {
    const pdf = await pdfWith('proof.Ethereum.xml', xml);
    expect(await readProofFile(pdf)).toEqual({ kind: 'pdf', proof: parseProofXml(xml) });
  });

  it('should read a seed file', async () => {
    const { seed_text, private_key } = vectorById('synthetic-seed-file');
    const read = await readProofFile(encode(seed_text));
    expect(read).toEqual({ kind: 'seed-file', proof: { text: seed_text, roots: [private_key] } });
    // A regular expression over so much would run out of stack.
    const day = Array.from({ length: 100_000 }, (_, index) => index.toString(16).padStart(64, '0')).join(' ');
    expect(await readProofFile(encode(day))).toMatchObject({ kind: 'seed-file', proof: { text: day } });
    expect(await readProofFile(encode('ab'.repeat(32)))).toMatchObject({ kind: 'seed-file' });
  });

  it.each<[string, Uint8Array | Promise<Uint8Array>, RegExp]>([
    ['nothing', new Uint8Array(), /not a Merkle proof/],
    ['an image', Uint8Array.of(0x89, 0x50, 0x4e, 0x47), /no UTF-8/],
    ['UTF-16', Buffer.from(`\uFEFF${xml}`, 'utf16le'), /no UTF-8/],
    ['a page', encode('<!doctype html><p>hello'), /contains "<!"/],
    ['something large', new Uint8Array(2 * 1024 * 1024).fill(60), /at most 1048576/],
    ['a PDF without a proof', pdfWith('letter.txt', 'hello'), /./],
    ['a PDF with a forged proof', pdfWith('proof.xml', xml.replace('"hash"', '"mesh"')), /./],
    ['a PDF that is cut off', encode('%PDF-1.7\n1 0 obj'), /./],
  ])('should refuse %s', async (_, bytes, message) => {
    await expect(readProofFile(await bytes)).rejects.toMatchObject({
      code: 'malformed-proof',
      message: expect.stringMatching(message),
    });
  });
});
