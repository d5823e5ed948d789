import {
  baselineOf,
  colours,
  createLineSetter,
  lineHeightOf,
  type Span,
  type StructureElement,
  type TextStyle,
  widthOf,
} from './lines.ts';

/** What a block is to a reader who cannot see the page. */
export type Role = 'H1' | 'H2' | 'P' | 'TH' | 'TD' | 'Code';

/** A4 and its margins, in points. */
export const paper = { width: 595.28, height: 841.89, left: 56, top: 54, bottom: 68 } as const;
/** Width of the text area, in points. */
export const textWidth = paper.width - 2 * paper.left;

/** Where the foot stands below the text area, and the line above it. */
const footBelow = 30;
const footLineBelow = 16;

/** Paragraphs of so many lines are not cut by the end of a page. */
const keptTogether = 4;

/** A4 pages that are filled from top to bottom; `y` is where the next block starts. */
export interface Sheet {
  readonly y: number;
  /** Points that are left on the page. */
  readonly room: number;
  /** True as long as the page is empty. */
  readonly isAtTop: boolean;
  /** Leaves points free, except at the top of a page. */
  skip(points: number): void;
  /** Starts a new page, unless this one is empty. */
  turn(): void;
  /** Starts a new page unless the points fit on this one. */
  need(points: number): void;
  /** The height that the text takes, in points. */
  heightOf(spans: readonly Span[], style?: TextStyle): number;
  /** Sets text, over as many pages as it takes. */
  text(role: Role, spans: readonly Span[] | string, style?: TextStyle): void;
  /** Draws what is not text, and is not read out; `y` stays. */
  draw(paint: (document: PDFKit.PDFDocument) => void): void;
  /** Draws a picture that is read out as `alt`; `y` stays. */
  figure(alt: string, paint: (document: PDFKit.PDFDocument) => void): void;
  /** Sets text beside what follows: `y` is afterwards where it was. */
  beside(block: () => void): void;
  /** Makes what `block` sets a part of one table or row. */
  group(role: 'Table' | 'TR', block: () => void): void;
  /** Sets a line at the foot of every page, and ends the last one. */
  foot(set: (page: number, pages: number) => { left: Span[]; right: Span[] }): void;
}

/** @param document with buffered pages, tagged, without a first page. */
export function createSheet(document: PDFKit.PDFDocument): Sheet {
  const { breakLines, drawLine } = createLineSetter(document);
  const bottom = paper.height - paper.bottom;
  const root = document.struct('Document');
  document.addStructure(root);
  let parent: StructureElement = root;
  let y: number = paper.top;
  document.addPage();

  /** The style with the width that it has here. */
  const within = (style: TextStyle) => ({ ...style, width: style.width ?? textWidth - (style.indent ?? 0) });

  const addPage = () => {
    document.continueOnNewPage();
    y = paper.top;
  };

  return {
    get y() {
      return y;
    },
    get room() {
      return bottom - y;
    },
    get isAtTop() {
      return y === paper.top;
    },
    skip(points) {
      if (y > paper.top) y += points;
    },
    turn() {
      if (y > paper.top) addPage();
    },
    need(points) {
      if (y + points > bottom && y > paper.top) addPage();
    },
    heightOf: (spans, style = {}) => breakLines(spans, within(style)).length * lineHeightOf(style),
    text(role, content, style = {}) {
      const spans = typeof content === 'string' ? [{ text: content }] : content;
      const lines = breakLines(spans, within(style));
      const height = lineHeightOf(style);
      if (lines.length <= keptTogether && y + lines.length * height > bottom && y > paper.top) addPage();
      const block = document.struct(role);
      parent.add(block);
      // A link is an element of its own inside its block.
      const element = spans.some(({ link }) => link) ? document.struct('Link') : block;
      if (element !== block) block.add(element);
      element.add(() => {
        for (const line of lines) {
          if (y + height > bottom) addPage();
          drawLine(line, paper.left + (style.indent ?? 0), y + baselineOf(style), element);
          y += height;
        }
      });
      block.end();
    },
    draw(paint) {
      document.markContent('Artifact', { type: 'Layout' });
      document.save();
      paint(document);
      document.restore();
      document.endMarkedContent();
    },
    figure(alt, paint) {
      const element = document.struct('Figure', { alt }, () => {
        document.save();
        paint(document);
        document.restore();
      });
      parent.add(element);
      element.end();
    },
    beside(block) {
      const before = y;
      block();
      y = before;
    },
    group(role, block) {
      const element = document.struct(role);
      const outer = parent;
      outer.add(element);
      parent = element;
      block();
      parent = outer;
      element.end();
    },
    foot(set) {
      root.end();
      const { count } = document.bufferedPageRange();
      for (let index = 0; index < count; index += 1) {
        document.switchToPage(index);
        const { left, right } = set(index + 1, count);
        const style = within({ size: 7, colour: colours.soft });
        document.markContent('Artifact', { type: 'Pagination' });
        document.save();
        document
          .moveTo(paper.left, bottom + footLineBelow)
          .lineTo(paper.left + textWidth, bottom + footLineBelow)
          .lineWidth(0.5)
          .stroke(colours.line);
        for (const [number, line] of breakLines(left, style).entries()) {
          drawLine(line, paper.left, bottom + footBelow + number * lineHeightOf(style));
        }
        for (const [number, line] of breakLines(right, style).entries()) {
          const x = paper.left + textWidth - widthOf(line);
          drawLine(line, x, bottom + footBelow + number * lineHeightOf(style));
        }
        document.restore();
        document.endMarkedContent();
      }
    },
  };
}
