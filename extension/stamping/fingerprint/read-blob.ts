import { HashmarkError } from '../../../shared/errors.ts';
import { rememberEdges } from '../../../shared/fingerprint/edges.ts';

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

/** Remembers the edges of content as a pass sees them. */
export function createEdges(sizeBytes: number) {
  const { see, areThere } = rememberEdges(sizeBytes);
  return {
    see,
    /**
     * Looks at a file's edges again; other blobs cannot change.
     * @throws HashmarkError `content-changed`.
     */
    async check(blob: Blob): Promise<void> {
      if (!isFile(blob)) return;
      const read = async (from: number, to: number) =>
        new Uint8Array(await blob.slice(from, to).arrayBuffer());
      if (!(await areThere(read))) throw changed(blob);
    },
  };
}

/**
 * What browsers say when a file was written to after it was chosen, when it has gone, and what Firefox says when it went
 * while it was read.
 */
const readErrors = ['NotReadableError', 'NotFoundError', 'AbortError'];

/** What a failure to read means, in a sentence; any other failure unchanged. Not for a pass whose signal has aborted. */
export function explainReadError(error: unknown, blob: Blob): unknown {
  const isReadError = error instanceof DOMException && readErrors.includes(error.name);
  return isReadError && isFile(blob) ? changed(blob, error) : error;
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
