import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdaptorServer, type ServerType } from '@hono/node-server';
import { generatePrivateKey } from 'viem/accounts';

import { ensureContract } from '../../companion/chain/contract/compile.ts';
import { type LocalChain, openLocalChain } from '../../companion/chain/local-chain.ts';
import type { ServiceSettings } from '../../companion/service/context.ts';
import { type Ledger, openLedger } from '../../companion/service/ledger/database.ts';
import { type JournalFile, openJournal } from '../../companion/service/ledger/journal.ts';
import { createService, type Service } from '../../companion/service/service.ts';
import { readEventStream } from '../../shared/wire/event-stream.ts';

export interface RunningServiceOptions {
  /** Whether a real local chain is started; without one, stamps are queued. */
  chain?: boolean;
  /** The folder of an earlier run, to go on with what it left. */
  folder?: string;
  /** May be changed while the service runs. */
  settings?: { -readonly [Name in keyof ServiceSettings]?: ServiceSettings[Name] };
  now?: () => number;
  /** Password of the mail server's user. */
  mailPassword?: () => string | undefined;
}

/** A service that listens on a free port, with its keys. Call `stop` at the end. */
export interface RunningService {
  /** `http://127.0.0.1:PORT` */
  url: string;
  /** Base of the tenant's webhook API. */
  webhook: string;
  apiKey: string;
  secretKey: string;
  /** What OriginStamp clients send as `Authorization`. */
  originstampKey: string;
  service: Service;
  ledger: Ledger;
  chain: LocalChain | undefined;
  folder: string;
  /** What the service logged as an error. */
  errors: string[];
  /** A webhook request with the secret key; `path` follows the API key. */
  request(
    method: string,
    headers?: Record<string, string>,
    body?: RequestInit['body'],
    path?: string,
  ): Promise<Response>;
  /** The same, answered as `{status, body}`. */
  json(
    method: string,
    headers?: Record<string, string>,
    body?: RequestInit['body'],
    path?: string,
    // biome-ignore lint/suspicious/noExplicitAny: a test reads answers as their client does, by name
  ): Promise<{ status: number; body: any }>;
  /** Uploads text or bytes as the multipart part `file`. */
  upload(
    headers: Record<string, string>,
    content: string | Uint8Array<ArrayBuffer>,
    name?: string,
    type?: string,
    // biome-ignore lint/suspicious/noExplicitAny: as above
  ): Promise<{ status: number; body: any }>;
  /** Names of half received files: there must be none once an answer is out. */
  incomingFiles(): Promise<string[]>;
  /** Sizes of the files of unfinished resumable uploads, in bytes. */
  partialFiles(): Promise<number[]>;
  /** Stops everything; the folder stays when `keepFolder`. */
  stop(options?: { keepFolder?: boolean }): Promise<void>;
}

/** Keys of the test tenant: the same at every start of a folder, as a vault would have them. */
const keys = {
  apiKey: '6f1c2d0a-8f0e-4c56-9a39-5f9d1d3c7c11',
  secretKey: 'test-secret-key-of-the-conformance-tenant',
  originstampKey: '7d1c4c0e-52a4-4f43-9d0c-0c2f4f5b8a11',
  walletKey: generatePrivateKey(),
  linkSigningKey: randomBytes(32),
};

export async function startService(options: RunningServiceOptions = {}): Promise<RunningService> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'hashmark-service-')));
  const ledger = openLedger(join(folder, 'ledger.sqlite'));
  const chainId = 4_774_123_456;
  const errors: string[] = [];
  let journal: JournalFile | undefined;
  let chain: LocalChain | undefined;
  if (options.chain) {
    await ensureContract();
    journal = openJournal(join(folder, 'journal.sqlite'), chainId);
    chain = await openLocalChain({
      journal,
      walletKey: keys.walletKey,
      chainId,
      folder: join(folder, 'chain'),
      log: () => undefined,
    });
  }
  let url = '';
  const contentFolder = join(folder, 'content');
  const service = createService({
    ledger,
    contentFolder,
    chain,
    contractsOf: 'acme',
    publicUrl: () => url,
    linkSigningKey: keys.linkSigningKey,
    log: (level, message, data) => {
      if (level === 'error')
        errors.push(`${message} ${data?.error instanceof Error ? data.error.stack : ''}`);
    },
    now: options.now,
    mailPassword: options.mailPassword,
    settings: () => options.settings ?? {},
  });
  await service.tenants.createTenant({ id: 'acme', name: 'Acme', ...keys });
  await service.start();
  const server = createAdaptorServer({ fetch: service.app.fetch, overrideGlobalObjects: false });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const webhook = `${url}/webhook/${keys.apiKey}`;

  const request: RunningService['request'] = (method, headers = {}, body, path = '') =>
    fetch(`${webhook}${path}`, { method, headers: { 'secret-key': keys.secretKey, ...headers }, body });
  const json: RunningService['json'] = async (...call) => {
    const response = await request(...call);
    return { status: response.status, body: await response.json() };
  };

  return {
    url,
    webhook,
    apiKey: keys.apiKey,
    secretKey: keys.secretKey,
    originstampKey: keys.originstampKey,
    service,
    ledger,
    chain,
    folder,
    errors,
    request,
    json,
    upload(headers, content, name = 'hello.txt', type = 'text/plain') {
      const form = new FormData();
      form.append('file', new Blob([content], { type }), name);
      return json('POST', headers, form);
    },
    incomingFiles: () => readdir(join(contentFolder, 'incoming')),
    async partialFiles() {
      const partialFolder = join(contentFolder, 'partial');
      const names = await readdir(partialFolder);
      return Promise.all(names.map(async (name) => (await stat(join(partialFolder, name))).size));
    },
    async stop({ keepFolder = false } = {}) {
      await service.stop();
      await closeServer(server);
      await chain?.close();
      await journal?.close();
      await ledger.close();
      if (!keepFolder) await rm(folder, { recursive: true, force: true });
    },
  };
}

async function closeServer(server: ServerType): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  if ('closeAllConnections' in server) server.closeAllConnections();
  await closed;
}

/** Reads events of a stream as they come, until `stop`. */
export interface EventReader {
  // biome-ignore lint/suspicious/noExplicitAny: data is whatever the event's type says
  events: { id: string | undefined; type: string; data: any; timestamp: string }[];
  types(): string[];
  stop(): Promise<void>;
}

/** Opens the event stream and waits for its greeting, so that nothing after this call is missed. */
export async function readEvents(
  running: RunningService,
  headers: Record<string, string> = {},
): Promise<EventReader> {
  const abort = new AbortController();
  const response = await fetch(`${running.webhook}/events/stream`, {
    headers: { 'secret-key': running.secretKey, ...headers },
    signal: abort.signal,
  });
  if (!response.body) throw new Error(`The event stream answered ${response.status} without a body.`);
  const events: EventReader['events'] = [];
  const { promise: greeted, resolve: greet } = Promise.withResolvers<void>();
  const reading = (async () => {
    for await (const item of readEventStream(response.body as ReadableStream<Uint8Array>)) {
      if (item.kind !== 'event') continue;
      events.push({ ...item.event, id: item.lastEventId });
      greet();
    }
  })().catch((error: unknown) => {
    if (!abort.signal.aborted) throw error;
  });
  await greeted;
  return {
    events,
    types: () => events.map((event) => event.type),
    async stop() {
      abort.abort();
      await reading;
    },
  };
}
