import { browser } from 'wxt/browser';

import { log } from '../../log.ts';

/**
 * The whole page as Chromium archives it (MHTML, RFC 2557), frames and images of other sites included; undefined where
 * the browser cannot, or the user has not given the permission.
 */
export async function captureMhtml(tabId: number): Promise<Blob | undefined> {
  if (!(await mayArchive())) return undefined;
  for (let attempt = 1; ; attempt += 1) {
    const archive = await browser.pageCapture.saveAsMHTML({ tabId });
    try {
      return archive ? await normalizeMhtml(archive) : undefined;
    } catch (error) {
      // Chromium 156 now and then hands out a file that is gone already, mostly the first time after its start.
      if (attempt < mostAttempts) continue;
      log('the archive of the page could not be read', error);
      return undefined; // The page's own capture remains, with its list of what is missing.
    }
  }
}

const mostAttempts = 3;

async function mayArchive(): Promise<boolean> {
  try {
    return await browser.permissions.contains({ permissions: ['pageCapture'] });
  } catch {
    return false; // Firefox does not know the permission.
  }
}

/**
 * The same archive without what changes from one capture to the next: its date, the random boundary and the random ids
 * of its parts. So the same page gives the same bytes; readers of the format see no difference.
 */
export async function normalizeMhtml(archive: Blob): Promise<Blob> {
  // One character for each byte: parts have encodings of their own, and none may be touched.
  let text = new TextDecoder('latin1').decode(await archive.arrayBuffer());
  const endOfHead = text.search(/\r?\n\r?\n/);
  const head = text.slice(0, endOfHead);
  const boundary = /boundary="([^"]+)"/.exec(head)?.[1];
  if (!boundary) return archive;
  text = head.replace(/^Date:.*\r?\n/m, '') + text.slice(endOfHead);
  // The name of a boundary must not occur in any part. Part of it is a random number, and a fixed one is as good
  // unless a page foresees it: then the archive keeps the random one.
  const fixed = '----MultipartBoundary--hashmark----';
  if (!text.includes(fixed)) text = text.replaceAll(boundary, fixed);
  const ids = [
    ...new Set(
      [...text.matchAll(/^Content-ID: <(?:frame|css)-([0-9a-f-]{16,})@mhtml\.blink>/gim)].map(
        ([, id]) => id ?? '',
      ),
    ),
  ];
  ids.forEach((id, index) => {
    const name = String(index).padStart(id.length, '0');
    // Quoted-printable text breaks lines anywhere, also inside an id: the break stays where it is.
    const anywhere = new RegExp([...id].join('(?:=\\r?\\n)?'), 'g');
    text = text.replace(anywhere, (found) => {
      let at = 0;
      return found.replaceAll(/=\r?\n|./gs, (piece) => (piece.length > 1 ? piece : (name[at++] ?? '')));
    });
  });
  return new Blob([Uint8Array.from(text, latin1Byte)]);
}

/** What the decoder called latin1 is windows-1252: 27 characters stand above 255. */
const byteOf = new Map(
  [...new TextDecoder('latin1').decode(Uint8Array.from({ length: 256 }, (_, byte) => byte))].map(
    (it, byte) => [it, byte],
  ),
);
const latin1Byte = (character: string) => byteOf.get(character) ?? 0x3f;
