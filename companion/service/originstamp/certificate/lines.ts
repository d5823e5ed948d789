import { createTypesetter, type Face } from './fonts.ts';

/** Text that looks the same from end to end. */
export interface Span {
  text: string;
  face?: Face;
  colour?: string;
  /** Points. */
  size?: number;
  /** Somebody else's words: a line break in them is spelled out, so that they cannot pose as a line of ours. */
  isForeign?: boolean;
  /** Opens when it is clicked. */
  link?: string;
}

/** How the text of a block is set. Lengths are points. */
export interface TextStyle {
  face?: Face;
  colour?: string;
  size?: number;
  /** From baseline to baseline, as a multiple of the size. */
  leading?: number;
  /** From the left edge of the text area. */
  indent?: number;
  width?: number;
}

/** One colour scheme with the pages of the service: ink on paper, colour for what the record says. */
export const colours = {
  ink: '#16171a',
  soft: '#51545c',
  line: '#d9dade',
  link: '#1b54b4',
  good: { ink: '#0a6b39', ground: '#e7f6ed', line: '#b4dfc5' },
  note: { ink: '#855000', ground: '#fdf3df', line: '#eed5a1' },
} as const;

/** How running text is set. */
export const body = { size: 9.5, leading: 1.38 } as const;

/** Points, where neither text nor block says otherwise. */
const defaultSize = 9.5;
const defaultLeading = 1.45;

/** Text of one look at its place in a line. */
interface Piece {
  font: string;
  text: string;
  size: number;
  colour: string;
  width: number;
  link: string | undefined;
}

/** Pieces from left to right. */
export type Line = Piece[];

/** Points from one line to the next. */
export function lineHeightOf({ size = defaultSize, leading = defaultLeading }: TextStyle): number {
  return size * leading;
}

/** Where the letters of a line stand, in points below its top: what is left over is shared out above and below capitals. */
export function baselineOf(style: TextStyle): number {
  const height = lineHeightOf(style);
  const capitals = (style.size ?? defaultSize) * 0.72;
  return height - (height - capitals) * 0.42;
}

/** In points. */
export function widthOf(line: readonly Pick<Piece, 'width'>[]): number {
  return line.reduce((sum, { width }) => sum + width, 0);
}

/** Breaks text into lines, and draws them. */
export interface LineSetter {
  /** Breaks at spaces, and within a word only where it is wider than the line. */
  breakLines(spans: readonly Span[], style: TextStyle & { width: number }): Line[];
  /** @param structParent takes the links of the line. */
  drawLine(line: Line, x: number, baseline: number, structParent?: StructureElement): void;
}

/** A node in the document's structure, for readers who cannot see the page. */
export type StructureElement = ReturnType<PDFKit.PDFDocument['struct']>;

export function createLineSetter(document: PDFKit.PDFDocument): LineSetter {
  const typesetter = createTypesetter(document);

  const pieceOf = (font: string, text: string, span: Span, style: TextStyle): Piece => {
    const size = span.size ?? style.size ?? defaultSize;
    const colour = span.colour ?? style.colour ?? colours.ink;
    document.font(font).fontSize(size);
    return { font, text, size, colour, width: document.widthOfString(text), link: span.link };
  };

  return {
    breakLines(spans, style) {
      const lines: Line[] = [[]];
      let left = style.width;
      const newLine = () => {
        lines.push([]);
        left = style.width;
      };
      const place = (piece: Piece) => {
        left -= piece.width;
        const line = lines.at(-1);
        const last = line?.at(-1);
        if (last && looksLike(last, piece)) {
          last.text += piece.text;
          last.width += piece.width;
        } else line?.push(piece);
      };
      for (const span of spans) {
        for (const word of wordsOf(span)) {
          if (word === '\n') {
            newLine();
            continue;
          }
          const pieces = typesetter
            .runs(word, span.face ?? style.face ?? 'regular')
            .map(({ font, text }) => pieceOf(font, text, span, style));
          const fits = widthOf(pieces) <= left;
          if (!fits && word.trim() === '') {
            newLine();
          } else if (fits || widthOf(pieces) <= style.width) {
            if (!fits) newLine();
            for (const piece of pieces) place(piece);
          } else {
            const characters = pieces.flatMap(({ font, text }) =>
              [...text].map((character) => pieceOf(font, character, span, style)),
            );
            for (const piece of characters) {
              if (piece.width > left) newLine();
              place(piece);
            }
          }
        }
      }
      return lines;
    },
    drawLine(line, x, baseline, structParent) {
      let at = x;
      for (const { font, text, size, colour, width, link } of line) {
        document.font(font).fontSize(size).fillColor(colour);
        document.text(text, at, baseline, { lineBreak: false, baseline: 'alphabetic' });
        if (link) {
          // A text of PDF is a String object to pdfkit; a plain one would become a name.
          const Contents = new String(link) as string;
          const options = Object.assign({ Contents }, structParent ? { structParent } : {});
          document.link(at, baseline - size, width, size * 1.3, link, options);
        }
        at += width;
      }
    },
  };
}

/** Words, the spaces between them, and line breaks where they count: alone, as `\n`. */
function wordsOf({ text, isForeign }: Span): string[] {
  if (!isForeign) return text.match(/\n| +|[^ \n]+/g) ?? [];
  // A line break stays within a word, and is spelled out there; one that is alone gets company.
  return (text.match(/ +|[^ ]+/g) ?? []).map((word) => (word === '\n' ? '[U+000A]' : word));
}

function looksLike(a: Piece, b: Piece): boolean {
  return a.font === b.font && a.size === b.size && a.colour === b.colour && a.link === b.link;
}
