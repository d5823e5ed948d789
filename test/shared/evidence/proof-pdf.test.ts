import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { deflateSync } from 'node:zlib';
import PDFDocument from 'pdfkit';
import { describe, expect, it } from 'vitest';

import { createCertificate } from '../../../companion/service/originstamp/certificate/certificate.ts';
import { findPrintedProof, isPdf, maxPdfBytes, readProofPdf } from '../../../shared/evidence/proof-pdf.ts';
import { parseProofXml, writeProofXml } from '../../../shared/evidence/proof-xml.ts';
import { makeEvidence, makeProof } from '../../helpers/certificate-evidence.ts';
import { realProofs } from '../../helpers/originstamp-vectors.ts';

const { resolve } = createRequire(import.meta.url);
const mono = readFileSync(resolve('@fontsource/roboto-mono/files/roboto-mono-latin-400-normal.woff'));
type Draw = (document: PDFKit.PDFDocument) => void;

/** A PDF by another hand than ours: compressed, with the standard fonts, as `draw` fills it. */
async function makePdf(draw: Draw, options: PDFKit.PDFDocumentOptions = {}): Promise<Uint8Array> {
  const document = new PDFDocument({ size: 'A4', ...options });
  const chunks: Buffer[] = [];
  const ended = new Promise((resolve) => document.on('end', resolve));
  document.on('data', (chunk: Buffer) => chunks.push(chunk));
  draw(document);
  document.end();
  await ended;
  return Buffer.concat(chunks);
}

/** As the hosted service prints a proof: indented, `type` first, without `standalone`. */
function printed(xml: string): string[] {
  let depth = 0;
  return xml
    .replace(' standalone="yes"', '')
    .replaceAll(/ value="(\w+)" type="(\w+)"/g, ' type="$2" value="$1"')
    .replaceAll('><', '>\n<')
    .split('\n')
    .map((line) => {
      if (line.startsWith('</')) depth -= 1;
      const indented = '  '.repeat(depth) + line;
      if (/^<\w/.test(line) && !line.endsWith('/>')) depth += 1;
      return indented;
    });
}

function attach(document: PDFKit.PDFDocument, name: string, text: string): void {
  document.file(Buffer.from(text), { name });
}

async function refusal(bytes: Uint8Array): Promise<string> {
  const error = await readProofPdf(bytes).catch((reason) => reason);
  expect(error).toMatchObject({ code: 'malformed-proof' });
  return error.message;
}

const proof = makeProof(9);
const xml = writeProofXml(proof);

