import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

/** A display of its own for a browser with windows: only there is a right-click a real one. */
export interface Display {
  /** For the browser's environment. */
  name: string;
  /** How many windows show: a menu is one of its own. */
  countWindows(): Promise<number>;
  /** Presses keys in the window that has the focus, by their X names, for instance `Up`. */
  press(...keys: string[]): Promise<void>;
  close(): Promise<void>;
}

const startWithinMs = 10_000;

function hasCommand(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' }).status === 0;
}

/** Starts a virtual display, or gives undefined where the machine has none (then a test dispatches the menu event). */
export async function openDisplay(): Promise<Display | undefined> {
  if (process.platform !== 'linux' || !hasCommand('Xvfb') || !hasCommand('xdotool')) return undefined;
  // `-displayfd 1` lets the server choose a free number and print it when it is ready.
  const server = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1100x800x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = once(server, 'exit');
  const [data] = (await once(server.stdout, 'data', { signal: AbortSignal.timeout(startWithinMs) })) as [
    Buffer,
  ];
  const name = `:${data.toString().trim()}`;
  const xdotool = async (...args: string[]) =>
    (await promisify(execFile)('xdotool', args, { env: { ...process.env, DISPLAY: name } })).stdout;
  return {
    name,
    async countWindows() {
      // It ends with 1 when it finds none.
      const found = await xdotool('search', '--onlyvisible', '--name', '.*').catch(() => '');
      return found.split('\n').filter(Boolean).length;
    },
    async press(...keys) {
      await xdotool('key', '--delay', '100', ...keys);
    },
    async close() {
      server.kill('SIGTERM');
      await exited;
    },
  };
}
