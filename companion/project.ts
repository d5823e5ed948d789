import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder that holds package.json. */
export const projectFolder = join(import.meta.dirname, '..');

/** Hashmark's version, from package.json: stated once. */
export const version: string = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')).version;
