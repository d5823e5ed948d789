import { statSync } from 'node:fs';

import { readVault } from './vault.ts';

/** How long a change may go unnoticed. */
const lookEveryMs = 1_000;

/**
 * The password of the mail server's user as the vault holds it: `hashmark mail password` writes it while the companion
 * runs, so the file is looked at again when it was not for a second.
 * @returns a function that returns the password, or undefined when none is stored.
 */
export function openMailPassword(vaultPath: string, now: () => number = Date.now): () => string | undefined {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let seen = '';
  let password: string | undefined;
  return () => {
    const at = now();
    if (Math.abs(at - lookedAt) < lookEveryMs) return password;
    lookedAt = at;
    // Changes whenever the file does: it is only ever replaced.
    const stat = statSync(vaultPath, { throwIfNoEntry: false });
    const found = stat ? `${stat.ino} ${stat.mtimeMs} ${stat.size}` : '';
    if (found === seen) return password;
    password = stat && readVault(vaultPath).mailPassword;
    seen = found;
    return password;
  };
}
