// What the programs that crash tests kill have in common: a companion without its outer parts, on a home that outlives it.
// Their one argument is that home as JSON; each line that they print says what somebody was told.

import { randomBytes } from 'node:crypto';

import { openLocalChain } from '../../companion/chain/local-chain.ts';
import { openLedger } from '../../companion/service/ledger/database.ts';
import { openJournal } from '../../companion/service/ledger/journal.ts';
import { createService, type Service, type ServiceDependencies } from '../../companion/service/service.ts';
import type { CrashHome } from './kill-rounds.ts';

const nodePidEveryMs = 20;

/** Opens and starts the service with its one tenant, and goes on telling which process its chain's node is. */
export async function openDoomedService(
  tenant: Parameters<Service['tenants']['createTenant']>[0],
  settings?: ServiceDependencies['settings'],
): Promise<Service> {
  const home = JSON.parse(process.argv[2] ?? '') as CrashHome;
  const ledger = openLedger(home.ledgerPath);
  const chain = await openLocalChain({
    journal: openJournal(home.journalPath, home.chainId),
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
    contractsOf: tenant.id,
    publicUrl: () => 'http://127.0.0.1:4774',
    linkSigningKey: randomBytes(32),
    settings,
    log: () => undefined,
  });
  await service.tenants.createTenant(tenant);
  await service.start();
  setInterval(() => printLine({ kind: 'node', pid: chain.nodePid() ?? null }), nodePidEveryMs);
  return service;
}

/** Pipes are written at once, so a line is out before anything else happens. */
export function printLine(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
