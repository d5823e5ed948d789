import { url as cssUrl } from 'css-tree/utils';

import { type CssReference, type FontFaceDescriptors, findCssReferences } from './css-references.ts';
import { type Resources, toDataUrl } from './resources.ts';

export interface CssSurroundings {
  resources: Resources;
  isFontLoaded: (face: FontFaceDescriptors) => boolean;
}

/** Deeper imports than this are a loop or an attack; the sheet then stays a URL. */
const deepestImport = 8;
/** Matches every element, with the weight of the pseudo-class whose place it takes. */
const alwaysDefined = ':not(.hashmark-undefined)';

/**
 * The same style sheet with everything it loads inside it, as data URLs. What could not be read stays an absolute URL.
 *
 * @param baseUrl of the sheet, to which its URLs are relative
 */
export async function inlineCss(
  css: string,
  baseUrl: string,
  surroundings: CssSurroundings,
  importedBy: string[] = [],
): Promise<string> {
  const { references, fontFaces } = findCssReferences(css);
  const wantedFonts = pickFonts(references, fontFaces, surroundings.isFontLoaded);
  const replacements = await Promise.all(
    references.map(async (reference) => {
      if (reference.kind === 'defined') return alwaysDefined;
      const url = absolute(reference.url, baseUrl);
      if (!url) return undefined;
      if (!isLoadable(url)) return cssUrl.encode(url);
      if (reference.kind === 'import') return importSheet(url, surroundings, importedBy);
      if (reference.kind === 'font' && !wantedFonts.has(reference)) return cssUrl.encode(url);
      const fallbackType = reference.kind === 'font' ? 'font/woff2' : 'image/png';
      return cssUrl.encode((await surroundings.resources.dataUrl(url, fallbackType)) ?? url);
    }),
  );
  let result = '';
  let position = 0;
  references.forEach(({ start, end }, index) => {
    result += css.slice(position, start) + (replacements[index] ?? css.slice(start, end));
    position = end;
  });
  return result + css.slice(position);
}

/** An imported sheet becomes a data URL in the same rule, so its layer, supports and media conditions keep working. */
async function importSheet(
  url: string,
  surroundings: CssSurroundings,
  importedBy: string[],
): Promise<string> {
  if (importedBy.includes(url)) return cssUrl.encode('data:text/css,'); // A loop: browsers ignore it as well.
  const content = importedBy.length < deepestImport ? await surroundings.resources.content(url) : undefined;
  if (!content) return cssUrl.encode(url);
  const css = await inlineCss(await decodeCss(content.bytes, content.type), content.url, surroundings, [
    ...importedBy,
    url,
  ]);
  return cssUrl.encode(await toDataUrl(new Blob([css]), 'text/css;charset=utf-8'));
}

/** The text of a sheet as a browser decodes it (CSS Syntax Level 3, section 3.2, without the document's own encoding). */
export async function decodeCss(bytes: Blob, type: string): Promise<string> {
  const start = await bytes.slice(0, 128).text();
  const label =
    /charset\s*=\s*"?([\w-]+)/i.exec(type)?.[1] ?? /^@charset "([\w-]+)";/.exec(start)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(label).decode(await bytes.arrayBuffer());
  } catch {
    return bytes.text(); // An encoding that nobody knows counts as UTF-8.
  }
}

/** Of each `src` only the file that the browser uses: the first of a format that it can read. */
function pickFonts(
  references: CssReference[],
  faces: FontFaceDescriptors[],
  isFontLoaded: (face: FontFaceDescriptors) => boolean,
): Set<CssReference> {
  const picked = new Map<number, CssReference>();
  for (const reference of references) {
    const index = reference.fontFace;
    if (index === undefined || picked.has(index)) continue;
    const face = faces[index];
    const isObsolete =
      /^(embedded-opentype|svg)$/.test(reference.format ?? '') || /\.(eot|svg)([?#]|$)/i.test(reference.url);
    if (face && !isObsolete && isFontLoaded(face)) picked.set(index, reference);
  }
  return new Set(picked.values());
}

/** Absolute form, or undefined for what names no other resource (empty, a fragment) or is no URL. */
export function absolute(url: string, baseUrl: string): string | undefined {
  const text = url.trim();
  if (text === '' || text.startsWith('#') || !URL.canParse(text, baseUrl)) return undefined;
  return new URL(text, baseUrl).href;
}

/** True for URLs with bytes behind them that are not in the document already. */
export function isLoadable(url: string): boolean {
  return /^(https?|blob|file):/i.test(url);
}