describe('readProofPdf', () => {
  it('should take proof and hint out of our own certificate, and leave the bytes as they are', async () => {
    const evidence = makeEvidence({ proof: makeProof(64), comment: '/Encrypt << /LZWDecode' });
    const bytes = await createCertificate(evidence);
    const before = bytes.slice();
    const { xml, hint, source } = await readProofPdf(bytes);
    expect(parseProofXml(xml)).toMatchObject(evidence.proof);
    expect(hint).toEqual({ root: evidence.proof.root, chainId: 1, transaction: evidence.transaction });
    expect(source).toBe('attachment');
    expect(bytes).toEqual(before);
  });

  it.each(realProofs)('should take $id from the pages on which it is printed', async ({ proof_xml }) => {
    const bytes = await makePdf((document) => {
      document.fontSize(20).text('OriginStamp certificate');
      document.addPage().registerFont('mono', mono);
      // Small print on a short page: the deeper half stands on the next one, behind a foot.
      for (const [index, line] of printed(proof_xml).entries()) {
        if (index > 0 && index % 12 === 0) {
          document.font('Helvetica').text(`Page ${index / 12}`, 60, 760, { lineBreak: false });
          document.addPage();
        }
        document
          .font('mono')
          .fontSize(5)
          .text(line, 40, 60 + (index % 12) * 20, { width: 500 });
      }
    });
    const { xml, hint, source } = await readProofPdf(bytes);
    expect(parseProofXml(xml)).toEqual(parseProofXml(proof_xml));
    expect([hint, source]).toEqual([undefined, 'pages']);
  });

  it('should take the attached proof, whatever is printed and attached besides', async () => {
    const bytes = await makePdf((document) => {
      document.text(printed(writeProofXml(makeProof(2))).join('\n'));
      attach(document, 'readme.txt', 'hello');
      attach(document, 'proof.Bitcoin.xml', xml);
      attach(document, 'evidence.json', '{"format":"something else"}');
    });
    expect(await readProofPdf(bytes)).toEqual({ xml, source: 'attachment' });
  });

  it('should name what is wrong with a PDF that holds no proof', async () => {
    expect(await refusal(await makePdf((document) => void document.text('Hello')))).toContain(
      'no proof is attached to it, and none is printed',
    );
    const two = await makePdf((document) => {
      attach(document, 'proof.Bitcoin.xml', xml);
      attach(document, 'proof.Ethereum.xml', xml);
    });
    expect(await refusal(two)).toContain('2 proofs are attached to it');
    const large = await makePdf((document) => attach(document, 'proof.xml', ' '.repeat(1024 * 1024 + 1)));
    expect(await refusal(large)).toContain('1048577 bytes');
    const long = await makePdf((document) => {
      for (let page = 0; page < 100; page += 1) document.addPage();
    });
    expect(await refusal(long)).toContain('101 pages');
    expect(await refusal(await makePdf(() => undefined, { userPassword: 'secret' }))).toContain(
      'it is encrypted',
    );
  });

  it('should refuse what is no PDF, or a broken one, without hanging', async () => {
    expect(await refusal(new TextEncoder().encode(xml))).toContain('it is no PDF');
    expect(await refusal(new Uint8Array())).toContain('it is no PDF');
    expect(await refusal(new Uint8Array(maxPdfBytes + 1))).toContain('4194305 bytes');
    await refusal(new TextEncoder().encode('%PDF-1.7\n%%EOF'));
    const bytes = await createCertificate(makeEvidence());
    await refusal(bytes.slice(0, 300));
  });

  it('should not unpack what becomes too much', async () => {
    const once = await makePdf((document) => attach(document, 'proof.xml', ' '.repeat(80_000_000)));
    expect(once.length).toBeLessThan(100_000);
    expect(await refusal(once)).toContain('unpack to more than a certificate holds');
    const many = `%PDF-1.7\n${'stream\nx'.repeat(5000)}`;
    expect(await refusal(Buffer.from(many))).toContain('more parts');
    // Each part steps over the heads of those behind it, and goes on to the end of the file, which unpacks to nothing.
    const heads = Array.from({ length: 40 }, (_, index) => {
      const head = Buffer.from('stream\n\x78\x9c\0....', 'latin1');
      head.writeUInt16LE((39 - index) * head.length, 10);
      head.writeUInt16LE(0xffff - (39 - index) * head.length, 12);
      return head;
    });
    const nothing = Buffer.alloc(2_000_000, Buffer.from([0, 0, 0, 255, 255]));
    const idle = Buffer.concat([Buffer.from('%PDF-1.7\n'), ...heads, nothing]);
    expect(await refusal(idle)).toContain('unpack to more than a certificate holds');
  });

  it.each([
    [
      'begins on a line far away',
      (packed: Buffer) => [`/Filter /FlateDecode >> stream${' '.repeat(2000)}\n`, packed],
    ],
    [
      'has a head that only strict readers mind',
      (packed: Buffer) => [
        '/Filter /FlateDecode >> stream\n',
        Buffer.concat([Buffer.from([0x88, 0x1c]), packed.subarray(2)]),
      ],
    ],
    ['shares its line with another', (packed: Buffer) => ['/Filter /FlateDecode >> stream stream\n', packed]],
  ])('should find what %s', async (_, write) => {
    const parts = write(deflateSync(Buffer.alloc(80_000_000))).map((part) => Buffer.from(part));
    const pdf = Buffer.concat([Buffer.from('%PDF-1.7\n1 0 obj << '), ...parts]);
    expect(await refusal(pdf)).toContain('unpack to more than a certificate holds');
  });

  it.each([
    '/Filter /#4cZWDecode',
    '/Filter /ASCII85Decode',
    '/Filter/RL',
    '/Filter [/FlateDecode /FlateDecode]',
    '/Filter [ 6 0 R ]',
    '/Filter 6 0 R',
    '/Filte#72%why\n6 0 R',
    '/F /A85',
    '/F [/AHx /Fl]',
    '/F[/Fl/Fl]',
    '/F 6 0 R',
    '/F%why\n6 0 R',
    '/F [6 0 R]',
  ])('should refuse %s, which is not looked into', async (packing) => {
    const pdf = `%PDF-1.7\n1 0 obj << ${packing} >> stream\nx\nendstream`;
    expect(await refusal(Buffer.from(pdf))).toMatch(/it is packed with|it does not say in one word/);
  });

  /** Claims 30,000 × 30,000 pixels, and holds next to none. */
  const jpegOf = (pixels: number) => {
    const side = Buffer.from([pixels >> 8, pixels & 255]);
    const segment = (marker: number, ...body: number[]) => [0xff, marker, 0, body.length + 2, ...body];
    return Buffer.from([
      ...[0xff, 0xd8],
      ...segment(0xdb, 0, ...Array(64).fill(1)),
      ...segment(0xc0, 8, ...side, ...side, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0),
      ...segment(0xc4, 0, 1, ...Array(15).fill(0), 0),
      ...segment(0xc4, 0x10, 1, ...Array(15).fill(0), 0),
      ...segment(0xda, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0),
      ...Array(100).fill(0),
      ...[0xff, 0xd9],
    ]);
  };
  const attachedJpeg = async (filter: string, pixels: number) => {
    const jpeg = jpegOf(pixels).toString('latin1');
    const pdf = Buffer.from(
      await makePdf((document) => attach(document, 'proof.xml', 'x'.repeat(50)), { compress: false }),
    ).toString('latin1');
    const length = /\/Length 50\n([^>]*)>>\nstream\nx{50}/;
    expect(pdf).toMatch(length);
    const [head, tail] = [`/Length ${jpeg.length}\n$1${filter} >>\nstream\n`, jpeg.replaceAll('$', '$$$$')];
    return Buffer.from(pdf.replace(length, `${head}${tail}`), 'latin1');
  };

  it.each(['/Filter /DCTDecode', '/Filter [/DCT]', '/F /DCTDecode'])(
    'should not unpack what claims to be a JPEG by %s',
    async (filter) => {
      const before = process.memoryUsage().rss;
      // What is read is the JPEG itself, and that is no proof.
      const { xml } = await readProofPdf(await attachedJpeg(filter, 30_000));
      expect(() => parseProofXml(xml)).toThrow(expect.objectContaining({ code: 'malformed-proof' }));
      expect(Buffer.byteLength(xml)).toBeLessThan(5_000);
      expect(process.memoryUsage().rss - before).toBeLessThan(500_000_000);
    },
  );

  it.each([
    '/W [1 4 1]',
    '/W[1 4 1]',
    '/#57 [ +1 4 1]',
    '/W [1+4+1]',
    '/W 8 0 R',
    `/W [%${'y'.repeat(2000)}\n1 4 1]`,
  ])('should refuse a table with %s, which may name parts inside of parts', async (widths) => {
    const bomb = deflateSync(Buffer.alloc(8_000_000));
    const head = '4 0 ';
    const inner = [`<</Filter/FlateDecode/Length ${bomb.length}>>\nstream\n`, bomb, '\nendstream '];
    const outer = deflateSync(Buffer.concat([head, ...inner].map((part) => Buffer.from(part))));
    const objects: [number, ...(string | Buffer)[]][] = [
      [1, '<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(proof.xml) 3 0 R]>>>>>>'],
      [2, '<</Type/Pages/Kids[]/Count 0>>'],
      [3, '<</Type/Filespec/UF(proof.xml)/EF<</UF 4 0 R>>>>'],
      [5, `<</N 1/First 4/Filter/FlateDecode/Length ${outer.length}>>\nstream\n`, outer, '\nendstream'],
    ];
    const rows = Buffer.alloc(7 * 6);
    let pdf = Buffer.from('%PDF-1.7\n');
    for (const [number, ...body] of objects) {
      rows[number * 6] = 1;
      rows.writeUInt32BE(pdf.length, number * 6 + 1);
      const parts = [`${number} 0 obj\n`, ...body, '\nendobj\n'].map((part) => Buffer.from(part));
      pdf = Buffer.concat([pdf, ...parts]);
    }
    rows.set([2, 0, 0, 0, 5, 0], 4 * 6);
    const table = `6 0 obj\n<<${widths}/Size 7/Root 1 0 R/Length ${rows.length}>>\nstream\n`;
    const end = `\nendstream\nendobj\nstartxref\n${pdf.length}\n%%EOF`;
    const bytes = Buffer.concat([pdf, Buffer.from(table), rows, Buffer.from(end)]);
    expect(await refusal(bytes)).toContain('packed into one another');
  });

  it('should refuse a JPEG that hides under another spelling', async () => {
    expect(await refusal(await attachedJpeg('/Filter /#44CTDecode', 100))).toContain('in one word');
  });

  it('should refuse a comment that is too long to be looked over', async () => {
    const pdf = `%PDF-1.7\n1 0 obj << /F%${'y'.repeat(2000)}\n6 0 R >> stream\nx\nendstream`;
    expect(await refusal(Buffer.from(pdf))).toContain('it does not say in one word');
  });

  it('should take a PDF whose names of files and filters are spelled in other ways that are common', async () => {
    const bytes = Buffer.from(await makePdf((document) => attach(document, 'proof.xml', xml))).toString(
      'latin1',
    );
    const respelled = bytes
      .replaceAll('/Filter /FlateDecode', '/Filter[/FlateDecode]')
      .replace('%%EOF', '% << /EF << /F 5 0 R /UF 5 0 R >> /Filter /Adobe.PPKLite /F 4 >>\n%%EOF');
    expect(respelled).not.toBe(bytes);
    expect((await readProofPdf(Buffer.from(respelled, 'latin1'))).xml).toBe(xml);
  });

  it('should run no script of the PDF', async () => {
    const bytes = await makePdf((document) => {
      document.addNamedJavaScript('start', 'globalThis.wasRun = true; app.alert(1)');
      attach(document, 'proof.xml', xml);
    });
    expect((await readProofPdf(bytes)).xml).toBe(xml);
    expect('wasRun' in globalThis).toBe(false);
  });
});

