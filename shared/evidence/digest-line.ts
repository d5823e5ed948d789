// One line of a checksum list: GNU coreutils (`DIGEST  name`, `DIGEST *name`, escaped with a leading backslash), BSD tags
// (`SHA256 (name) = DIGEST`), and digests alone.

/** What one line says. `none`: nothing to stamp, and nothing wrong; `end`: a signature begins, and the list is over. */
export type DigestLine =
  | { kind: 'digest'; digest: string; name: string }
  | { kind: 'none' }
  | { kind: 'end' }
  | { kind: 'unreadable' };

/** Path names end at 4,096 bytes on the systems that write such lists; more than this is no such line. */
const longestLine = 16_384;

/** What ends a line of a list; a carriage return before it is left to {@link readDigestLine}. `sha256sum -z` writes NUL. */
export const lineEnd = /[\n\0]/;

const gnu = /^(\\?)(?:0x)?([0-9a-f]{64})(?: [ *]|\t| )(.+)$/i;
const tagged = /^(\\?)SHA-?256 ?\((.*)\) ?= ?([0-9a-f]{64})$/i;
const alone = /^(?:0x)?([0-9a-f]{64})$/i;
/** A signed list is still a list: what belongs to the signature is skipped, and not believed either. */
const armour = /^(?:-----BEGIN PGP SIGNED MESSAGE-----|Hash: SHA\d+)$/;

/**
 * Reads one line without its line break.
 *
 * @param text blank lines and those that begin with `#` or `;` say nothing. Digests in any case, with `0x` or without.
 * @returns the digest in lower case; the name as it was before it was escaped, empty where there is none
 */
export function readDigestLine(text: string): DigestLine {
  // Two lines that were read as one would lose the second.
  if (text.length > longestLine || lineEnd.test(text)) return { kind: 'unreadable' };
  // A name may end in spaces; nothing else may.
  const line = text.replace(/\r$/, '').trimStart();
  const trimmed = line.trimEnd();
  if (trimmed === '' || /^[#;]/.test(trimmed) || armour.test(trimmed)) return { kind: 'none' };
  if (trimmed === '-----BEGIN PGP SIGNATURE-----') return { kind: 'end' };
  const bare = alone.exec(trimmed);
  if (bare) return found(bare[1], '', '');
  const plain = gnu.exec(line);
  if (plain) return found(plain[2], plain[3], plain[1]);
  const tag = tagged.exec(trimmed);
  if (tag) return found(tag[3], tag[2], tag[1]);
  return { kind: 'unreadable' };
}

function found(digest = '', name = '', mark = ''): DigestLine {
  return { kind: 'digest', digest: digest.toLowerCase(), name: mark ? unescapeName(name) : name };
}

function unescapeName(name: string): string {
  return name.replace(/\\([\\nr])/g, (_, code: string) => ({ n: '\n', r: '\r' })[code] ?? '\\');
}
