/** The interface is in English: dates follow the user's own English if there is one, so that languages do not mix. */
const locale = globalThis.navigator?.languages?.find((language) => /^en\b/i.test(language)) ?? 'en-GB';

const dayMs = 86_400_000;
/** The clock of a page ticks twice a minute and a block's may be ahead: what is newer than the clock by less is new, not to come. */
const newMs = 45_000;

const clock = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' });
const dayOfYear = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long' });
const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year: 'numeric' });
const full = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'long' });
const number = new Intl.NumberFormat(locale);

/**
 * A time as people say it, local: `just now`, `5 min ago`, `today, 14:03`, `yesterday, 09:12`, `3 May, 14:03`, `3 May 2024`.
 * A time to come is given by clock or date.
 *
 * @param timeMs Unix milliseconds.
 */
export function formatTime(timeMs: number, nowMs: number): string {
  const ageMs = nowMs - timeMs;
  if (Math.abs(ageMs) < newMs) return 'just now';
  if (ageMs >= 0 && ageMs < 3_600_000) return `${Math.max(1, Math.round(ageMs / 60_000))} min ago`;
  const date = new Date(timeMs);
  const now = new Date(nowMs);
  if (isSameDay(date, now)) return `today, ${clock.format(date)}`;
  if (isSameDay(date, new Date(nowMs - dayMs))) return `yesterday, ${clock.format(date)}`;
  if (date.getFullYear() === now.getFullYear()) return `${dayOfYear.format(date)}, ${clock.format(date)}`;
  return day.format(date);
}

/** Local time of day, for what is near: `14:03`. */
export function formatClock(timeMs: number): string {
  return clock.format(timeMs);
}

/** Local date and time with weekday, seconds and time zone. */
export function formatFullTime(timeMs: number): string {
  return full.format(timeMs);
}

function isSameDay(one: Date, other: Date): boolean {
  return one.toDateString() === other.toDateString();
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
