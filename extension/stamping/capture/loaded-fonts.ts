import type { FontFaceDescriptors } from './css-references.ts';

/**
 * Tells which `@font-face` blocks the page really uses. A web font service lists dozens of files for one family, split
 * by alphabet, of which the browser loads one or two: only those are worth carrying along.
 *
 * @returns true for a face that is loaded, and for one that the document does not list (better too much than a hole)
 */
export function createLoadedFonts(
  fonts: Iterable<Pick<FontFace, 'family' | 'weight' | 'style' | 'unicodeRange' | 'status'>>,
): (face: FontFaceDescriptors) => boolean {
  const isLoaded = new Map<string, boolean>();
  for (const font of fonts) {
    const key = faceKey(font);
    isLoaded.set(key, (isLoaded.get(key) ?? false) || font.status === 'loaded');
  }
  return (face) => isLoaded.get(faceKey(face)) ?? true;
}

function faceKey({ family, weight, style, unicodeRange }: FontFaceDescriptors): string {
  const plain = (text: string) => text.trim().toLowerCase().replaceAll(/\s+/g, ' ');
  const weights: Record<string, string> = { '': '400', normal: '400', bold: '700' };
  return JSON.stringify([
    plain(family).replaceAll(/["']/g, ''),
    plain(weight)
      .split(' ')
      .map((word) => weights[word] ?? word)
      .join(' '),
    plain(style) || 'normal',
    normalizeRange(unicodeRange),
  ]);
}

/** `u+0000-00FF, U+131` and `U+0-FF, U+131` are the same range. */
function normalizeRange(range: string): string {
  const parts = range
    .toUpperCase()
    .split(',')
    .map((part) =>
      part
        .trim()
        .replace(/^U\+/, '')
        .split('-')
        .map((point) => point.replace(/^0+(?=.)/, ''))
        .join('-'),
    );
  const text = parts.join(',');
  return text === '' ? '0-10FFFF' : text;
}
