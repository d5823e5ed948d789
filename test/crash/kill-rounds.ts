import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

import type { Ledger } from '../../companion/service/ledger/database.ts';
import { createService, type Service, type ServiceDependencies } from '../../companion/service/service.ts';
import { type ChainHome, createChainHome, openChainHome } from '../helpers/local-chain.ts';

/** A home that outlives every service on it, with the folder of its content. */
export type CrashHome = ChainHome & { contentFolder: string };

/** A machine under load is slow and still right. */
export const patienceMs = 60_000;

/** How a round ends. `start`: the companion dies at some point of its start, before or after it is ready. */
const ends = ['companion', 'node', 'both', 'start'] as const;
/** The moment of a kill is a number of lines and a little more, so that it falls into the middle of something. */
const longestExtraMs = 60;
const longestStartMs = 900;

/** A program that works without end, by `openDoomedService`, and is killed again and again. */
interface KillRounds<Line extends { kind: string }> {
  /** File in this folder. */
  program: string;
  rounds: number;
  /** What it says it was told, but for the half line that a kill cut off. */
  onLine(line: Line): void;
  /** Called when a round begins. Resolves when the program has done enough to be killed, or to have got over the death of its node. */
  beginRound(): { work(): Promise<unknown>; recover(): Promise<unknown> };
}

/** Lets the program work for a while and kills it, its node, or both, `rounds` times. @returns what is left of it. */
export async function killInRounds<Line extends { kind: string }>(
  options: KillRounds<Line>,
): Promise<CrashHome> {
  const chainHome = createChainHome();
  const home = { ...chainHome, contentFolder: join(chainHome.folder, 'content') };
  for (let round = 0; round < options.rounds; round++) {
    await runAndKill(home, ends[round % ends.length] ?? 'both', options);
  }
  return home;
}

async function runAndKill<Line extends { kind: string }>(
  home: CrashHome,
  end: (typeof ends)[number],
  { program, onLine, beginRound }: KillRounds<Line>,
): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, program), JSON.stringify(home)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { work, recover } = beginRound();
  let nodePid: number | null = null;
  const lines = createInterface({ input: child.stdout });
  const isRead = new Promise<void>((resolve) => lines.once('close', () => resolve()));
  lines.on('line', (text) => {
    let line: Line | { kind: 'node'; pid: number | null };
    try {
      line = JSON.parse(text);
    } catch {
      return; // The kill cut this line off, so nobody was told.
    }
    if (line.kind === 'node' && 'pid' in line) nodePid = line.pid;
    else onLine(line as Line);
  });
  try {
    if (end === 'start') {
      await delay(Math.random() * longestStartMs);
    } else {
      await work();
      await delay(Math.random() * longestExtraMs);
      if (end !== 'companion' && nodePid !== null) killNow(nodePid);
      // After its node died the companion goes on: it must get over that by itself.
      if (end === 'node') await recover();
    }
  } finally {
    child.kill('SIGKILL');
    await isRead;
  }
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It died by itself a moment ago.
  }
}

/** Starts a service on what is left, to be looked at. Stop it when that is done. */
export async function openSurvivor(
  home: CrashHome,
  contractsOf: string,
  settings?: ServiceDependencies['settings'],
): Promise<{ service: Service; ledger: Ledger; chain: Awaited<ReturnType<typeof openChainHome>>['chain'] }> {
  const { ledger, chain } = await openChainHome(home);
  const service = createService({
    ledger,
    contentFolder: home.contentFolder,
    chain,
    contractsOf,
    publicUrl: () => 'http://127.0.0.1:4774',
    linkSigningKey: new Uint8Array(32).fill(7),
    settings,
    log: () => undefined,
  });
  await service.start();
  return { service, ledger, chain };
}
