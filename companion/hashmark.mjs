#!/usr/bin/env node
// The `hashmark` command. Plain JavaScript, because it may be started by a Node that cannot run TypeScript:
// it hands over to the project's own Node 24.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const ownNode = join(
  here,
  '..',
  'node_modules',
  'node',
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);
const main = join(here, 'main.ts');
const neededMajor = 24;

if (Number(process.versions.node.split('.')[0]) >= neededMajor) {
  await import('./main.ts');
} else if (existsSync(ownNode)) {
  const child = spawn(ownNode, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to the whole group; a service manager signals only us, so pass it on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) =>
    process.exit(signal ? 128 + (signal === 'SIGINT' ? 2 : 15) : (code ?? 1)),
  );
} else {
  console.error(
    `hashmark needs Node ${neededMajor}; this is ${process.versions.node} and the project's own copy is not installed. Run \`npm start\` or \`npm ci\` in the project folder first.`,
  );
  process.exit(1);
}
