import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { unpackWoff } from './unpack-woff.ts';

/** The faces that a certificate is set in. */
export type Face = 'regular' | 'medium' | 'bold' | 'mono';

/** The parts that each face comes in, most used first. */
const subsets = ['latin', 'latin-ext', 'greek', 'cyrillic', 'vietnamese', 'cyrillic-ext', 'greek-ext'];

const fileOf: Record<Face, (subset: string) => string> = {
  regular: (subset) => `@fontsource/roboto/files/roboto-${subset}-400-normal.woff`,
  medium: (subset) => `@fontsource/roboto/files/roboto-${subset}-500-normal.woff`,
  bold: (subset) => `@fontsource/roboto/files/roboto-${subset}-700-normal.woff`,
  mono: (subset) => `@fontsource/roboto-mono/files/roboto-mono-${subset}-400-normal.woff`,
};

/** What is asked of a PDF document here. */
export interface FontRegistry {
  registerFont(name: string, source: Buffer): unknown;
  font(name: string): unknown;
}

/** Text in one font of the document. */
export interface FontRun {
  font: string;
  text: string;
}

/** Sets text in the fonts that have its characters. */
export interface Typesetter {
  /**
   * Cuts text where its font changes. What cannot be seen, or could reorder the line, and what no font has, is spelled out as
   * `[U+1F600]`: a certificate shows every character that it was given.
   */
  runs(text: string, face: Face): FontRun[];
}

const { resolve } = createRequire(import.meta.url);
/** As bytes: a parsed font remembers what it was asked for, and the next document would not be the same. */
const files = new Map<string, Buffer>();

/** Only fonts that are used become part of the document. */
export function createTypesetter(document: FontRegistry): Typesetter {
  const loaded = new Set<string>();
  const coverage = new Map<string, boolean>();

  const has = (font: string, face: Face, subset: string, codePoint: number): boolean => {
    const key = `${font} ${codePoint}`;
    const known = coverage.get(key);
    if (known !== undefined) return known;
    if (!loaded.has(font)) {
      document.registerFont(font, readFont(fileOf[face](subset)));
      loaded.add(font);
    }
    document.font(font);
    // pdfkit says nowhere else which characters a font has.
    const { _font } = document as unknown as {
      _font: { font: { hasGlyphForCodePoint(n: number): boolean } };
    };
    const answer = _font.font.hasGlyphForCodePoint(codePoint);
    coverage.set(key, answer);
    return answer;
  };
  const fontFor = (face: Face, character: string): string | undefined => {
    const subset = subsets.find((name) => has(`${face}-${name}`, face, name, character.codePointAt(0) ?? 0));
    return subset && `${face}-${subset}`;
  };

  return {
    runs(text, face) {
      const runs: FontRun[] = [];
      const add = (font: string, part: string) => {
        const last = runs.at(-1);
        if (last?.font === font) last.text += part;
        else runs.push({ font, text: part });
      };
      // Composed, an accented letter is one glyph; decomposed, its accent might come from another font.
      for (const character of text.normalize('NFC')) {
        const font = invisible.test(character) ? undefined : fontFor(face, character);
        if (font) add(font, character);
        else add(`${face}-latin`, spellOut(character));
      }
      return runs;
    },
  };
}

/** Controls, format and bidirectional marks, odd spaces, halves of surrogate pairs, private use; marks to nothing seen. */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;

function spellOut(character: string): string {
  const number = character.codePointAt(0) ?? 0;
  return `[U+${number.toString(16).toUpperCase().padStart(4, '0')}]`;
}

function readFont(file: string): Buffer {
  const kept = files.get(file) ?? unpackWoff(readFileSync(resolve(file)));
  files.set(file, kept);
  return kept;
}
