import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A webhook as it came in. */
export interface ReceivedWebhook {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads bodies as a receiver does, by name
  json(): any;
}

/** A web server on a free port that takes webhooks and answers 200. */
export interface WebhookReceiver {
  /** `http://127.0.0.1:PORT` */
  url: string;
  port: number;
  received: ReceivedWebhook[];
  /** Connections that were opened. */
  connections(): number;
  /** The most requests that were under way at once. */
  mostAtOnce(): number;
  /** Answers otherwise from now on. */
  answer(handle: (request: ReceivedWebhook, response: ServerResponse) => void): void;
  close(): Promise<void>;
}

export async function receiveWebhooks(host = '127.0.0.1'): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = [];
  let connections = 0;
  let atOnce = 0;
  let mostAtOnce = 0;
  let handle = (_request: ReceivedWebhook, response: ServerResponse): void => void response.end('thanks');
  const server = createServer(async (request, response) => {
    mostAtOnce = Math.max(mostAtOnce, ++atOnce);
    response.once('close', () => atOnce--);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString('utf8');
    const { method = '', url = '', headers } = request;
    const webhook = { method, url, headers, body, json: () => JSON.parse(body) };
    received.push(webhook);
    handle(webhook, response);
  });
  server.on('connection', () => connections++);
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    port,
    received,
    connections: () => connections,
    mostAtOnce: () => mostAtOnce,
    answer(answer) {
      handle = answer;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
