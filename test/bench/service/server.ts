// The service in a process of its own, to be measured: what it needs is then its alone. It listens on a free port, and its
// parent asks it over the process channel for what HTTP cannot do (see commands.ts).
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { generatePrivateKey } from 'viem/accounts';

import { ensureContract } from '../../../companion/chain/contract/compile.ts';
import { openLocalChain } from '../../../companion/chain/local-chain.ts';
import { openLedger } from '../../../companion/service/ledger/database.ts';
import { openJournal } from '../../../companion/service/ledger/journal.ts';
import { createService } from '../../../companion/service/service.ts';
import { createCommands } from './commands.ts';
import { tenant } from './tenant.ts';

const [folder = '', withChain] = process.argv.slice(2);
const ledger = openLedger(join(folder, 'ledger.sqlite'));
const chainId = 4_774_000_001;
if (withChain) await ensureContract();
const chain = withChain
  ? await openLocalChain({
      journal: openJournal(join(folder, 'journal.sqlite'), chainId),
      walletKey: generatePrivateKey(),
      chainId,
      folder: join(folder, 'chain'),
      log: () => undefined,
    })
  : undefined;
let url = '';
const service = createService({
  ledger,
  contentFolder: join(folder, 'content'),
  chain,
  publicUrl: () => url,
  linkSigningKey: new Uint8Array(32).fill(7),
  log: (level, message, data) => {
    if (level !== 'info') console.error(message, data);
  },
});
await service.start();
await service.tenants.createTenant(tenant);
const server = createServer(getRequestListener(service.app.fetch)).listen(0, '127.0.0.1');
await once(server, 'listening');
url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const commands = createCommands({ folder, ledger, service, chain });
process.on('message', async ({ id, name, input }: { id: number; name: string; input: never }) => {
  try {
    process.send?.({ id, result: await commands[name as keyof typeof commands](input) });
  } catch (error) {
    process.send?.({ id, failure: String(error instanceof Error ? error.stack : error) });
  }
});
process.once('disconnect', async () => {
  server.close();
  server.closeAllConnections();
  await service.stop();
  await chain?.close();
  await ledger.close();
});
process.send?.({ url });
