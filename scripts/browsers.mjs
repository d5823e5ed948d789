// Where the browsers of the tests are looked for: by the set-up before the tests, and by the tests themselves.
// Plain JavaScript, because the set-up runs on whatever Node the machine has.
import { existsSync, statSync } from 'node:fs';

// Branded Chrome no longer loads unpacked extensions from its command line, so it is not on the list.
const chromiumPaths = [
  process.env.HASHMARK_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/snap/bin/chromium',
  '/usr/bin/google-chrome-for-testing',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const firefoxPaths = [
  process.env.HASHMARK_FIREFOX,
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
];

function findFile(paths) {
  return paths.find((path) => path && existsSync(path) && statSync(path).isFile());
}

/** Path of a Chromium, or undefined where there is none. */
export const findChromium = () => findFile(chromiumPaths);

/** Path of a Firefox, or undefined where there is none. */
export const findFirefox = () => findFile(firefoxPaths);
