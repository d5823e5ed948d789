import * as token from 'css-tree/tokenizer';
import { string as cssString, url as cssUrl, ident } from 'css-tree/utils';

/** The descriptors of an `@font-face` block that tell it from others of its family; empty text when not stated. */
export interface FontFaceDescriptors {
  family: string;
  weight: string;
  style: string;
  unicodeRange: string;
}

/**
 * One place in a style sheet that must change so that the sheet works alone: it names another resource, or
 * (`defined`, with an empty URL) it is the pseudo-class `:defined`, which no custom element fulfils without scripts.
 */
export interface CssReference {
  /** Offsets in the text of what a replacement takes the place of: the whole `url(…)`, or a string with its quotes. */
  start: number;
  end: number;
  /** As written, with escapes resolved: usually relative. */
  url: string;
  kind: 'import' | 'image' | 'font' | 'defined';
  /** Of fonts: which `@font-face` block it stands in, counted from 0, and the `format()` hint beside it. */
  fontFace?: number;
  format?: string;
}

export interface CssReferences {
  references: CssReference[];
  fontFaces: FontFaceDescriptors[];
}

/**
 * Finds everything in a style sheet that the browser would load.
 *
 * It works on tokens (CSS Syntax Level 3) and not on a syntax tree: a replacement then touches nothing but the URL, so
 * rules that no parser of today knows, and broken ones, come through byte for byte.
 */
export function findCssReferences(css: string): CssReferences {
  const references: CssReference[] = [];
  const fontFaces: FontFaceDescriptors[] = [];
  /** The functions that are open, innermost last; an empty name for a bare parenthesis. */
  const functions: { name: string; start: number }[] = [];
  let atRule = '';
  let braceDepth = 0;
  /** Brace depth of the block of the `@font-face` that is open. */
  let fontFaceDepth: number | undefined;
  let descriptor = '';
  let lastIdent = '';
  let value = '';

  const add = (start: number, end: number, url: string) => {
    const isFont = fontFaceDepth !== undefined;
    const kind = atRule === 'import' && braceDepth === 0 ? 'import' : isFont ? 'font' : 'image';
    references.push({ start, end, url, kind, ...(isFont ? { fontFace: fontFaces.length - 1 } : {}) });
  };
  const endDescriptor = () => {
    const face = fontFaces.at(-1);
    const key = descriptorKeys[descriptor];
    if (fontFaceDepth !== undefined && face && key) face[key] = value.trim();
    descriptor = '';
    value = '';
  };

  let previous = { type: 0, start: 0 };
  token.tokenize(css, (type, start, end) => {
    const text = css.slice(start, end);
    if (
      descriptor !== '' &&
      type !== token.Semicolon &&
      type !== token.RightCurlyBracket &&
      type !== token.Comment
    )
      value += text;

    switch (type) {
      case token.AtKeyword:
        atRule = ident.decode(text.slice(1)).toLowerCase();
        break;
      case token.Url:
        // A namespace is a name that looks like a URL: nothing is loaded from it.
        if (atRule !== 'namespace') add(start, end, cssUrl.decode(text));
        break;
      case token.Function:
        functions.push({ name: ident.decode(text.slice(0, -1)).toLowerCase(), start });
        break;
      case token.LeftParenthesis:
        functions.push({ name: '', start });
        break;
      case token.RightParenthesis: {
        const ended = functions.pop();
        const last = references.at(-1);
        // `url("…")` is a function token, a string and a parenthesis: the reference covers all three.
        if (ended && last && last.start === ended.start) last.end = end;
        break;
      }
      case token.String: {
        const { name: inside, start: functionStart } = functions.at(-1) ?? { name: undefined, start };
        if (atRule === 'namespace' || atRule === 'charset') break;
        if (inside === 'url' || inside === 'src') {
          // It takes one string and nothing before it: in a broken one, what was found inside must not be covered twice.
          if ((references.at(-1)?.end ?? 0) <= functionStart) add(functionStart, end, cssString.decode(text));
        } else if (inside === 'image-set' || inside === '-webkit-image-set')
          add(start, end, cssString.decode(text));
        else if (atRule === 'import' && braceDepth === 0 && functions.length === 0)
          add(start, end, cssString.decode(text));
        else if (inside === 'format') setFormat(references, cssString.decode(text));
        break;
      }
      case token.Ident:
        lastIdent = text.toLowerCase();
        if (functions.at(-1)?.name === 'format') setFormat(references, lastIdent);
        if (lastIdent === 'defined' && previous.type === token.Colon)
          references.push({ start: previous.start, end, url: '', kind: 'defined' });
        break;
      case token.Colon:
        if (fontFaceDepth !== undefined && descriptor === '') {
          descriptor = lastIdent;
          value = '';
        }
        break;
      case token.Semicolon:
        endDescriptor();
        functions.length = 0;
        if (fontFaceDepth === undefined) atRule = '';
        break;
      case token.LeftCurlyBracket:
        braceDepth += 1;
        if (atRule === 'font-face' && fontFaceDepth === undefined) {
          fontFaceDepth = braceDepth;
          fontFaces.push({ family: '', weight: '', style: '', unicodeRange: '' });
        }
        atRule = '';
        break;
      case token.RightCurlyBracket:
        endDescriptor();
        functions.length = 0;
        if (fontFaceDepth === braceDepth) fontFaceDepth = undefined;
        braceDepth = Math.max(0, braceDepth - 1);
        break;
    }
    previous = { type, start };
  });
  return { references, fontFaces };
}

const descriptorKeys: Record<string, keyof FontFaceDescriptors> = {
  'font-family': 'family',
  'font-weight': 'weight',
  'font-style': 'style',
  'unicode-range': 'unicodeRange',
};

function setFormat(references: CssReference[], format: string): void {
  const last = references.at(-1);
  if (last?.kind === 'font') last.format = format.toLowerCase();
}
