import * as v from 'valibot';

import { HashmarkError } from '../../shared/errors.ts';
import { parseHash } from '../../shared/evidence/hash-reference.ts';
import type { StampIndex } from '../../shared/evidence/stamp-index.ts';
import type { HashReference, Verdict } from '../../shared/evidence/verdict.ts';
import { mostHashesPerQuestion, type PageVerdicts } from '../messages.ts';
import type { Mirror } from '../mirror/mirror.ts';
import type { ProvingVerifier } from '../proofs/own-proofs.ts';

// A content script shares its process with the page: what it sends is checked like anything from outside.
const hash = v.pipe(
  v.object({ kind: v.picklist(['cid', 'digest']), value: v.pipe(v.string(), v.maxLength(128)) }),
  v.check(({ kind, value }) => {
    const parsed = parseHash(value);
    return parsed?.kind === kind && parsed.value === value;
  }, 'expected a hash in its normal form'),
);
const fingerprint = v.object({
  digest: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  cid: v.pipe(v.string(), v.maxLength(128)),
  sizeBytes: v.pipe(v.number(), v.integer(), v.minValue(0)),
});
const claim = v.object({
  hash,
  url: v.pipe(v.string(), v.maxLength(8_192)),
  actual: v.optional(fingerprint),
  failure: v.optional(v.pipe(v.string(), v.maxLength(500))),
});

/** The form of a `verify.page` request. */
const pageQuestion = v.object({
  hashes: v.pipe(v.array(hash), v.maxLength(mostHashesPerQuestion)),
  claims: v.pipe(v.array(claim), v.maxLength(100)),
  pageId: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  candidateCount: v.pipe(v.number(), v.integer(), v.minValue(0)),
  isResisting: v.optional(v.boolean()),
});

export type CheckedQuestion = v.InferOutput<typeof pageQuestion>;

/** A question that can be relied upon. Throws `malformed-question`. */
export function checkQuestion(request: unknown): CheckedQuestion {
  const checked = v.safeParse(pageQuestion, request);
  if (checked.success) return checked.output;
  throw new HashmarkError(
    'malformed-question',
    `A page's question was refused: ${v.summarize(checked.issues)}`,
  );
}

/** A mirror that is younger is not read again for a page. */
const mirrorMaxAgeMs = 3_000;
/** The first reading of a long chain takes minutes: a page is judged by what is there, and again when it is done. */
const mirrorPatienceMs = 4_000;

/**
 * Judges what a page shows. Only the mirror and the kept proofs are asked about every hash, which nobody hears; the chain is
 * asked about those that they hold.
 */
export async function judgePage(
  { hashes, claims }: CheckedQuestion,
  { mirror, index, verifier }: { mirror: Mirror; index: StampIndex; verifier: ProvingVerifier },
): Promise<PageVerdicts> {
  await Promise.race([mirror.sync(mirrorMaxAgeMs), delay(mirrorPatienceMs)]);
  const [found, proven, gaps] = await Promise.all([
    index.find(hashes),
    verifier.covered(hashes),
    index.gaps(),
  ]);
  const hits = hashes.filter(({ value }) => found.has(value) || proven.has(value));
  const [verdicts, judgedClaims] = await Promise.all([
    verifier.verifyAll(hits),
    Promise.all(claims.map((it) => judgeClaim(it, verifier))),
  ]);
  const reason = gaps[0];
  return {
    // A stamp that vanished while it was looked at leaves a hash without record: nothing to show.
    verdicts: [...verdicts.filter(({ outcome }) => outcome !== 'unknown'), ...judgedClaims],
    isIncomplete: reason !== undefined,
    ...(reason === undefined ? {} : { reason: `${reason}.`.replace(/\.\.$/, '.') }),
  };
}

function judgeClaim(
  { hash, url, actual, failure }: CheckedQuestion['claims'][number],
  verifier: ProvingVerifier,
): Promise<Verdict> {
  return verifier.verify(hash satisfies HashReference, { claim: { source: url, actual, failure } });
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
