import type { Stats } from 'node:fs';

import { HashmarkError } from '../../shared/errors.ts';

/** @throws HashmarkError `content-changed` always: a fingerprint of bytes that were never together would prove nothing. */
export function throwChanged(path: string): never {
  throw new HashmarkError(
    'content-changed',
    `“${path}” changed while it was read, so its fingerprint would be of bytes that never were one file. Try again when nothing writes to it.`,
    { data: { path } },
  );
}

/** True when a file's size or times say that somebody wrote to it in between. */
export function isTouched(before: Stats, after: Stats): boolean {
  return before.size !== after.size || before.mtimeMs !== after.mtimeMs || before.ctimeMs !== after.ctimeMs;
}
