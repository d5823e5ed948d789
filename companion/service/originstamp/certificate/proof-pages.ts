import { numberToHex } from 'viem';

import type { CertificateEvidence } from './certificate.ts';
import { heading, mono } from './front-page.ts';
import { body, colours } from './lines.ts';
import { paper, type Sheet, textWidth } from './sheet.ts';
import { type Level, readableTime } from './wording.ts';

/** The whole proof as a table, and how it is checked with common tools. */
export function setProofPages(sheet: Sheet, evidence: CertificateEvidence, levels: readonly Level[]): void {
  sheet.turn();
  setTable(sheet, evidence, levels);
  setHandCheck(sheet, evidence);
}

const code = { face: 'mono', size: 7.6, leading: 1.42, indent: 18 } as const;

function setTable(sheet: Sheet, { digest }: CertificateEvidence, levels: readonly Level[]): void {
  heading(sheet, 'The proof');
  sheet.text(
    'P',
    'Digests that were accepted together stand in one tree, and only its root stands on the chain. Each step writes two values one after the other, the left one first, as one text of 128 lower-case hex digits without a space or a line end; the SHA-256 of that text is the value of the next step. The last one has to be the root.',
    body,
  );
  sheet.skip(4);
  sheet.text(
    'P',
    [
      {
        text: 'For programs, the same path is attached to this PDF as XML, and where to look for the root as ',
      },
      mono('evidence.json'),
      { text: '.' },
    ],
    body,
  );
  sheet.skip(8);
  sheet.group('Table', () => {
    row(sheet, 'Start', [['digest', digest, colours.ink]]);
    for (const [index, { left, right, parent, siblingSide }] of levels.entries()) {
      const own = (side: 'left' | 'right') => (side === siblingSide ? colours.ink : colours.soft);
      const isLast = index === levels.length - 1;
      row(sheet, `Step ${index + 1}`, [
        ['left', left, own('left')],
        ['right', right, own('right')],
        [isLast ? 'gives the root' : 'gives', parent, colours.ink],
      ]);
    }
  });
}

/** One row, never cut by the end of a page. */
function row(sheet: Sheet, name: string, lines: [label: string, value: string, colour: string][]): void {
  const lineHeight = 11;
  sheet.need(lines.length * lineHeight + 8);
  const top = sheet.y;
  sheet.group('TR', () => {
    sheet.beside(() => sheet.text('TH', name, { size: 8.4, face: 'medium', width: 60 }));
    for (const [label, value, colour] of lines) {
      sheet.beside(() => sheet.text('TD', label, { size: 8, colour: colours.soft, indent: 62, width: 80 }));
      sheet.text('TD', value, { face: 'mono', size: 8, leading: lineHeight / 8, indent: 142, colour });
    }
  });
  sheet.skip(3);
  const bottom = sheet.y;
  if (bottom > top) {
    sheet.draw((document) => {
      document
        .moveTo(paper.left, bottom)
        .lineTo(paper.left + textWidth, bottom)
        .lineWidth(0.4)
        .stroke(colours.line);
    });
  }
  sheet.skip(3);
}

function setHandCheck(sheet: Sheet, evidence: CertificateEvidence): void {
  const { chain, digest, proof, transaction, blockNumber, blockHash, blockTimeSeconds, sender } = evidence;
  const url = chain.explorerTxUrl && `${chain.explorerTxUrl}${transaction}`;
  const step = (number: number, text: string) => {
    sheet.need(44);
    sheet.skip(5);
    sheet.beside(() => sheet.text('P', `${number}.`, { ...body, face: 'medium' }));
    sheet.text('P', text, { ...body, indent: 18 });
  };
  const commands = (lines: readonly string[]) => {
    sheet.skip(2);
    for (const line of lines) sheet.text('Code', line, code);
    sheet.skip(2);
  };

  heading(sheet, 'How to check it by hand', 150);
  step(1, 'Compute the SHA-256 digest of your file; in this order, on Linux, macOS or Windows, with:');
  commands(['sha256sum FILE', 'shasum -a 256 FILE', 'certutil -hashfile FILE SHA256']);
  sheet.text('P', [{ text: 'It has to be ' }, mono(digest)], {
    ...body,
    indent: 18,
  });
  step(2, 'Go through the steps of the table, for instance in a shell (macOS: shasum -a 256 for sha256sum):');
  commands(shellScript(proof));
  sheet.text('P', [{ text: 'They have to print ' }, mono(proof.root)], {
    ...body,
    indent: 18,
  });
  step(
    3,
    url
      ? 'Look the transaction up in any explorer or node of the chain, for instance here:'
      : 'Ask a node of the chain for the transaction, with NODE in place of its address:',
  );
  if (url) {
    sheet.skip(2);
    sheet.text('P', [{ text: url, link: url, colour: colours.link }], code);
    sheet.skip(2);
    sheet.text('P', 'or, with NODE in place of the address of a node:', { ...body, indent: 18 });
  }
  commands(rpcCommand('eth_getTransactionByHash', JSON.stringify([transaction])));
  sheet.text(
    'P',
    [
      { text: 'Its input has to be ' },
      mono(`0x${proof.root}`),
      { text: ', its block ' },
      mono(`${blockNumber} (${numberToHex(blockNumber)})`),
      { text: ', its sender ' },
      mono(sender),
    ],
    { ...body, indent: 18 },
  );
  step(4, 'Ask for that block:');
  commands(rpcCommand('eth_getBlockByNumber', JSON.stringify([numberToHex(blockNumber), false])));
  sheet.text(
    'P',
    [
      { text: 'Its hash has to be ' },
      mono(blockHash),
      { text: ' and its timestamp ' },
      mono(`${numberToHex(blockTimeSeconds)} (${blockTimeSeconds})`),
      { text: `, in seconds since 1970: ${readableTime(blockTimeSeconds * 1000)}.` },
    ],
    { ...body, indent: 18 },
  );
  step(5, 'Or let a program do all of it, with the file and this certificate:');
  commands(['npx hashmark verify FILE --proof CERTIFICATE.pdf']);
}

/** A POSIX shell recomputes the path; `printf` adds no line end. */
function shellScript({ leaf, steps }: CertificateEvidence['proof']): string[] {
  return [
    's() { printf %s%s "$1" "$2" | sha256sum | cut -c1-64; }',
    `h=${leaf}`,
    ...steps.map(({ sibling, side }) => (side === 'left' ? `h=$(s ${sibling} $h)` : `h=$(s $h ${sibling})`)),
    'echo $h',
  ];
}

function rpcCommand(method: string, params: string): string[] {
  return [
    "curl -H 'Content-Type: application/json' NODE -d \\",
    `'{"jsonrpc":"2.0","id":1,"method":"${method}","params":`,
    `${params}}'`,
  ];
}
