import * as v from 'valibot';

/** One thing that a user can set. */
export interface Setting<Value> {
  /** Holds while the user has set nothing. */
  default: Value;
  /** One sentence for the list of settings, without a full stop. */
  description: string;
  /** What a value looks like when typed, to end the sentence "Expected …". */
  expected: string;
  /** What settings.json may hold. */
  schema: v.GenericSchema<unknown, Value>;
  /** The typed text as a value, still to be checked by `schema`; undefined when it is not one. */
  parse(text: string): unknown;
  /** The value as a user would type it. */
  format(value: Value): string;
}

interface Described<Value> {
  default: Value;
  description: string;
}

/** True or false. */
export function flag({ default: fallback, description }: Described<boolean>): Setting<boolean> {
  return {
    default: fallback,
    description,
    expected: 'true or false',
    schema: v.boolean(),
    parse: (text) => ({ true: true, false: false })[text.toLowerCase()],
    format: String,
  };
}

/** A whole number, both ends inclusive. */
export function count({
  from,
  to = Number.MAX_SAFE_INTEGER,
  ...described
}: Described<number> & { from: number; to?: number }): Setting<number> {
  return {
    ...described,
    expected:
      to === Number.MAX_SAFE_INTEGER ? `a whole number from ${from}` : `a whole number from ${from} to ${to}`,
    schema: v.pipe(v.number(), v.safeInteger(), v.minValue(from), v.maxValue(to)),
    parse: parseCount,
    format: String,
  };
}

/** A number of bytes: typed plainly or with a unit, `500MB` (powers of 1000) or `8GiB` (powers of 1024). */
export function byteCount({ from, ...described }: Described<number> & { from: number }): Setting<number> {
  return {
    ...described,
    expected: `a size from ${formatByteCount(from)}, for instance 500MB or 8GiB`,
    schema: v.pipe(v.number(), v.safeInteger(), v.minValue(from)),
    parse: parseByteCount,
    format: formatByteCount,
  };
}

/** A setting of that kind which may also be `unlimited`: null. */
export function orUnlimited<Options extends Described<number>>(
  kind: (options: Options) => Setting<number>,
  options: Omit<Options, 'default'> & { default: number | null },
): Setting<number | null> {
  return orWord('unlimited', kind, options);
}

/** A setting of that kind which may also be `automatic`: null. */
export function orAutomatic<Options extends Described<number>>(
  kind: (options: Options) => Setting<number>,
  options: Omit<Options, 'default'> & { default: number | null },
): Setting<number | null> {
  return orWord('automatic', kind, options);
}

/** A setting of that kind which may also be null: the word, as it is typed. */
function orWord<Options extends Described<number>>(
  word: string,
  kind: (options: Options) => Setting<number>,
  options: Omit<Options, 'default'> & { default: number | null },
): Setting<number | null> {
  const limit = kind({ ...options, default: options.default ?? 0 } as unknown as Options);
  return {
    default: options.default,
    description: limit.description,
    expected: `${limit.expected}, or ${word}`,
    schema: v.nullable(limit.schema),
    parse: (text) => (text.toLowerCase() === word ? null : limit.parse(text)),
    format: (value) => (value === null ? word : limit.format(value)),
  };
}

/** One of several words. */
export function choice<const Word extends string>({
  words,
  ...described
}: Described<Word> & { words: readonly Word[] }): Setting<Word> {
  return {
    ...described,
    expected: `one of ${words.join(', ')}`,
    schema: v.picklist(words),
    parse: (text) => text,
    format: String,
  };
}

/**
 * Text in one line; the empty text stands for "not set".
 * @param pattern what a text that is not empty must match.
 */
export function line({
  expected,
  maxCharacters,
  pattern,
  ...described
}: Described<string> & { expected: string; maxCharacters: number; pattern?: RegExp }): Setting<string> {
  const isAllowed = (text: string) =>
    text === '' ||
    ([...text].length <= maxCharacters && !/\p{Cc}/u.test(text) && (pattern?.test(text) ?? true));
  return {
    ...described,
    expected: `${expected} (at most ${maxCharacters} characters), or "" for none`,
    schema: v.pipe(v.string(), v.check(isAllowed)),
    parse: (text) => text.trim(),
    format: (value) => (value === '' ? '""' : value),
  };
}

const mostUrls = 8;

/** Addresses of servers, typed with spaces or commas between them; none is the empty list. */
export function urlList(described: Described<readonly string[]>): Setting<readonly string[]> {
  return {
    ...described,
    expected: `up to ${mostUrls} http(s) addresses with spaces between them, or "" for none`,
    schema: v.pipe(
      v.array(v.pipe(v.string(), v.maxLength(500), v.check(isServerUrl))),
      v.maxLength(mostUrls),
      v.check((urls) => new Set(urls).size === urls.length),
      v.readonly(),
    ),
    parse: (text) => text.split(/[\s,]+/).flatMap((url) => url.replace(/\/+$/, '') || []),
    format: (urls) => (urls.length === 0 ? '""' : urls.join(' ')),
  };
}

/** Something to which a path can be appended; a password in it would be shown with the settings. */
function isServerUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && !username && !password && !search && !hash && !text.endsWith('/');
}

function parseCount(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

const byteUnits: Record<string, number> = {
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  tb: 1000 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

function parseByteCount(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,15}(?:\.\d{1,6})?) ?([a-z]{0,3})$/i.exec(text) ?? [];
  const factor = byteUnits[unit.toLowerCase() || 'b'];
  if (!digits || factor === undefined) return undefined;
  const bytes = Number(digits) * factor;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** In the largest unit that says it exactly. */
function formatByteCount(bytes: number): string {
  for (const [name, unit] of [
    ['TiB', byteUnits.tib],
    ['TB', byteUnits.tb],
    ['GiB', byteUnits.gib],
    ['GB', byteUnits.gb],
    ['MiB', byteUnits.mib],
    ['MB', byteUnits.mb],
    ['KiB', byteUnits.kib],
    ['kB', byteUnits.kb],
  ] as const) {
    if (unit && bytes >= unit && bytes % unit === 0) return `${bytes / unit}${name}`;
  }
  return `${bytes}B`;
}
