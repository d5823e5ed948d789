import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { parseHash } from '../../shared/evidence/hash-reference.ts';
import type { HashReference, Verdict } from '../../shared/evidence/verdict.ts';
import { normalizeCid, nullCid } from '../../shared/fingerprint/cid.ts';

/** One argument of `hashmark verify`, understood. */
export type Target = { text: string } & ({ kind: 'file' } | { kind: 'hash'; hash: HashReference });

/** Whatever was pasted by mistake need not fill the screen. */
const shownCharacters = 200;

/** `stat` says with these that there is no such file; anything else means that it could not be looked at. */
const absentCodes = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'];

/**
 * What an argument means, or the sentence that says why it means nothing. What exists as a file is a file, also when it is called
 * like a hash: judging the bytes can only be stricter than judging the name.
 */
export async function understandTarget(text: string): Promise<Target | string> {
  const found = await stat(text).catch((error: NodeJS.ErrnoException) => error);
  if (!(found instanceof Error)) {
    return found.isDirectory() ? `“${text}” is a folder. Name the files in it.` : { text, kind: 'file' };
  }
  // It is there and could not be looked at: reading it will say why.
  if (!absentCodes.includes(found.code ?? '')) return { text, kind: 'file' };
  if (normalizeCid(text) === nullCid) return { text, kind: 'hash', hash: { kind: 'cid', value: nullCid } };
  const hash = parseHash(text);
  if (hash) return { text, kind: 'hash', hash };
  const shown = text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
  return `“${shown}” is no file here, no CID (Qm…, bafy…) and no SHA-256 digest (64 hex digits). Check its spelling.`;
}

const emptyDigest = createHash('sha256').digest('hex');

/** Whether a hash is that of no bytes at all. */
export function isHashOfNothing({ value }: HashReference): boolean {
  return value === nullCid || value === emptyDigest;
}

/** The verdict on content without bytes: there is nothing to look up. */
export function judgeNothing(hash: HashReference): Verdict {
  return {
    outcome: 'unknown',
    hash,
    steps: [],
    believed: [],
    reason:
      'This is empty content (0 bytes). It is the same for everybody, so nothing can prove anything about it.',
    checkedAtMs: Date.now(),
  };
}
