import type { CertificateEvidence } from './certificate.ts';
import { colours, type Span } from './lines.ts';
import { layOutQrCode } from './qr-code.ts';
import { paper, type Sheet, textWidth } from './sheet.ts';
import { qrText, readableTime } from './wording.ts';

/** What was stamped, when, and on which chain: the page that is read. */
export function setFrontPage(sheet: Sheet, evidence: CertificateEvidence): void {
  setTitle(sheet, evidence);
  setStatement(sheet, evidence);
  setWhere(sheet, evidence);
  setWhat(sheet, evidence);
}

function setTitle(sheet: Sheet, { chain, serviceUrl }: CertificateEvidence): void {
  const tone = chain.isLocal ? colours.note : colours.good;
  sheet.draw((document) => {
    document.rect(0, 0, paper.width, 6).fill(tone.ink);
  });
  sheet.text('P', [{ text: 'HASHMARK', face: 'bold' }, { text: `  ·  issued by ${serviceUrl}` }], {
    size: 8,
    colour: colours.soft,
  });
  sheet.skip(4);
  sheet.text('H1', 'Certificate of existence', { face: 'bold', size: 25, leading: 1.2 });
  sheet.skip(2);
  sheet.text(
    'P',
    'Timestamp of a SHA-256 digest, with the proof that anybody can check without the service that issued it.',
    { colour: colours.soft, size: 10 },
  );
  sheet.skip(12);
}

function setStatement(sheet: Sheet, evidence: CertificateEvidence): void {
  const { chain, digest, blockTimeSeconds } = evidence;
  const tone = chain.isLocal ? colours.note : colours.good;
  const inner = { indent: 16, width: textWidth - 32 };
  const mark: Span[] = [
    {
      text: chain.isLocal
        ? 'STAMPED ON A LOCAL CHAIN: THIS PROVES NOTHING TO STRANGERS'
        : `STAMPED ON ${chain.name.toUpperCase()}`,
    },
  ];
  const lead: Span[] = [
    {
      text: chain.isLocal
        ? 'By its own record, a chain on one computer holds the digest below since'
        : 'The bytes with the digest below existed, exactly as they are, no later than',
    },
  ];
  const time: Span[] = [{ text: readableTime(blockTimeSeconds * 1000) }];
  const after: Span[] = [
    {
      text: chain.isLocal
        ? 'Whoever owns that computer owns the chain, and its clock: blocks and their times can be made at will. This certificate shows how a stamp works; only a stamp on a public chain is evidence towards others.'
        : 'This is the time of the block that holds the proof’s root, as the chain itself states it. The bytes may be older; they cannot be younger.',
    },
  ];
  const styles = {
    mark: { ...inner, face: 'bold', size: 8.5, colour: tone.ink },
    lead: { ...inner, size: 10.5 },
    time: { ...inner, face: 'bold', size: 19, leading: 1.3 },
    after: { ...inner, size: 9 },
    label: { ...inner, size: 8.5, colour: colours.soft },
    digest: { ...inner, face: 'mono', size: 11 },
  } as const;
  const height =
    sheet.heightOf(mark, styles.mark) +
    sheet.heightOf(lead, styles.lead) +
    sheet.heightOf(time, styles.time) +
    sheet.heightOf(after, styles.after) +
    sheet.heightOf([{ text: 'S' }], styles.label) +
    sheet.heightOf([{ text: digest }], styles.digest) +
    51;
  const top = sheet.y;
  sheet.draw((document) => {
    document
      .roundedRect(paper.left, top, textWidth, height, 6)
      .lineWidth(0.8)
      .fillAndStroke(tone.ground, tone.line);
  });
  sheet.skip(14);
  sheet.text('P', mark, styles.mark);
  sheet.skip(7);
  sheet.text('P', lead, styles.lead);
  sheet.text('P', time, styles.time);
  sheet.skip(3);
  sheet.text('P', after, styles.after);
  sheet.skip(10);
  sheet.text('P', 'SHA-256 digest', styles.label);
  sheet.text('P', [{ text: digest }], styles.digest);
  sheet.skip(17 + 7);
}

