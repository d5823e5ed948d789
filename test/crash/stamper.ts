// A companion without its outer parts, to be killed: opens a home, stamps without end, and prints a line for every
// answer it got. What stands in a line was answered, so it must be there after any crash.
//
// node stamper.ts HOME_JSON, where HOME_JSON is {folder, walletKey, chainId, ledgerPath, contentFolder}.

import { randomBytes } from 'node:crypto';

import { openLocalChain } from '../../companion/chain/local-chain.ts';
import { openLedger } from '../../companion/service/ledger/database.ts';
import { createJournal } from '../../companion/service/ledger/journal.ts';
import { createService } from '../../companion/service/service.ts';

/** Enough to have requests at every step of their way when the kill comes. */
const writers = 4;
const filesPerGroup = 3;

const home = JSON.parse(process.argv[2] ?? '');
const ledger = openLedger(home.ledgerPath);
const chain = await openLocalChain({
  journal: createJournal(ledger, home.chainId),
  walletKey: home.walletKey,
  chainId: home.chainId,
  folder: home.folder,
  // Often, so that kills meet checkpoints in the making too.
  blocksPerCheckpoint: 20,
  log: () => undefined,
});
const service = createService({
  ledger,
  contentFolder: home.contentFolder,
  chain,
  publicUrl: () => 'http://127.0.0.1:4774',
  linkSigningKey: randomBytes(32),
  log: () => undefined,
});
await service.start();
await service.tenants.createTenant({
  id: 'acme',
  name: 'Acme',
  apiKey: 'test-key',
  secretKey: 'test-secret',
});

function print(line: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function stampForEver(writer: number): Promise<void> {
  for (let count = 0; ; count++) {
    const text = `${writer} ${count} ${randomBytes(8).toString('hex')}`;
    const form = new FormData();
    form.append('file', new File([text], `${count}.txt`, { type: 'text/plain' }));
    const response = await service.app.request('/webhook/test-key', {
      method: 'POST',
      headers: {
        'secret-key': 'test-secret',
        'group-id': `${process.pid}-${writer}-${Math.floor(count / filesPerGroup)}`,
        network: 'public',
        'stamp-immediately': 'true',
      },
      body: form,
    });
    const answer = (await response.json()) as Record<string, unknown>;
    print({
      kind: 'answer',
      status: response.status,
      text,
      cid: answer.hash,
      transaction: answer.transaction_id ?? null,
    });
  }
}

print({ kind: 'ready' });
setInterval(() => print({ kind: 'node', pid: chain.nodePid() ?? null }), 20);
await Promise.all(Array.from({ length: writers }, (_, writer) => stampForEver(writer)));