describe('findPrintedProof', () => {
  it('should put values and attributes together that lines have broken', () => {
    const broken = xml
      .replaceAll(/([0-9a-f]{20})([0-9a-f]{44})/g, '$1\n$2')
      .replaceAll('" type', '"\n   type');
    expect(parseProofXml(findPrintedProof(`Proof\n${broken}\nThe end`) ?? '')).toMatchObject(proof);
  });

  it('should leave no text between elements, and find nothing where there is nothing', () => {
    expect(findPrintedProof('<node a="1">Page 2 of 3<left/></node>')).toBe('<node a="1"><left/></node>');
    expect(findPrintedProof('</node><node>')).toBeUndefined();
    expect(findPrintedProof('no proof')).toBeUndefined();
  });

  it('should not take long over text that was made to take long', () => {
    const hostile = `<node ${'<'.repeat(200_000)}${'"'.repeat(200_001)}</node>`;
    expect(findPrintedProof(hostile)).toBeDefined();
  });
});

describe('isPdf', () => {
  it('should look for the signature where readers look for it', () => {
    const text = (before: string) => new TextEncoder().encode(`${before}%PDF-1.4`);
    expect(isPdf(text(''))).toBe(true);
    expect(isPdf(text(' '.repeat(900)))).toBe(true);
    expect(isPdf(text(' '.repeat(1100)))).toBe(false);
  });
});
