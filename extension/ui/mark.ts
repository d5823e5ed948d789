/**
 * The product's mark, in a box of 128 by 128: a hash sign whose last corner turns into a check. The icons in public/icon,
 * which the companion's pages show too, are drawn from it, and so is the wordmark of the extension's pages.
 */
export const mark = {
  ground: { x: 4, y: 4, width: 120, height: 120 },
  /** Top left to bottom right. */
  groundColours: ['#2f6bff', '#1437b8'],
  hash: 'M51 26 41 102M84 26 80 56M27 48H103M23 79H52',
  hashColour: '#fff',
  check: 'M64 85 78 100 107 66',
  checkColour: '#4ade80',
} as const;

/** Line widths and corner for an edge in pixels: small sizes get thicker lines and less round corners. */
export function markWeight(size: number): { hash: number; check: number; corner: number } {
  const hash = size <= 16 ? 15 : size <= 32 ? 13 : 11.5;
  return { hash, check: hash * 1.15, corner: size <= 16 ? 24 : 29 };
}
