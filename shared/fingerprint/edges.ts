/** How much of each end of content is looked at twice. */
const edgeBytes = 64 << 10;

/**
 * Remembers the first and the last bytes that a pass saw, to compare them with the file after it: a writer through a memory map
 * leaves its times alone for a while, and mostly appends or rewrites a head.
 */
export function rememberEdges(sizeBytes: number) {
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
     * Looks again: true when the pass saw as many bytes as there were to be, and the content still has these edges.
     * @param read the content's bytes from the first position to before the second; fewer where it ends earlier.
     */
    async areThere(read: (from: number, to: number) => Promise<Uint8Array>): Promise<boolean> {
      if (position !== sizeBytes) return false;
      const [first, last] = await Promise.all([read(0, head.length), read(tailFrom, sizeBytes)]);
      return isSame(first, head) && isSame(last, tail);
    },
  };
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  // A loop: `every` takes six times as long, which a file of a few MiB would feel.
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
