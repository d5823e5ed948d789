import { encode } from 'uqr';

/** A horizontal bar of dark modules, in modules from the top left. */
export interface QrBar {
  x: number;
  y: number;
  width: number;
}

/**
 * A QR code as bars to draw, without the quiet zone of 4 modules that has to stay white around it. It survives 15 % of damage.
 *
 * @returns modules per side, and the bars.
 */
export function layOutQrCode(text: string): { size: number; bars: QrBar[] } {
  const { data, size } = encode(text, { ecc: 'M', border: 0 });
  const bars = data.flatMap((row, y) => {
    const inRow: QrBar[] = [];
    for (const [x, isDark] of row.entries()) {
      const last = inRow.at(-1);
      if (!isDark) continue;
      if (last && last.x + last.width === x) last.width += 1;
      else inRow.push({ x, y, width: 1 });
    }
    return inRow;
  });
  return { size, bars };
}
