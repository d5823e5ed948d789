import type { ErrorData } from '../../../shared/errors.ts';
import type { HashReference } from '../../../shared/evidence/verdict.ts';
import type { Fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import type { Hashing } from '../../ui/hashing.ts';

/** A file that the user holds against the report. It is read where it lies and goes nowhere. */
export type CheckedFile =
  | ({ state: 'hashing'; name: string } & Hashing)
  | { state: 'hashed'; name: string; fingerprint: Fingerprint }
  | { state: 'failed'; name: string; problem: ErrorData };

/** Whether the file's content is what the hash names; undefined while nobody can say. */
export function compareFile(
  file: CheckedFile | undefined,
  hash: HashReference | undefined,
): boolean | undefined {
  if (file?.state !== 'hashed' || !hash) return undefined;
  return hash.value === (hash.kind === 'cid' ? file.fingerprint.cid : file.fingerprint.digest);
}
