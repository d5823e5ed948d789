/** The text of a JSON array whose items come page by page. */
export function* jsonArray<Page>(
  pages: Iterable<Page>,
  itemsOf: (page: Page) => unknown[],
): Generator<string> {
  let separator = '[';
  for (const page of pages) {
    for (const item of itemsOf(page)) {
      yield separator + JSON.stringify(item);
      separator = ',';
    }
  }
  yield separator === '[' ? '[]' : ']';
}

const encoder = new TextEncoder();

/** Enough that the cost of a chunk does not count, little enough that a thousand readers hold little. */
const chunkCharacters = 64 * 1024;

/**
 * An answer of JSON that is made while it is sent, at the reader's pace: a list of a hundred thousand files is never in
 * memory as a whole, and other requests are answered in between.
 */
export function streamJson(pieces: Iterator<string>): Response {
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        // Others first: whoever reads fast would have the event loop to itself otherwise.
        await new Promise((resolve) => setImmediate(resolve));
        let text = '';
        while (text.length < chunkCharacters) {
          const { done, value } = pieces.next();
          if (done) {
            if (text) controller.enqueue(encoder.encode(text));
            controller.close();
            return;
          }
          text += value;
        }
        controller.enqueue(encoder.encode(text));
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: { 'Content-Type': 'application/json' } });
}
