import mime from 'mime/lite';

/** In bytes of UTF-8: with the extension and the `(1)` that a browser may add, within the 255 that file systems take. */
const longestNameBytes = 180;

/** `Title of the page.html`, or the address when the page has no title. */
export function nameOfPage(title: string, url: string): string {
  return `${safeName(title) || safeName(addressOf(url)) || 'page'}.html`;
}

export function nameOfSelection(title: string, url: string): string {
  return `${safeName(`Selection from ${title.trim() || addressOf(url)}`)}.txt`;
}

/** The last part of the address, with an extension that fits the type when it has none. */
export function nameOfResource(url: string, type: string): string {
  const last = /^https?:/.test(url) ? (new URL(url).pathname.split('/').pop() ?? '') : '';
  const name = safeName(decode(last)) || 'file';
  const extension = mime.getExtension(type);
  return /\.[a-z0-9]{1,8}$/i.test(name) || !extension ? name : `${name}.${extension}`;
}

/** A name that every file system takes and that says the same to people: no path, no control or direction marks. */
function safeName(text: string): string {
  const name = text
    .normalize('NFC')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, ' ')
    .replaceAll(/[\\/:*?"<>|]/g, '-')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replace(/^[.~]+|[. ]+$/g, '');
  return withinBytes(name, longestNameBytes).trim();
}

function withinBytes(text: string, mostBytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(mostBytes));
  return text.slice(0, read);
}

function addressOf(url: string): string {
  if (!URL.canParse(url)) return '';
  const { hostname, pathname } = new URL(url);
  return decode(`${hostname}${pathname}`.replace(/\/$/, ''));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // Not everything with a percent sign is encoded.
  }
}
