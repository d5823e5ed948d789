/** `0 bytes`, `912 bytes`, `1.2 kB`, `48 MB`, `3.1 GB`: decimal units, as file managers show them. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/**
 * Exact, and the same for every reader wherever they are: `2026-05-12 14:03:22 UTC`.
 * @param timeMs Unix milliseconds; a hostile chain may name any number.
 */
export function formatUtc(timeMs: number): string {
  const date = new Date(timeMs);
  if (Number.isNaN(date.getTime())) return `${timeMs / 1000} s after 1970`;
  return date
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC');
}
