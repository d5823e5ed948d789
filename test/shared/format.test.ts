import { describe, expect, it } from 'vitest';

import { formatBytes, formatUtc } from '../../shared/format.ts';

describe('formatBytes', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1000, '1.0 kB'],
    [184_211, '184 kB'],
    [999_600, '1.0 MB'],
    [48_211_733, '48 MB'],
    [3.1e9, '3.1 GB'],
    [7e15, '7000 TB'],
  ])('should write %d bytes as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('formatUtc', () => {
  it('should be exact', () => {
    expect(formatUtc(Date.UTC(2026, 4, 12, 14, 3, 22))).toBe('2026-05-12 14:03:22 UTC');
  });

  it('should hold a year of five digits, and survive a block time that no calendar holds', () => {
    expect(formatUtc(253_402_300_800_000)).toBe('+010000-01-01 00:00:00 UTC');
    expect(formatUtc(Number.MAX_SAFE_INTEGER)).toMatch(/ s after 1970$/);
  });
});
