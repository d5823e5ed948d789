import { HashmarkError } from '../../../shared/errors.ts';

/** How much of each end of a file is looked at twice. */
const edgeBytes = 64 << 10;

/** How a blob is read. */
export interface Slicing {
  /** Bytes that are read at once. */
  sliceBytes: number;
  /** Slices that are being read while one is used. */
  ahead: number;
}

/** The blob's bytes in slices, the next of which are read while one is used. */
export async function* slicesOf(
  blob: Blob,
  { sliceBytes, ahead }: Slicing,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reading: Promise<ArrayBuffer>[] = [];
  for (let from = 0; from < blob.size || reading.length > 0; ) {
    while (reading.length <= ahead && from < blob.size) {
      const read = blob.slice(from, from + sliceBytes).arrayBuffer();
      // Its failure is thrown when it is awaited; until then, or if nobody goes on, it must not count as unhandled.
      read.catch(() => {});
      reading.push(read);
      from += sliceBytes;
    }
    const buffer = await reading.shift();
    if (buffer) yield new Uint8Array(buffer);
  }
}

/** Remembers the edges of content as a pass sees them, to compare them with the file afterwards. */
export function createEdges(sizeBytes: number) {
  const head = new Uint8Array(Math.min(edgeBytes, sizeBytes));
  const tail = new Uint8Array(head.length);
  const tailFrom = sizeBytes - tail.length;
  let position = 0;
  return {
    /** Tells of the next bytes. */
    see(bytes: Uint8Array): void {
      if (position < head.length) head.set(bytes.subarray(0, head.length - position), position);
      const end = position + bytes.length;
      if (end > tailFrom && position < sizeBytes) {
        const from = Math.max(tailFrom, position);
        tail.set(bytes.subarray(from - position, sizeBytes - position), from - tailFrom);
      }
      position = end;
    },
    /**
     * Looks at a file's edges again; other blobs cannot change.
     * @throws HashmarkError `content-changed`.
     */
    async check(blob: Blob): Promise<void> {
      if (!isFile(blob)) return;
      const look = async (from: number, seen: Uint8Array) =>
        isSame(new Uint8Array(await blob.slice(from, from + seen.length).arrayBuffer()), seen);
      if (position === sizeBytes && (await look(0, head)) && (await look(tailFrom, tail))) return;
      throw changed(blob);
    },
  };
}

/** What a failure to read means, in a sentence; any other failure unchanged. */
export function explainReadError(error: unknown, blob: Blob): unknown {
  if (!(error instanceof DOMException) || !isFile(blob)) return error;
  // Browsers say the one when a file was written to after it was chosen, and the other when it has gone.
  return error.name === 'NotReadableError' || error.name === 'NotFoundError' ? changed(blob, error) : error;
}

function changed(file: File, cause?: unknown): HashmarkError {
  return new HashmarkError(
    'content-changed',
    `“${file.name}” changed, was moved, or cannot be read any more since it was chosen. Choose it again when nothing writes to it.`,
    { data: { name: file.name }, cause },
  );
}

function isFile(blob: Blob): blob is File {
  return typeof File !== 'undefined' && blob instanceof File;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
