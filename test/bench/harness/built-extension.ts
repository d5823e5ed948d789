import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const built = new Map<string, Promise<string>>();

/** Builds the extension as it is now, into a temporary folder, once in a run. @returns that folder. */
export function buildExtension(browser: 'chrome' | 'firefox'): Promise<string> {
  const folder = built.get(browser) ?? buildInto(browser);
  built.set(browser, folder);
  return folder;
}

async function buildInto(browser: string): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), 'extension-'));
  await promisify(execFile)(process.execPath, [
    join(import.meta.dirname, 'build-process.ts'),
    browser,
    outDir,
  ]);
  return join(outDir, `${browser}-mv3`);
}
