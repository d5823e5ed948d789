import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { HashmarkError } from '../shared/errors.ts';

/** What answers a request of Node's HTTP server. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on this computer's own address, and on no other. */
export interface Listener {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  /** From now on requests go to `handler`; until then each is told to come back. */
  serve(handler: RequestHandler): void;
  /** Stops to accept, lets running answers end for a moment, then cuts what is left. May be called again. */
  close(): Promise<void>;
}

const host = '127.0.0.1';
/** Node's five minutes are short for a file of many gigabytes on a slow disk. */
const requestTimeoutMs = 60 * 60_000;
/** Event streams never end by themselves: they are cut when everybody else had the time to finish. */
const graceMs = 1_000;
const dropIdleEveryMs = 20;

/**
 * Takes the port before anything slow is started, so that a busy one is known at once.
 * @param port 0 for any free one.
 * @throws HashmarkError `port-busy` or `port-refused`.
 */
export async function listenOnLoopback(port: number): Promise<Listener> {
  let handler: RequestHandler = sayStarting;
  let closed: Promise<void> | undefined;
  const server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) =>
    handler(request, response),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(explain(cause, port)));
    server.listen(port, host, resolve);
  });
  const actualPort = (server.address() as AddressInfo).port;
  return {
    url: `http://${host}:${actualPort}`,
    port: actualPort,
    serve(next) {
      handler = next;
    },
    close() {
      closed ??= new Promise((resolve) => {
        const cut = setTimeout(() => server.closeAllConnections(), graceMs);
        // A connection whose answer ends from now on would be kept for another request.
        const drop = setInterval(() => server.closeIdleConnections(), dropIdleEveryMs);
        server.close(() => {
          clearTimeout(cut);
          clearInterval(drop);
          resolve();
        });
      });
      return closed;
    },
  };
}

function sayStarting(_request: IncomingMessage, response: ServerResponse): void {
  const body = {
    success: false,
    code: 'starting',
    message: 'The companion is starting. Try again in a second.',
  };
  response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' });
  response.end(JSON.stringify(body));
}

function explain(cause: NodeJS.ErrnoException, port: number): HashmarkError {
  if (cause.code === 'EADDRINUSE') {
    return new HashmarkError(
      'port-busy',
      `Port ${port} on ${host} is taken by another program, perhaps another companion. Stop it, or choose another port with --port (0 takes any free one).`,
      { data: { port }, cause },
    );
  }
  return new HashmarkError(
    'port-refused',
    `Hashmark cannot listen on port ${port} of ${host}: ${cause.message}. Choose another port with --port.`,
    { data: { port }, cause },
  );
}
