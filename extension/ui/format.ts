/** The interface is in English: dates follow the user's own English if there is one, so that languages do not mix. */
const locale = globalThis.navigator?.languages?.find((language) => /^en\b/i.test(language)) ?? 'en-GB';

const dayMs = 86_400_000;

const clock = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' });
const dayOfYear = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long' });
const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year: 'numeric' });
const full = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'long' });
const number = new Intl.NumberFormat(locale);

/**
 * A time as people say it, local: `just now`, `5 min ago`, `today, 14:03`, `yesterday, 09:12`, `3 May, 14:03`, `3 May 2024`.
 * A time in the future, which a block's may be by some seconds, is given by clock or date.
 *
 * @param timeMs Unix milliseconds.
 */
export function formatTime(timeMs: number, nowMs: number): string {
  const ageMs = nowMs - timeMs;
  if (ageMs >= 0 && ageMs < 45_000) return 'just now';
  if (ageMs >= 0 && ageMs < 3_600_000) return `${Math.max(1, Math.round(ageMs / 60_000))} min ago`;
  const date = new Date(timeMs);
  const now = new Date(nowMs);
  if (isSameDay(date, now)) return `today, ${clock.format(date)}`;
  if (isSameDay(date, new Date(nowMs - dayMs))) return `yesterday, ${clock.format(date)}`;
  if (date.getFullYear() === now.getFullYear()) return `${dayOfYear.format(date)}, ${clock.format(date)}`;
  return day.format(date);
}

/** Local date and time with weekday, seconds and time zone. */
export function formatFullTime(timeMs: number): string {
  return full.format(timeMs);
}

/** Exact, for comparing with other sources: `2026-05-12 14:03:22 UTC`. */
export function formatUtc(timeMs: number): string {
  const date = new Date(timeMs);
  if (Number.isNaN(date.getTime())) return `${timeMs / 1000} s after 1970`;
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function isSameDay(one: Date, other: Date): boolean {
  return one.toDateString() === other.toDateString();
}

/** `0 bytes`, `912 bytes`, `14.2 kB`, `3.1 GB`: decimal units, as file managers show them. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return formatCount(bytes, 'byte');
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** `1 file`, `12,000 files`. */
export function formatCount(count: number, noun: string, plural = `${noun}s`): string {
  return `${number.format(count)} ${count === 1 ? noun : plural}`;
}

export function formatNumber(value: number): string {
  return number.format(value);
}

/** Beginning and end of a hash, which is what people compare. Short text stays whole. */
export function shortenHash(text: string, head = 10, tail = 8): string {
  return text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(-tail)}`;
}

/** The host of a URL as people read it, or the text itself when it is no URL with a host. */
export function formatHost(url: string): string {
  return URL.canParse(url) ? new URL(url).host || url : url;
}
