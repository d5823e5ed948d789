/** A message channel whose other end is closed, made when it is first needed. */
let nobody: MessagePort | undefined;

/**
 * Gives back the memory of bytes that came from a blob or from another worker; they are empty afterwards. Left to be collected,
 * a gigabyte read in slices takes 60 MiB more: the browser collects after so much, not when it is unused.
 *
 * They are sent to nobody, because a message that cannot arrive is dropped with all it owns. `ArrayBuffer.prototype.transfer`
 * looks made for it and does the opposite in Chromium: the object around the buffer keeps the memory until it is collected,
 * and the collector, told that it was freed, sees no reason to run.
 */
export function discard({ buffer }: Uint8Array<ArrayBuffer>): void {
  if (!nobody) {
    const { port1, port2 } = new MessageChannel();
    port2.close();
    nobody = port1;
  }
  nobody.postMessage(undefined, [buffer]);
}

/** Later, because giving back hundreds of megabytes takes a while, for which nobody should wait who waits for a hash. */
export function discardLater(bytes: Uint8Array<ArrayBuffer>): void {
  setTimeout(() => discard(bytes));
}
