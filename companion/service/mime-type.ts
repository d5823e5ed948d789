import { fileTypeFromBuffer, supportedMimeTypes } from 'file-type';
import mime from 'mime';

/** How many of the first bytes tell the type; what file-type asks for. */
export const sniffedBytes = 4100;

/** What content is whose type nobody knows. */
export const unknownMimeType = 'application/octet-stream';

/**
 * The type of content, judged by its bytes first: what they show wins over what the sender says. Only where bytes
 * cannot tell (text in its many kinds, formats without a signature) does the claim count, else the file name's ending.
 *
 * @param head the first {@link sniffedBytes} bytes, or all when there are fewer.
 * @param declared a Content-Type as the sender gave it, parameters and all.
 * @returns lower case, no parameters; {@link unknownMimeType} when nothing is certain.
 */
export async function detectMimeType(
  head: Uint8Array,
  { declared, name }: { declared?: string; name: string },
): Promise<string> {
  const claimed = claimOf(declared) ?? mime.getType(name) ?? undefined;
  const sniffed = (await fileTypeFromBuffer(head))?.mime;
  const isText = looksLikeText(head);
  if (sniffed) {
    // `BM`, `ID3` or `II*` may open a sentence: bytes that are text throughout are not one of those binary formats.
    const isTextAfterAll = isText && !textualSignatures.has(sniffed);
    if (!isTextAfterAll && !isRefinement(claimed, sniffed)) return sniffed;
  }
  if (claimed === undefined) return isText && head.length > 0 ? 'text/plain' : unknownMimeType;
  if (isTextual(claimed)) return isText ? claimed : unknownMimeType;
  // A format with a signature that is not there: the claim is wrong.
  if (supportedMimeTypes.has(claimed)) return isText ? 'text/plain' : unknownMimeType;
  return claimed;
}

/** True for `image/png` under `image/png`, `image/*` or everything. An empty list allows everything. */
export function isAllowedMimeType(mimetype: string, allowed: string[]): boolean {
  if (allowed.length === 0) return true;
  const [family] = mimetype.split('/');
  return allowed.some((pattern) => pattern === mimetype || pattern === `${family}/*` || pattern === '*/*');
}

/** Signatures made of letters, of formats that may be text throughout. */
const textualSignatures = new Set([
  'application/pdf',
  'application/xml',
  'application/rtf',
  'application/postscript',
  'application/eps',
  'application/x-ft-windows-registry-entry',
  'text/calendar',
  'text/vcard',
  'text/vtt',
]);

/** A kind of XML (SVG, for instance) says more than "XML". */
function isRefinement(claimed: string | undefined, sniffed: string): boolean {
  return (
    sniffed === 'application/xml' &&
    claimed !== undefined &&
    (claimed.endsWith('+xml') || claimed === 'text/xml')
  );
}

function isTextual(mimetype: string): boolean {
  return (
    mimetype.startsWith('text/') ||
    /[+/](json|xml|yaml|toml)$/.test(mimetype) ||
    ['application/javascript', 'application/ecmascript', 'application/x-sh', 'application/sql'].includes(
      mimetype,
    )
  );
}

/** Absent and "some bytes" claim nothing. */
function claimOf(declared: string | undefined): string | undefined {
  const [type = ''] = (declared ?? '').toLowerCase().split(';');
  const trimmed = type.trim();
  const isType = /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/.test(trimmed);
  return isType && trimmed !== unknownMimeType ? trimmed : undefined;
}

/** UTF-8 without control characters, but for the last character, which the cut may have halved. */
function looksLikeText(head: Uint8Array): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the point
    return !/[\u0000-\u0008\u000b\u000e-\u001a\u001c-\u001f\ufffd]/.test(text);
  } catch {
    return false; // Not UTF-8.
  }
}
