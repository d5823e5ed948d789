import { createParser } from 'eventsource-parser';
import * as v from 'valibot';

import { HashmarkError } from '../errors.ts';

/**
 * One event of a Chainletter tenant. `data` keeps whatever the service sent: which fields there are depends on `type`,
 * and unknown types must be ignored, not refused.
 */
export interface ChainletterEvent {
  /** Unique per service; the value to send as `Last-Event-ID` stands in {@link EventStreamItem}. */
  id: string;
  /** For instance `file.uploaded`, `file.pinned`, `file.deleted`, `collection.stamped`, `group.created`. */
  type: string;
  tenantId: string;
  data: Record<string, unknown>;
  /** ISO 8601 with milliseconds. */
  timestamp: string;
}

/**
 * What a stream yields: an event, or a sign of life (a comment line). The latter matters to an extension's worker,
 * which must do something at every tick or is put to sleep.
 */
export type EventStreamItem =
  | { kind: 'event'; lastEventId: string | undefined; event: ChainletterEvent }
  | { kind: 'heartbeat' };

const eventSchema = v.object({
  id: v.fallback(v.pipe(v.union([v.string(), v.number()]), v.transform(String)), ''),
  type: v.string(),
  tenant_id: v.optional(v.string()),
  tenant: v.optional(v.string()),
  data: v.fallback(v.record(v.string(), v.unknown()), {}),
  timestamp: v.fallback(v.string(), ''),
});

/** One event is a few hundred bytes: a stream that needs more than this to finish one is broken or hostile. */
const maxEventCharacters = 1024 * 1024;

/**
 * Reads an event stream until it ends or the reader stops iterating (which cancels it).
 *
 * @param body of a response with status 200 and type `text/event-stream`.
 * @throws HashmarkError `stream-broken` when the connection fails or an event is larger than 1 MiB. An event that is
 * not JSON, or not an event, is passed over: one bad line must not cost the rest.
 */
export async function* readEventStream(body: ReadableStream<Uint8Array>): AsyncGenerator<EventStreamItem> {
  const items: EventStreamItem[] = [];
  let isTooLarge = false;
  const parser = createParser({
    maxBufferSize: maxEventCharacters,
    onEvent({ id, data }) {
      const event = parseEvent(data);
      if (event) items.push({ kind: 'event', lastEventId: id, event });
    },
    onComment: () => items.push({ kind: 'heartbeat' }),
    onError(error) {
      if (error.type === 'max-buffer-size-exceeded') isTooLarge = true;
    },
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await readChunk(reader);
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      // Items are handed over before the size is judged: what arrived whole is good.
      yield* items.splice(0);
      if (isTooLarge) {
        throw new HashmarkError(
          'stream-broken',
          `The event stream sent an event of more than ${maxEventCharacters} characters.`,
        );
      }
    }
  } finally {
    // Stops the download; a stream that already failed has nothing to cancel.
    await reader.cancel().catch(() => undefined);
  }
}

function parseEvent(text: string): ChainletterEvent | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined; // Not ours to judge: relays and keep-alives put other text on the line.
  }
  const parsed = v.safeParse(eventSchema, json);
  if (!parsed.success) return undefined;
  const { id, type, tenant_id, tenant, data, timestamp } = parsed.output;
  return { id, type, tenantId: tenant_id ?? tenant ?? '', data, timestamp };
}

async function readChunk(reader: ReadableStreamDefaultReader<Uint8Array>) {
  try {
    return await reader.read();
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'AbortError') throw cause;
    throw new HashmarkError(
      'stream-broken',
      'The event stream broke off. Reconnect with the last event id.',
      {
        cause,
      },
    );
  }
}
