import { describe, expect, it } from 'vitest';

import { formatCount, formatHost, formatTime, shortenHash } from '../../../extension/ui/format.ts';

const secondMs = 1000;
const minuteMs = 60 * secondMs;
/** Noon by the machine's own clock, so that the days around it are the same everywhere. */
const noonMs = new Date(2026, 10, 22, 12, 0, 0).getTime();

describe('formatTime', () => {
  it.each([
    ['just now', 44 * secondMs],
    ['just now', -44 * secondMs],
    ['1 min ago', 45 * secondMs],
    ['59 min ago', 59 * minuteMs],
  ])('should say %s', (text, ageMs) => {
    expect(formatTime(noonMs - ageMs, noonMs)).toBe(text);
  });

  it.each([
    [/^today, \D*10:59/, noonMs - 61 * minuteMs],
    [/^yesterday, /, new Date(2026, 10, 21, 23, 59).getTime()],
    [/20.*November|November.*20/, new Date(2026, 10, 20, 9, 0).getTime()],
    [/2024/, new Date(2024, 4, 3).getTime()],
  ])('should say %s for what is older', (pattern, timeMs) => {
    expect(formatTime(timeMs, noonMs)).toMatch(pattern);
  });

  it('should give a time to come by the clock, never as an age', () => {
    expect(formatTime(noonMs + minuteMs, noonMs)).toMatch(/^today, /);
  });
});

describe('shortenHash', () => {
  it('should keep beginning and end', () => {
    expect(shortenHash('QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o')).toBe('QmT78zSuBm…F7F8ff5o');
  });

  it('should leave what is short as it is', () => {
    expect(shortenHash('0x1234')).toBe('0x1234');
  });
});

describe('formatCount', () => {
  it.each([
    [0, '0 hashes'],
    [1, '1 hash'],
    [2, '2 hashes'],
  ])('should count %d', (count, text) => {
    expect(formatCount(count, 'hash', 'hashes')).toBe(text);
  });
});

describe('formatHost', () => {
  it.each([
    ['https://example.org:8443/a?b', 'example.org:8443'],
    ['file:///home/a', 'file:///home/a'],
    ['no url', 'no url'],
  ])('should shorten %s', (url, host) => {
    expect(formatHost(url)).toBe(host);
  });
});
