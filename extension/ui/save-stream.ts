/** Where a download of any size is gathered before the browser takes it: on disk, not in memory. */
const folderName = 'hashmark-downloads';

/** Hands a stream to the user's downloads. For pages only: it needs a document. */
export async function saveStream(name: string, stream: ReadableStream<Uint8Array>): Promise<void> {
  const blob = await gather(stream);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The download reads the file by itself, however long that takes; the page may stay open for days.
  setTimeout(() => URL.revokeObjectURL(link.href), 600_000);
}

async function gather(stream: ReadableStream<Uint8Array>): Promise<Blob> {
  let file: FileSystemFileHandle;
  try {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle(folderName, { create: true });
    file = await folder.getFileHandle(crypto.randomUUID(), { create: true });
  } catch {
    return new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).blob(); // A private window has no such disk.
  }
  await stream.pipeThrough(inLargePieces()).pipeTo(await file.createWritable());
  return file.getFile();
}

/** A zip of small files comes in small pieces, and each write to disk costs a trip to another process. */
const pieceBytes = 1 << 20;

function inLargePieces(): TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  let piece = new Uint8Array(pieceBytes);
  let length = 0;
  return new TransformStream({
    transform(chunk, controller) {
      for (let from = 0; from < chunk.length; ) {
        const part = chunk.subarray(from, from + pieceBytes - length);
        piece.set(part, length);
        length += part.length;
        from += part.length;
        if (length < pieceBytes) continue;
        controller.enqueue(piece);
        piece = new Uint8Array(pieceBytes);
        length = 0;
      }
    },
    flush: (controller) => controller.enqueue(piece.subarray(0, length)),
  });
}

/** Deletes what former downloads left behind. Call it when a page that saves opens. */
export async function forgetSavedStreams(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  await root.removeEntry(folderName, { recursive: true });
}
