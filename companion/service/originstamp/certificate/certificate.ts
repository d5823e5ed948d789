import PDFDocument from 'pdfkit';

import { HashmarkError } from '../../../../shared/errors.ts';
import type { MerkleProof } from '../../../../shared/evidence/merkle.ts';
import { writeProofXml } from '../../../../shared/evidence/proof-xml.ts';
import { writeSeedEvidence } from '../../../../shared/evidence/seed-evidence.ts';
import { type Currency, proofFileName } from '../../../../shared/wire/originstamp.ts';
import type { ChainFacts } from '../../public/chain-facts.ts';
import { setFrontPage } from './front-page.ts';
import { limitsHeight, setLimits } from './limits.ts';
import { setProofPages } from './proof-pages.ts';
import { createSheet, paper } from './sheet.ts';
import { recomputeLevels } from './wording.ts';

/** Everything a certificate says. The same evidence always gives the same bytes. */
export interface CertificateEvidence {
  /** The stamped digest, 64 lower-case hex digits; the same as `proof.leaf`. */
  digest: string;
  /** What the first submitter wrote beside it: any text, at most 256 UTF-16 code units. */
  comment: string | null;
  /** When the service accepted the digest, Unix milliseconds: its word, which nothing proves. */
  submittedAtMs: number;
  /** Lower-case UUID of the seed. */
  seedId: string;
  currency: Currency;
  /** See `describeChain`. */
  chain: ChainFacts;
  proof: MerkleProof;
  /** `0x` and 64 hex digits. */
  transaction: string;
  blockNumber: number;
  /** `0x` and 64 hex digits. */
  blockHash: string;
  /** The block's own time, Unix seconds. */
  blockTimeSeconds: number;
  /** The wallet that sent the transaction: `0x` and 40 hex digits. */
  sender: string;
  /** Public address of the service that issued it, without a slash at the end. */
  serviceUrl: string;
}

/**
 * The PDF certificate of a digest whose seed is final: A4, PDF/A-3, fonts embedded, tagged, no script, with the proof
 * (`proof.….xml`) and `evidence.json` attached. The same evidence gives the same bytes, on every machine: nothing in it is
 * compressed, because compressors differ.
 *
 * @throws HashmarkError `broken-proof` when the path does not lead from the digest to the root: nothing false is certified.
 */
export async function createCertificate(evidence: CertificateEvidence): Promise<Uint8Array<ArrayBuffer>> {
  const { digest, proof, blockTimeSeconds, currency, chain } = evidence;
  const levels = recomputeLevels(evidence);
  if (proof.leaf !== digest || levels.at(-1)?.parent !== proof.root) {
    throw new HashmarkError(
      'broken-proof',
      `The proof of ${digest} does not lead to the root ${proof.root}, so it cannot be certified.`,
    );
  }
  const anchoredAt = new Date(blockTimeSeconds * 1000);
  const document = new PDFDocument({
    // Nothing that somebody typed may stand here: pdfkit writes it unescaped into the XMP metadata.
    info: {
      Title: `Certificate of existence of ${digest}`,
      Subject: 'Timestamp of a SHA-256 digest, with its proof',
      Creator: 'Hashmark',
      Producer: 'Hashmark',
      // Also decides the document's id: the clock must not.
      CreationDate: anchoredAt,
    },
    size: 'A4',
    margins: { left: paper.left, right: paper.left, top: 0, bottom: 0 },
    pdfVersion: '1.7',
    subset: 'PDF/A-3b',
    tagged: true,
    lang: 'en',
    displayTitle: true,
    compress: false,
    bufferPages: true,
    autoFirstPage: false,
    // Without it pdfkit asks for Helvetica, which cannot be embedded.
    font: '',
  });
  const bytes = collect(document);
  const sheet = createSheet(document);
  setFrontPage(sheet, evidence);
  // On the page that is read, unless a long comment takes the room.
  const isRoomInFront = limitsHeight(sheet, evidence) <= sheet.room;
  if (isRoomInFront) setLimits(sheet, evidence);
  setProofPages(sheet, evidence, levels);
  if (!isRoomInFront) setLimits(sheet, evidence);
  sheet.foot((page, pages) => ({
    left: [
      { text: digest, face: 'mono', size: 6.6 },
      { text: chain.isLocal ? '\nLocal chain: proves nothing to strangers' : '' },
    ],
    right: [{ text: `Page ${page} of ${pages}` }],
  }));
  const attach = (name: string, type: string, description: string, text: string) => {
    const options = { name, type, description, creationDate: anchoredAt, modifiedDate: anchoredAt };
    // PDF/A wants to know what a file is to the document; pdfkit's types do not.
    document.file(Buffer.from(text), Object.assign(options, { relationship: 'Data' }));
  };
  attach(
    proofFileName(digest, currency.id, 'xml'),
    'application/xml',
    'The proof: the path from the digest to the root',
    writeProofXml(proof),
  );
  attach(
    'evidence.json',
    'application/json',
    'Where on which chain the root stands',
    writeSeedEvidence({
      digest,
      root: proof.root,
      seedId: evidence.seedId,
      currencyId: currency.id,
      chain,
      transaction: evidence.transaction,
      sender: evidence.sender,
      blockNumber: evidence.blockNumber,
      blockHash: evidence.blockHash,
      blockTimeSeconds,
      submittedAtSeconds: evidence.submittedAtMs / 1000,
      comment: evidence.comment,
      service: evidence.serviceUrl,
    }),
  );
  document.end();
  return bytes;
}

function collect(document: PDFKit.PDFDocument): Promise<Uint8Array<ArrayBuffer>> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
  const chunks: Buffer[] = [];
  document.on('data', (chunk: Buffer) => chunks.push(chunk));
  document.on('end', () => resolve(new Uint8Array(Buffer.concat(chunks))));
  document.on('error', reject);
  return promise;
}
