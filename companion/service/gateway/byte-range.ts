/** Both ends inclusive. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * What a Range header asks of `sizeBytes` bytes (RFC 9110, section 14.2): one range; `whole` when there is none, or
 * one that may be ignored (another unit, several ranges, malformed); `unsatisfiable` when it lies outside.
 */
export function parseByteRange(
  header: string | undefined,
  sizeBytes: number,
): ByteRange | 'whole' | 'unsatisfiable' {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (!first && !last) return 'whole';
  if (!first) {
    const suffixBytes = Math.min(Number(last), sizeBytes);
    return suffixBytes === 0 ? 'unsatisfiable' : { start: sizeBytes - suffixBytes, end: sizeBytes - 1 };
  }
  const start = Number(first);
  if (last && Number(last) < start) return 'whole';
  if (start >= sizeBytes) return 'unsatisfiable';
  return { start, end: last ? Math.min(Number(last), sizeBytes - 1) : sizeBytes - 1 };
}
