/**
 * Bytes that the browser answered with, as an array of our own context.
 *
 * In a content script Firefox answers from the page's context: such an array is none of our `Uint8Array`, each access to
 * it is checked, and what libraries do with it is refused (`Permission denied to access property "constructor"`). There
 * it is copied; everywhere else it is what came.
 */
export function ownBytes(answer: ArrayBuffer | Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const bytes = 'buffer' in answer ? answer : new Uint8Array(answer);
  return bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
}
