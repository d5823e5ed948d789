import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { fingerprint } from '../../shared/fingerprint/fingerprint.ts';
import { jsPlatform } from '../../shared/fingerprint/js-platform.ts';

export type WireCall = 'groups' | 'list' | 'link' | 'upload' | 'stamp' | 'verify' | 'delete';

export interface WireFile {
  cid: string;
  name: string;
  transaction: string | null;
}

/** What happens to one call: the connection breaks before or after it took effect, or it is answered otherwise. */
export type Fault = 'drop-before' | 'drop-after' | { status: number; message: string; retryAfter?: string };

export interface WireUpstream {
  baseUrl: string;
  groups: Map<string, WireFile[]>;
  /** Calls that took effect, in order. */
  effects: WireCall[];
  /** On which network each link was asked for and each file was sent, in order. */
  networks: string[];
  /** Ids of groups with their names: an upload is answered with the id, and a group is found by either. */
  names: Map<string, string>;
  /** Asked for every call; returns what shall go wrong with it. */
  fault: (call: WireCall) => Fault | undefined;
  /** False: a stamp is taken on and stays without a transaction until {@link mine}. */
  minesAtOnce: boolean;
  mine(): void;
  /** The CID that an upload is answered with, instead of the true one. */
  lyingCid?: string;
  close(): Promise<void>;
}

const blockTimeSeconds = 1_772_355_660;

/** A small upstream that speaks the part of the Chainletter wire which a job needs, on a real socket, and can be made to fail. */
export async function startWireUpstream(): Promise<WireUpstream> {
  let transactions = 0;
  const server = createServer((request, response) => {
    handle(request, response).catch((error) => response.destroy(error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const upstream: WireUpstream = {
    baseUrl: `${origin}/webhook/KEY`,
    groups: new Map(),
    effects: [],
    networks: [],
    names: new Map(),
    fault: () => undefined,
    minesAtOnce: true,
    mine() {
      for (const file of [...upstream.groups.values()].flat()) {
        if (file.transaction === 'pending')
          file.transaction = `0x${String(++transactions).padStart(64, '0')}`;
      }
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const nameOf = (group: string) => upstream.names.get(group) ?? group;
  const idOf = (name: string) => [...upstream.names].find(([, known]) => known === name)?.[0] ?? name;
  const filesOf = (group: string) => upstream.groups.get(nameOf(group));
  const isMined = ({ transaction }: WireFile) => transaction !== null && transaction !== 'pending';

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', origin);
    const header = (name: string) => decodeURIComponent(String(request.headers[name] ?? ''));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);

    const call = callOf(request.method ?? '', url, header);
    const fault = upstream.fault(call);
    if (fault === 'drop-before') return void request.socket.destroy();
    if (typeof fault === 'object') {
      const { status, message, retryAfter } = fault;
      return send(
        response,
        status,
        { success: false, message },
        retryAfter ? { 'retry-after': retryAfter } : {},
      );
    }
    const answer = await effects[call]({ url, header, body, type: header('content-type') });
    upstream.effects.push(call);
    if (fault === 'drop-after') return void request.socket.destroy();
    send(response, answer.status ?? 200, answer.body);
  }

  interface Call {
    url: URL;
    header: (name: string) => string;
    body: Buffer;
    type: string;
  }
  const effects: Record<WireCall, (call: Call) => Promise<{ status?: number; body: unknown }>> = {
    async groups() {
      const groups = [...upstream.groups].map(([name, files]) => ({
        id: idOf(name),
        name,
        network: 'private',
        created_at: new Date(0).toISOString(),
        file_count: files.length,
      }));
      return { body: { success: true, groups } };
    },
    async list({ header }) {
      const files = filesOf(header('group-id'));
      if (!files) return { status: 404, body: { success: false, message: 'Group not found' } };
      return {
        body: {
          success: true,
          files: files.map((file) => ({
            hash: file.cid,
            name: file.name,
            size: 1,
            is_stamped: isMined(file),
          })),
        },
      };
    },
    async link({ url, header }) {
      upstream.networks.push(header('network'));
      const group = url.searchParams.get('group_id') ?? '';
      const link = `${origin}/v3/files/one?group=${encodeURIComponent(group)}`;
      return { body: { success: true, upload_url: link, url: link, network: 'public', expires_in: 60 } };
    },
    async upload({ url, body, type }) {
      const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
      const file = form.get('file') as File;
      upstream.networks.push(String(form.get('network')));
      const { cid } = await fingerprint([new Uint8Array(await file.arrayBuffer())], jsPlatform);
      const group = nameOf(url.searchParams.get('group') ?? '');
      const files = filesOf(group) ?? [];
      if (files.some((known) => known.cid === cid))
        return { status: 409, body: { success: false, message: 'File already exists in group', hash: cid } };
      upstream.groups.set(group, [...files, { cid, name: file.name, transaction: null }]);
      return {
        body: {
          data: {
            id: '1',
            name: file.name,
            cid: upstream.lyingCid ?? cid,
            size: file.size,
            group_id: idOf(group),
          },
        },
      };
    },
    async stamp({ header }) {
      const files = filesOf(header('group-id')) ?? [];
      if (files.length === 0)
        return { status: 400, body: { success: false, message: 'No files found in group to stamp' } };
      for (const file of files) file.transaction ??= 'pending';
      if (upstream.minesAtOnce) upstream.mine();
      const [last] = files.slice(-1);
      const transaction = last && isMined(last) ? last.transaction : null;
      return {
        body: {
          success: true,
          files_stamped: files.length,
          transaction_id: transaction,
          pending: !transaction,
        },
      };
    },
    async verify({ header }) {
      const file = [...upstream.groups.values()].flat().find(({ cid }) => cid === header('hash'));
      if (!file) return { status: 404, body: { success: false, message: 'Not found' } };
      if (!isMined(file)) return { status: 400, body: { success: false, message: 'Not stamped' } };
      const stamp = {
        contract: null,
        created: blockTimeSeconds,
        foreign_tx_id: file.transaction,
        is_bulk: null,
      };
      return {
        body: {
          success: true,
          data: { ...stamp, filename: file.name, allResults: [stamp] },
          allResults: [stamp],
        },
      };
    },
    async delete({ header, body }) {
      const { file_hash: cid } = JSON.parse(body.toString()) as { file_hash: string };
      const files = filesOf(header('group-id')) ?? [];
      upstream.groups.set(
        nameOf(header('group-id')),
        files.filter((file) => file.cid !== cid),
      );
      return { body: { success: true } };
    },
  };
  return upstream;
}

function callOf(method: string, url: URL, header: (name: string) => string): WireCall {
  if (url.pathname.startsWith('/v3/files')) return 'upload';
  if (url.pathname.endsWith('/upload-link')) return 'link';
  if (method === 'PATCH') return 'stamp';
  if (method === 'DELETE') return 'delete';
  if (header('hash')) return 'verify';
  return header('group-id') ? 'list' : 'groups';
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
