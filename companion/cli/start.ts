import { type Companion, startCompanion } from '../app.ts';
import { findHome, openHome } from '../home.ts';
import { codeLifetimeMs } from '../keyholder/pairing-desk.ts';
import type { Listener } from '../listen.ts';
import { createLog } from '../log.ts';
import { buildMissing, extensionFolders } from './build.ts';
import { exitCodes, type Io } from './io.ts';

export interface StartVerbOptions {
  /** 0 for any free port. */
  port: number;
  /** Folder of this companion. */
  home: string;
  /** Whether to build what is missing first. */
  build: boolean;
  /** One line of JSON on standard output when ready, and nothing else there. */
  json?: boolean;
}

/** How long an orderly end may take before the process ends anyway: what was answered is on disk by then. */
const closeWithinMs = 4_000;

/**
 * `hashmark start`: runs the companion until `io.signal` aborts.
 * @param listen takes the port.
 * @returns 0 after an orderly end, 1 when the end took too long.
 * @throws HashmarkError `home-in-use`, `home-unwritable`, `port-busy` and whatever else keeps it from starting.
 */
export async function runStart(
  { port, home: folder, build, json = false }: StartVerbOptions,
  io: Io,
  listen: (port: number) => Promise<Listener>,
): Promise<number> {
  const log = createLog((line) => io.say(line));
  const home = openHome(folder);
  try {
    // The port is taken before the build, which may take a while: a busy one is better known at once.
    const listener = await listen(port);
    let companion: Companion | undefined;
    try {
      if (build) await buildMissing(io);
      io.signal.throwIfAborted();
      // Everything written from here on, by us or by the chain's node, is the user's alone.
      process.umask(0o077);
      companion = await startCompanion(home, listener, log);
      io.signal.throwIfAborted();
      const code = companion.desk.showCode().code;
      if (json) io.print(readyLine(companion, folder, code));
      else introduce(companion, folder, code, io);
      await aborted(io.signal);
      log('info', 'Ending');
    } catch (error) {
      if (!io.signal.aborted) throw error;
    } finally {
      const watchdog = setTimeout(() => {
        log('error', `The companion did not end in order within ${closeWithinMs} ms; it is cut off.`);
        process.exit(exitCodes.failed);
      }, closeWithinMs);
      await companion?.close();
      await listener.close();
      clearTimeout(watchdog);
    }
    return exitCodes.ok;
  } finally {
    home.release();
  }
}

function readyLine({ url, chain, rpcUrl }: Companion, home: string, pairingCode: string): string {
  return JSON.stringify({
    url,
    home,
    chain: { id: chain.id, rpcUrl, contract: chain.contract },
    pairingCode,
  });
}

function introduce(companion: Companion, home: string, code: string, io: Io): void {
  const { url, chain } = companion;
  const minutes = Math.round(codeLifetimeMs / 60_000);
  io.print(
    `
  Hashmark runs at  ${url}
  Demo page         ${url}/demo
  Home              ${home}
  Chain             ${chain.name}, id ${chain.id}${chain.isLocal ? ' (proves nothing to strangers)' : ''}

  1. Load the extension
     Chromium, Chrome, Edge, Brave: chrome://extensions, Developer mode, Load unpacked:
       ${extensionFolders.chrome}
     Firefox: about:debugging#/runtime/this-firefox, Load Temporary Add-on:
       ${extensionFolders.firefox}/manifest.json

  2. Pair it${companion.hasPairedExtension() ? ' (an extension is paired already)' : ''}: paste this code into its options (once, within ${minutes} minutes)
       ${code}
     A fresh one: npx hashmark pair${home === findHome(undefined) ? '' : ` --home ${quote(home)}`}

  Ctrl-C ends it.
`,
  );
}

/** For pasting into a shell. */
function quote(path: string): string {
  return /^[\w./\\:-]+$/.test(path) ? path : `"${path}"`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
