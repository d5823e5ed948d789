import type { HashReference } from '../../shared/evidence/verdict.ts';

/** A reference as a key of maps and sets: a CID and a digest never read alike. */
export function hashKeyOf({ value }: HashReference): string {
  return value;
}