function setWhat(sheet: Sheet, { comment, submittedAtMs }: CertificateEvidence): void {
  heading(sheet, 'What was submitted');
  facts(sheet, [
    [
      'Comment',
      comment === null || comment === ''
        ? [{ text: 'None', colour: colours.soft }]
        : [
            { text: '“' },
            { text: comment, isForeign: true },
            { text: '”' },
            { text: '\nThe submitter’s words, not part of the proof.', colour: colours.soft },
          ],
    ],
    [
      'Accepted',
      [
        { text: readableTime(submittedAtMs) },
        { text: ', by the service’s own clock: not part of the proof.', colour: colours.soft },
      ],
    ],
  ]);
}

const qrPoints = 108;

function setWhere(sheet: Sheet, evidence: CertificateEvidence): void {
  const { chain, proof, transaction, blockNumber, blockHash, blockTimeSeconds, sender, seedId } = evidence;
  const url = chain.explorerTxUrl && `${chain.explorerTxUrl}${transaction}`;
  const { length: steps } = proof.steps;
  // The code stands beside the facts, so all of it has to be on one page.
  sheet.need(qrPoints + 150);
  heading(sheet, 'Where it is anchored');
  const top = sheet.y + 3;
  sheet.figure(`QR code: ${qrText(evidence)}`, (document) => drawQrCode(document, qrText(evidence), top));
  facts(
    sheet,
    [
      ['Block time', [{ text: readableTime(blockTimeSeconds * 1000), face: 'medium' }]],
      ['Chain', [{ text: `${chain.name}, chain id ${chain.id}` }]],
      ['Block', [{ text: String(blockNumber) }]],
      ['Sent by', [mono(sender)]],
      ['Seed', [mono(seedId)]],
      ['Path', [{ text: `${steps} ${steps === 1 ? 'step' : 'steps'} from the digest to the root` }]],
      [
        'QR code',
        [
          {
            text: url
              ? 'The transaction in a public explorer'
              : 'Digest, root, transaction and chain id as text',
          },
        ],
      ],
    ],
    textWidth - qrPoints - 22,
  );
  sheet.skip(Math.max(0, top + qrPoints + 6 - sheet.y));
  facts(sheet, [
    ['Root', [mono(proof.root)]],
    ['Transaction', [{ ...mono(transaction), ...(url ? { link: url, colour: colours.link } : {}) }]],
    ['Block hash', [mono(blockHash)]],
  ]);
}

function drawQrCode(document: PDFKit.PDFDocument, text: string, top: number): void {
  const left = paper.width - paper.left - qrPoints;
  const { size, bars } = layOutQrCode(text);
  const module = qrPoints / size;
  for (const { x, y, width } of bars) {
    document.rect(left + x * module, top + y * module, width * module, module);
  }
  document.fill(colours.ink);
}

/**
 * A heading, with a line above unless it opens a page.
 * @param room what has to fit on the same page, in points: a heading is never the last thing on it.
 */
export function heading(sheet: Sheet, text: string, room = 80): void {
  sheet.need(room);
  if (!sheet.isAtTop) {
    sheet.skip(11);
    const top = sheet.y;
    sheet.draw((document) => {
      document
        .moveTo(paper.left, top)
        .lineTo(paper.left + textWidth, top)
        .lineWidth(0.6)
        .stroke(colours.line);
    });
    sheet.skip(10);
  }
  sheet.text('H2', text, { face: 'bold', size: 12 });
  sheet.skip(4);
}

const labelWidth = 82;

function facts(sheet: Sheet, rows: [string, Span[]][], width: number = textWidth): void {
  sheet.group('Table', () => {
    for (const [label, value] of rows) {
      const style = { indent: labelWidth, width: width - labelWidth, size: 9.5 };
      sheet.need(sheet.heightOf(value, style));
      sheet.group('TR', () => {
        sheet.beside(() => sheet.text('TH', label, { size: 9.5, colour: colours.soft, width: labelWidth }));
        sheet.text('TD', value, style);
      });
      sheet.skip(3.2);
    }
  });
}

/** Hashes and other text for machines, as wide as the text around it. */
export function mono(text: string): Span {
  return { text, face: 'mono', size: 8.4 };
}
