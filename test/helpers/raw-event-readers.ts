import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';

/** A reader of the event stream over a plain HTTP connection of its own. */
export interface RawEventReader {
  /** Ids of the frames that came whole, in order. */
  ids: number[];
  response: IncomingMessage;
  /** Resolves when the stream ended, orderly or not. */
  ended: Promise<void>;
  close(): void;
}

export interface RawReaderOptions {
  headers?: Record<string, string>;
  /** Called with every frame's id when it has arrived whole. */
  onEvent?: (id: number) => void;
  /** Leaves everything after the head unread, until it is resumed. */
  isPaused?: boolean;
}

/** Opens an event stream and resolves when its greeting is here (or, for a paused one, its head). */
export function openRawReader(
  url: string,
  { headers = {}, onEvent, isPaused = false }: RawReaderOptions = {},
): Promise<RawEventReader> {
  return new Promise((resolve, reject) => {
    const sent: ClientRequest = request(
      url,
      { headers, agent: new Agent({ keepAlive: false }) },
      (response) => {
        if (response.statusCode !== 200) {
          reject(new Error(`The event stream answered ${response.statusCode}.`));
          return;
        }
        const { promise: ended, resolve: end } = Promise.withResolvers<void>();
        const reader: RawEventReader = { ids: [], response, ended, close: () => sent.destroy() };
        let rest = '';
        let isGreeted = false;
        response.setEncoding('utf8');
        response.on('error', () => undefined);
        response.on('close', end);
        const take = (chunk: string) => {
          const frames = (rest + chunk).split('\n\n');
          rest = frames.pop() ?? '';
          for (const frame of frames) {
            const id = /^id: (\d+)$/m.exec(frame)?.[1];
            if (id === undefined) continue;
            reader.ids.push(Number(id));
            onEvent?.(Number(id));
          }
          if (!isGreeted) resolve(reader);
          isGreeted = true;
        };
        response.on('data', take);
        if (isPaused) {
          response.pause();
          resolve(reader);
        }
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}
