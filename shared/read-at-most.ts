import { HashmarkError } from './errors.ts';

/**
 * The whole of a stream that nobody has promised to be short.
 * @throws HashmarkError `too-large` as soon as more than `limitBytes` have come; the rest is not read.
 */
export async function readAtMost(
  stream: ReadableStream<Uint8Array> | null,
  limitBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!stream) return new Uint8Array();
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let totalBytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    totalBytes += value.byteLength;
    if (totalBytes > limitBytes) {
      await reader.cancel().catch(() => undefined); // Whoever sent too much has nothing more to say.
      throw new HashmarkError('too-large', `A message of more than ${limitBytes} bytes was refused.`, {
        data: { limitBytes },
      });
    }
    chunks.push(value);
  }
  const all = new Uint8Array(totalBytes);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return all;
}
