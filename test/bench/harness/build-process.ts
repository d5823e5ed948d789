// Builds the extension for one browser into a folder. A process of its own: the tool draws on the terminal as it likes.
import { resolve } from 'node:path';
import { build } from 'wxt';

const [browser, outDir] = process.argv.slice(2);
await build({ root: resolve(import.meta.dirname, '../../..'), browser, manifestVersion: 3, outDir });
