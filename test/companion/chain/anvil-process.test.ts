import { afterEach, beforeEach, expect, it } from 'vitest';
import WebSocket from 'ws';

import { type AnvilProcess, startAnvil } from '../../../companion/chain/anvil-process.ts';
import { createFolder } from '../../helpers/create-folder.ts';

let folder: string;
let nodes: AnvilProcess[];
beforeEach(() => {
  folder = createFolder();
  nodes = [];
});
afterEach(async () => {
  await Promise.all(nodes.map((node) => node.kill()));
});

async function start(): Promise<URL> {
  const node = await startAnvil({ chainId: 4_774_000_001, genesisTimeSeconds: 1_700_000_000, folder });
  nodes.push(node);
  return new URL(node.url);
}

/** What a page meets that tries a port: WebSockets know no CORS. */
function knock(host: string): Promise<'open' | 'closed'> {
  const socket = new WebSocket(`ws://${host}`, { origin: 'https://page.example' });
  return new Promise((resolve) => {
    socket.once('open', () => {
      socket.close();
      resolve('open');
    });
    socket.once('error', () => resolve('closed'));
  });
}

it('is where a page that tries all ports of this computer does not find it', async () => {
  const [first, second] = [await start(), await start()];
  expect(first.hostname).toMatch(/^127\.\d+\.\d+\.\d+$/);
  expect(await knock(first.host)).toBe('open');
  // Where the loopback interface holds no other address, there is nowhere else to be.
  const isWhole = process.platform === 'linux' || process.platform === 'win32';
  expect(await knock(`127.0.0.1:${first.port}`)).toBe(isWhole ? 'closed' : 'open');
  expect(first.hostname === second.hostname).toBe(!isWhole);
});
