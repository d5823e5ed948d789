import { once } from 'node:events';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';

/** An answer as it came over the wire. */
export interface RawAnswer {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads answers as their client does, by name
  json(): any;
}

/** A connection on which a test decides about every byte. */
export interface RawConnection {
  /** Text goes out as UTF-8. Resolves when the system has taken it. */
  send(...parts: (string | Uint8Array)[]): Promise<void>;
  /** The next answer, interim ones (`100 Continue`) included. Pass `head` for the answer to a HEAD request. */
  answer(options?: { head?: boolean }): Promise<RawAnswer>;
  /** Resolves when the other side has ended the connection. */
  closed: Promise<void>;
  /** Cuts it off. */
  cut(): void;
}

const patienceMs = 15_000;

/** Connects to the origin of `url`. The connection is cut when the test has ended. */
export async function openRaw(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.on('error', () => undefined); // A reset is an end, too: what was to come is missing then.
  let received = Buffer.alloc(0);
  let wake: (() => void) | undefined;
  let isClosed = false;
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    wake?.();
  });
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      isClosed = true;
      wake?.();
      resolve();
    });
  });

  /** Waits until `find` sees what it looks for at the beginning of what was received. */
  async function take<T>(what: string, find: (bytes: Buffer) => { value: T; length: number } | undefined) {
    const timer = setTimeout(() => socket.destroy(), patienceMs);
    try {
      for (;;) {
        const found = find(received);
        if (found) {
          received = received.subarray(found.length);
          return found.value;
        }
        if (isClosed) throw new Error(`The connection ended before ${what}: ${received.toString('latin1')}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  const takeLine = () =>
    take('the end of a line', (bytes) => {
      const end = bytes.indexOf('\r\n');
      return end < 0 ? undefined : { value: bytes.toString('latin1', 0, end), length: end + 2 };
    });
  const takeBytes = (count: number) =>
    take(`${count} bytes`, (bytes) =>
      bytes.length < count ? undefined : { value: Buffer.from(bytes.subarray(0, count)), length: count },
    );

  async function takeChunks(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for (;;) {
      const size = Number.parseInt(await takeLine(), 16);
      if (size > 0) chunks.push(await takeBytes(size));
      await takeLine();
      if (size === 0) return Buffer.concat(chunks);
    }
  }

  return {
    closed,
    cut: () => socket.destroy(),
    async send(...parts) {
      for (const part of parts) {
        await new Promise<void>((resolve) => socket.write(part, () => resolve()));
      }
    },
    async answer({ head = false } = {}) {
      const status = Number((await takeLine()).split(' ')[1]);
      const headers: Record<string, string> = {};
      for (let line = await takeLine(); line; line = await takeLine()) {
        const colon = line.indexOf(':');
        headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
      }
      const hasBody = !head && status >= 200 && status !== 204 && status !== 304;
      const bytes = !hasBody
        ? Buffer.alloc(0)
        : headers['transfer-encoding'] === 'chunked'
          ? await takeChunks()
          : await takeBytes(Number(headers['content-length'] ?? 0));
      const body = bytes.toString('utf8');
      return { status, headers, body, json: () => JSON.parse(body) };
    },
  };
}
