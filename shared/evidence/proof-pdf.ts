import { HashmarkError, messageOf } from '../errors.ts';
import { findPdfExcess, withoutJpegs } from './pdf-limits.ts';
import { maxProofBytes } from './proof-xml.ts';
import { readSeedHint, type SeedHint } from './seed-evidence.ts';

/** What a certificate holds. Nothing in it is checked. */
export interface ProofPdf {
  /** For `parseProofXml`. */
  xml: string;
  /** Where the certificate says that the root stands; absent when it does not say so in a form for programs. */
  hint?: SeedHint;
  /** Where the proof was found: an attached file, or what is printed on the pages. */
  source: 'attachment' | 'pages';
}

/** A certificate of 64 levels, with its fonts, has a tenth of it. */
export const maxPdfBytes = 4 * 1024 * 1024;
/** More is no certificate. */
const maxPages = 100;
/** A PDF that keeps the library busy longer is given up. */
const readWithinMs = 20_000;

type PdfDocument = Awaited<ReturnType<typeof import('unpdf').getDocumentProxy>>;

/** Whether the bytes claim to be a PDF: `%PDF-` stands within the first kilobyte, as readers of PDF accept it. */
export function isPdf(bytes: Uint8Array): boolean {
  return new TextDecoder('latin1').decode(bytes.subarray(0, 1024)).includes('%PDF-');
}

/**
 * Takes the proof out of a PDF certificate: from the attached `proof….xml`, else from the XML that is printed on the pages, as
 * the hosted service does. Runs no script of the PDF, draws nothing, and fetches nothing.
 *
 * The PDF library is loaded by the first call, and works in this thread: a hostile PDF can keep it busy. So ask for files
 * that the user chose, and nothing else.
 *
 * @throws HashmarkError `malformed-proof` when it is no PDF that can be read, is too large, or holds no proof or several.
 */
export async function readProofPdf(bytes: Uint8Array): Promise<ProofPdf> {
  if (bytes.length > maxPdfBytes) {
    throw malformed(`it has ${bytes.length} bytes, and a certificate has at most ${maxPdfBytes}`);
  }
  if (!isPdf(bytes)) throw malformed('it is no PDF');
  const excess = await findPdfExcess(bytes.slice());
  if (excess) throw malformed(excess);
  const { getResolvedPDFJS } = await import('unpdf');
  const { getDocument } = await getResolvedPDFJS();
  const loading = getDocument({
    // A copy: the library takes the buffer away from whoever gave it, and takes no Node buffer.
    data: withoutJpegs(bytes),
    verbosity: 0,
    // Text and attachments need none of these.
    enableXfa: false,
    disableFontFace: true,
    useSystemFonts: false,
    useWasm: false,
    useWorkerFetch: false,
    maxImageSize: 0,
  });
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('it takes too long to read')), readWithinMs);
  try {
    return await Promise.race([loading.promise.then(readDocument), late.promise]);
  } catch (cause) {
    if (cause instanceof HashmarkError) throw cause;
    throw malformed(messageOf(cause), cause);
  } finally {
    clearTimeout(timer);
    await loading.destroy().catch(() => undefined); // What was to be read was read.
  }
}

async function readDocument(pdf: PdfDocument): Promise<ProofPdf> {
  const attached = await readAttachments(pdf);
  if (attached) return attached;
  const xml = findPrintedProof(await readPages(pdf));
  if (xml === undefined) throw malformed('no proof is attached to it, and none is printed on its pages');
  return { xml, source: 'pages' };
}

async function readAttachments(pdf: PdfDocument): Promise<ProofPdf | undefined> {
  const files = [...((await pdf.getAttachments()) ?? [])];
  const read = async (id: string) => {
    const content = await pdf.getAttachmentContent(id);
    if (!content) return undefined;
    if (content.length > maxProofBytes) throw malformed(`a file attached to it has ${content.length} bytes`);
    // Not what it says about itself: `parseProofXml` refuses what is no UTF-8 text of a proof.
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(content);
  };
  const proofs = files.filter(([, { filename }]) => /^proof.*\.xml$/i.test(filename));
  if (proofs.length > 1) throw malformed(`${proofs.length} proofs are attached to it, and it should be one`);
  const [proof] = proofs;
  const xml = proof && (await read(proof[0]));
  if (xml === undefined) return undefined;
  const evidence = files.find(([, { filename }]) => filename === 'evidence.json');
  const hint = readSeedHint((evidence && (await read(evidence[0]))) ?? '');
  return { xml, ...(hint ? { hint } : {}), source: 'attachment' };
}

async function readPages(pdf: PdfDocument): Promise<string> {
  if (pdf.numPages > maxPages) throw malformed(`it has ${pdf.numPages} pages`);
  let text = '';
  for (let number = 1; number <= pdf.numPages; number += 1) {
    const page = await pdf.getPage(number);
    const { items } = await page.getTextContent({ disableNormalization: true });
    for (const item of items) if ('str' in item) text += item.hasEOL ? `${item.str}\n` : item.str;
    text += '\n';
    if (text.length > 2 * maxProofBytes) throw malformed('there is more text on its pages than a proof has');
  }
  return text;
}

/**
 * The XML of a proof in the text of pages, put together again: a value may be broken over two lines, and between two
 * elements the foot of one page may stand. It is still text that somebody else parses and checks.
 *
 * @returns undefined when there is no `<node … </node>`.
 */
export function findPrintedProof(text: string): string | undefined {
  const start = text.search(/<node\b/);
  const end = text.lastIndexOf('</node>');
  if (start < 0 || end < start) return undefined;
  const elements = text.slice(start, end + '</node>'.length).match(/<[^<>]*>/g) ?? [];
  return elements
    .map((element) =>
      element.replaceAll(/"[^"]*"/g, (value) => value.replaceAll(/\s/g, '')).replaceAll(/\s+/g, ' '),
    )
    .join('');
}

function malformed(why: string, cause?: unknown): HashmarkError {
  return new HashmarkError(
    'malformed-proof',
    `No proof can be read from this PDF: ${why.replace(/\.$/, '')}. Expected a certificate as the service gave it; get it again from there.`,
    { cause },
  );
}
