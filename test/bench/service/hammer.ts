import { Agent, request } from 'node:http';

export interface HammerRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: Uint8Array | string;
}

/**
 * Sends `count` requests over `connections` kept-alive connections, each as soon as its connection is free.
 * @returns milliseconds for all. @throws when one is not answered with `status`.
 */
export async function hammer(
  { count, connections, status }: { count: number; connections: number; status: number },
  requestAt: (index: number) => HammerRequest,
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let next = 0;
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (next < count) await send(agent, requestAt(next++), status);
    }),
  );
  const ms = performance.now() - startedAt;
  agent.destroy();
  return ms;
}

function send(agent: Agent, { method, url, headers, body }: HammerRequest, status: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = request(url, { method, agent, headers: { ...headers, ...length } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        if (answer.statusCode === status) resolve();
        else
          reject(
            new Error(`${method} was answered ${answer.statusCode}: ${Buffer.concat(chunks).toString()}`),
          );
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
