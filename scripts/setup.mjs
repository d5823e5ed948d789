// Makes a fresh clone ready, and does nothing when it already is.
// Plain JavaScript: it runs before the project's own Node 24 is there, on whatever Node the machine has.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { findChromium, findFirefox } from './browsers.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const lock = join(root, 'package-lock.json');
const installedMark = join(root, 'node_modules', '.hashmark-installed-lock.json');
const oldestNodeMajor = 20;

function fail(message) {
  console.error(`hashmark setup: ${message}`);
  process.exit(1);
}

function run(command, args, options = {}) {
  // Standard output belongs to the command that follows (`--json` promises one line), so all of this goes to stderr.
  return spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
}

function isInstalled() {
  if (!existsSync(installedMark) || !existsSync(join(root, 'node_modules', '.bin', 'node'))) return false;
  return readFileSync(installedMark, 'utf8') === readFileSync(lock, 'utf8');
}

function install() {
  console.error('hashmark setup: installing packages (first start, or the lock file changed) …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  // `npm --silent` reaches a child through its environment, and would keep the reason of a failure from the user.
  const { npm_config_loglevel: _, ...env } = process.env;
  const result = run(npm, ['ci', '--no-audit', '--no-fund'], { env, shell: process.platform === 'win32' });
  if (result.status !== 0)
    fail('`npm ci` failed. Its message stands above; check the network and run the command again.');
  if (!existsSync(join(root, 'node_modules', '.bin', 'node'))) {
    fail(
      "`npm ci` ran without install scripts, so the project's Node 24 is missing. Run `npm ci` without --ignore-scripts.",
    );
  }
}

function hasCommand(name) {
  return spawnSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' }).status === 0;
}

/** Returns a function that installs packages of the system, or undefined where there is no apt-get or no right to use it. */
function systemInstaller() {
  if (process.platform !== 'linux' || !hasCommand('apt-get')) return undefined;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && !(hasCommand('sudo') && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0))
    return undefined;
  const apt = (args) =>
    run(isRoot ? 'apt-get' : 'sudo', isRoot ? args : ['apt-get', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  let isUpdated = false;
  return (packages) => {
    if (!isUpdated) apt(['update', '-q']);
    isUpdated = true;
    apt(['install', '-y', '-q', '--no-install-recommends', ...packages]);
  };
}

/** The browser tests need a Chromium that loads unpacked extensions; branded Chrome no longer does. */
function ensureChromium(install) {
  if (findChromium()) return;
  if (install) {
    console.error("hashmark setup: installing Chromium from the system's packages for the browser tests …");
    install(['chromium', 'xvfb', 'xdotool', 'fonts-dejavu-core']);
  }
  if (findChromium()) return;
  fail(
    'The browser tests need Chromium. Install it (Debian and Ubuntu: `sudo apt-get install chromium`; macOS: `brew install --cask chromium`), ' +
      'or set HASHMARK_CHROMIUM to the path of a Chromium or Chrome for Testing, and run the command again.',
  );
}

/** Unlike Chromium it may be missing: Ubuntu, for one, has no such package. */
function offerFirefox(install) {
  if (findFirefox()) return;
  if (install) {
    console.error("hashmark setup: installing Firefox from the system's packages for its tests …");
    install(['firefox-esr']);
  }
  if (findFirefox()) return;
  console.error(
    'hashmark setup: there is no Firefox, so the Firefox tests will not run; everything else will. To run them install it ' +
      '(Debian: `sudo apt-get install firefox-esr`), or set HASHMARK_FIREFOX to its path.',
  );
}

if (Number(process.versions.node.split('.')[0]) < oldestNodeMajor) {
  fail(
    `Node ${process.versions.node} is too old: Node ${oldestNodeMajor} or later is needed to install the rest.`,
  );
}
// npm calls it so after every install, also one that was made by hand: then the next start has nothing to do.
const isAfterInstall = process.argv.includes('--installed');
if (isAfterInstall) copyFileSync(lock, installedMark);
else if (!isInstalled()) install();
if (process.argv.includes('--browser')) {
  const installer = systemInstaller();
  ensureChromium(installer);
  offerFirefox(installer);
}
