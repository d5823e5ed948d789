import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { HashmarkError } from '../../shared/errors.ts';
import { ensureContract } from '../chain/contract/compile.ts';
import { projectFolder } from '../project.ts';
import type { Io } from './io.ts';

/** What `start` builds, and where it lies for whoever loads it into a browser. */
export const extensionFolders = {
  chrome: join(projectFolder, '.output', 'chrome-mv3'),
  firefox: join(projectFolder, '.output', 'firefox-mv3'),
} as const;

/** What the extension is made of. */
const extensionSources = ['extension', 'shared', 'public', 'wxt.config.ts', 'package.json'];

/**
 * Builds what is missing or older than its source: the contract, and the extension for both browsers.
 * @throws HashmarkError `build-failed`; what the build said stands on standard error.
 */
export async function buildMissing(io: Io): Promise<void> {
  await ensureContract();
  const newestSourceMs = Math.max(
    ...extensionSources.map((path) => newestChangeMs(join(projectFolder, path))),
  );
  for (const [browser, folder] of Object.entries(extensionFolders)) {
    const manifest = join(folder, 'manifest.json');
    if (existsSync(manifest) && statSync(manifest).mtimeMs >= newestSourceMs) continue;
    io.say(`Building the extension for ${browser} …`);
    await run(['node_modules/wxt/bin/wxt.mjs', 'build', '-b', browser], io);
  }
}

function newestChangeMs(path: string): number {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((newest, { parentPath, name }) => Math.max(newest, statSync(join(parentPath, name)).mtimeMs), 0);
}

/** What a build says is shown only when it fails: otherwise it would bury the pairing code. */
function run(args: string[], io: Io): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (reason: string, cause?: unknown) => {
      if (said && !io.signal.aborted) io.say(said.trimEnd());
      reject(
        new HashmarkError(
          'build-failed',
          `The extension could not be built (${reason})${said ? '; what the build said stands above' : ''}. \`npm run build\` tries again, and \`--no-build\` starts without it.`,
          { cause },
        ),
      );
    };
    const child = spawn(process.execPath, args, {
      cwd: projectFolder,
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: io.signal,
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    }
    child.on('error', (cause) => fail(cause.message, cause));
    child.on('close', (code, endedBy) => (code === 0 ? resolve() : fail(endedBy ?? `exit code ${code}`)));
  });
}
