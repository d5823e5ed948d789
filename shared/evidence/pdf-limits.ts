/** What the streams of a certificate may unpack to, all together: a hundred times what ours have. */
const maxUnpackedBytes = 64 * 1024 * 1024;
/** What may be read for that: parts that pose as streams may all go on to the end of the file, and unpack to nothing. */
const maxFedBytes = 64 * 1024 * 1024;
/** Each is named twice, where it begins and where it ends; ours have some forty. */
const maxStreams = 2000;
/**
 * Bytes that are unpacked at once. A browser drops what it has unpacked in the same piece as the end of a stream, because
 * of the bytes behind: a megabyte at most, of a piece that small.
 */
const pieceBytes = 1024;

/**
 * Why a PDF should not be opened, or undefined. A library for PDF unpacks a stream to its end, whatever that takes: a
 * few hundred bytes may become gigabytes. So all of them are unpacked here first, and no further than to a limit.
 *
 * What cannot be looked into is refused: encryption, and every packing but a single layer of Flate (JPEG is for images:
 * see {@link withoutJpegs}).
 */
export async function findPdfExcess(bytes: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
  const text = new TextDecoder('latin1').decode(bytes);
  const names = withoutEscapes(text);
  if (/\/Encrypt\s*(<<|\d)/.test(names)) return 'it is encrypted';
  const packing = findForeignPacking(names);
  if (packing) return packing;
  if (packedTable.test(names)) return 'its parts are packed into one another';
  if (names.match(jpeg)?.length !== text.match(jpeg)?.length) {
    return 'it does not say in one word how its parts are packed';
  }
  const streams = [...text.matchAll(/stream/g)];
  if (streams.length > 2 * maxStreams) return 'it has more parts than a certificate';
  let unpacked = 0;
  let fed = 0;

  /** @returns false when a limit is reached. */
  async function unpack(packed: Uint8Array<ArrayBuffer>): Promise<boolean> {
    // Without the two bytes of its head, in which a strict reader finds faults that a PDF library overlooks.
    const { readable, writable } = new DecompressionStream('deflate-raw');
    const feeding = feed(writable, packed.subarray(2), (count) => {
      fed += count;
      return fed <= maxFedBytes;
    });
    const reader = readable.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        unpacked += value.length;
        if (unpacked > maxUnpackedBytes) break;
      }
    } catch {
      // Broken, or it ends before the file does: what came before is what a library would have unpacked.
    } finally {
      await reader.cancel().catch(() => undefined); // It may have failed already.
      await feeding;
    }
    return unpacked <= maxUnpackedBytes && fed <= maxFedBytes;
  }

  const lineEnd = /\r\n|\r|\n/g;
  let start = 0;
  for (const { index } of streams) {
    // Readers of PDF skip to the next line, however far that is; several may share it.
    if (index < start) continue;
    lineEnd.lastIndex = index;
    if (!lineEnd.test(text)) break;
    start = lineEnd.lastIndex;
    const packed = bytes.subarray(start);
    if (isZlib(packed) && !(await unpack(packed)))
      return 'its streams unpack to more than a certificate holds';
  }
  return undefined;
}

/** JPEG as a packing, in both of its spellings. */
const jpeg = /\/DCT(?=Decode|[\0\t\n\f\r /[\]<>(){}%])/g;

/**
 * The PDF with the packing of its JPEGs under a name that nobody knows, so that none is unpacked: any part may claim to be
 * one, a thousand bytes of it become gigabytes, and no image is needed. Nothing else moves.
 */
export function withoutJpegs(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  for (const { index } of new TextDecoder('latin1').decode(bytes).matchAll(jpeg)) copy[index + 1] = 0x58; // X
  return copy;
}

/** In small pieces, so that no more is unpacked than is asked for. */
async function feed(
  writable: WritableStream<BufferSource>,
  bytes: Uint8Array<ArrayBuffer>,
  mayFeed: (count: number) => boolean,
): Promise<void> {
  const writer = writable.getWriter();
  try {
    for (let at = 0; at < bytes.length && mayFeed(pieceBytes); at += pieceBytes) {
      await writer.write(bytes.subarray(at, at + pieceBytes));
    }
    await writer.close();
  } catch {
    // The reader had enough, or says what is wrong.
  }
}

/** The two bytes that every zlib stream starts with (RFC 1950, section 2.2). */
function isZlib([first = 0, second = 0]: Uint8Array): boolean {
  return (first & 15) === 8 && (first * 256 + second) % 31 === 0;
}

const longestComment = 1000;
/** White space, comments included. */
const gap = `(?:[\\0\\t\\n\\f\\r ]|%[^\\r\\n]{0,${longestComment - 1}}[\\r\\n])`;
const name = '\\/[^\\0\\t\\n\\f\\r \\/[\\]<>(){}%]*';
const reference = `[+\\-.\\d]+${gap}+[+\\-.\\d]+${gap}+R`;
/** Filters that unpack, in both of their spellings, without Flate and JPEG. */
const foreign = '\\/(?:LZW|A85|ASCII85|AHx|ASCIIHex|RL|RunLength|CCF|CCITTFax|JBIG2|JPX|Brotli)';

/** `/Filter`, and its value in the one form that needs no looking up: a name, or a list of at most one. */
const filter = new RegExp(
  `/Filter(?=[\\0\\t\\n\\f\\r /[%\\d+-])(${gap}*(?:${name}|\\[${gap}*(?:${name}${gap}*)?\\]))?`,
  'g',
);
/** Readers take `/F` for `/Filter`, too. It also names a file, and then it may refer to one. */
const shortFilter = new RegExp(
  `/F${gap}*(?:\\[${gap}*(?:/|${reference})|${foreign}|%[^\\r\\n]{${longestComment}})`,
);
const shortReference = new RegExp(
  `/F${gap}+${reference}(${gap}*(?:${name}${gap}+${reference}${gap}*){0,4}>>(?!${gap}*stream))?`,
  'g',
);

/**
 * A table of parts that is itself a part (`/W` and three numbers): only such a table can name parts which lie inside of
 * others, where nobody looks. The widths of a font are called `/W`, too, and are lists in a list.
 */
const packedTable = new RegExp(
  `/W(?:${gap}*\\[${gap}*[+\\-.]*\\d+(?:${gap}+[+\\-.\\d]|[+\\-.])|${gap}+${reference}|${gap}*\\[?${gap}*%[^\\r\\n]{${longestComment}})`,
);

/** A packing that is not looked into, or that is not said where everybody can see it. */
function findForeignPacking(names: string): string | undefined {
  const isForeign = new RegExp(foreign);
  for (const [, value] of names.matchAll(filter)) {
    if (value === undefined) return 'it does not say in one word how its parts are packed';
    const found = isForeign.exec(value);
    if (found) return `it is packed with ${found[0].slice(1)}`;
  }
  const isHidden =
    shortFilter.test(names) || [...names.matchAll(shortReference)].some(([, rest]) => rest === undefined);
  return isHidden ? 'it does not say in one word how its parts are packed' : undefined;
}

/** A name may spell any of its characters as `#` and two hex digits. */
function withoutEscapes(text: string): string {
  return text.replaceAll(/#([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
