import { terminalControl } from './terminal-control.ts';

/** How every part of the companion speaks to whoever runs it. `data` holds the values; secrets belong in neither. */
export type Log = (level: LogLevel, message: string, data?: Record<string, unknown>) => void;

export type LogLevel = 'info' | 'warn' | 'error';

/** Names whose values never reach a log, in objects and in query strings alike. */
const secretName =
  /^(secret[-_]?key|authorization|cookie|api[-_]?key|jwt|token|pairing[-_]?code|proof|password|private[-_]?key|wallet[-_]?key|originstamp[-_]?key|x-signature|x-hashmark-signature)$/i;

const redacted = '[redacted]';

/**
 * Makes a log that writes one line per entry: time, level, message, and the data as JSON.
 *
 * It is the second net, not the first: callers do not pass secrets. Values under a secret's name, query parameters of
 * such a name, user info in URLs and the API key in a webhook path are replaced before anything is written.
 * @param write receives each finished line without its newline, for instance into stderr.
 */
export function createLog(write: (line: string) => void, now: () => number = Date.now): Log {
  return (level, message, data) => {
    const details = data === undefined ? '' : ` ${JSON.stringify(redactValue(data))}`;
    const line = `${new Date(now()).toISOString()} ${level.padEnd(5)} ${redactText(message)}${details}`;
    write(line.replace(terminalControl, toEscape));
  };
}

function toEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** `text` with the secrets that URLs may hold replaced; everything else stays as it is. */
export function redactText(text: string): string {
  return text
    .replace(/\b(https?:\/\/)[^/\s@]+@/gi, `$1${redacted}@`)
    .replace(/([?&])([^=&\s#"']+)=([^&\s#"']*)/g, (whole, mark: string, name: string) =>
      secretName.test(name) ? `${mark}${name}=${redacted}` : whole,
    )
    .replace(/(\/ipfs\/)[^/?\s"']+(?=\/[^/?\s"'])/g, `$1${redacted}`)
    .replace(/(\/jwt\/)[A-Za-z0-9_-]{11}(?![A-Za-z0-9_-])/g, `$1${redacted}`)
    .replace(/(\/webhook\/)(?!events\b|upload-link\b|download-link\b)[^/?\s"']+/g, `$1${redacted}`);
}

function redactValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Error) {
    const cause = value.cause === undefined || depth > 3 ? undefined : redactValue(value.cause, depth + 1);
    return { error: redactText(value.message), ...(cause === undefined ? {} : { cause }) };
  }
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
  if (typeof value !== 'object' || value === null) return value;
  // A cycle or a very deep value must not take the companion down for the sake of a log line.
  if (depth > 5) return '…';
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      secretName.test(name) ? redacted : redactValue(item, depth + 1),
    ]),
  );
}
