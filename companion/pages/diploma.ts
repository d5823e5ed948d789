import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The sample that is stamped at the first start. Changing a byte of it changes its CID, and stamps it anew. */
export const diploma = readFileSync(join(import.meta.dirname, 'diploma.html'));

/** The same with another name: what a forger would show beside the true diploma's CID. */
export const alteredDiploma = new TextEncoder().encode(
  diploma.toString('utf8').replaceAll('Ada Lovelace', 'Charles Babbage'),
);

/** How the sample is named where it is uploaded. */
export const diplomaFile = { name: 'diploma-ada-lovelace.html', mimetype: 'text/html' };

/** The group in which the sample stands, alone, so that its own CID is what goes on the chain. */
export const demoGroup = 'Hashmark demo';
