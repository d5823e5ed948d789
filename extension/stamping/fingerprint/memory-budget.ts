/** Whole contents are hashed from memory up to here on a computer of the usual size. */
const usualBytes = 256 << 20;

/**
 * Up to this size content is hashed whole, by the browser's own hash: it is the fastest there is, and takes twice the content in
 * memory for a moment. A device that says it has little gets a sixteenth of what it has.
 */
export function wholeInMemoryBytes(): number {
  const { deviceMemory } = (globalThis.navigator ?? {}) as { deviceMemory?: number };
  return deviceMemory === undefined ? usualBytes : Math.min(usualBytes, (deviceMemory * 2 ** 30) / 16);
}
