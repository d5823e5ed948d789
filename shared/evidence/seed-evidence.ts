// `evidence.json`, which a certificate carries beside its proof: where on which chain the root stands. It is a hint about
// where to look, and proves nothing: a verifier reads the chain itself. Times are Unix seconds.

import * as v from 'valibot';

/** Where a root is said to stand. Plain JSON. */
export interface SeedEvidence {
  /** 64 lower-case hex digits. */
  digest: string;
  root: string;
  seedId: string;
  /** As on the wire: 1 Ethereum. */
  currencyId: number;
  chain: { id: number; name: string; isLocal: boolean };
  /** `0x` and 64 hex digits. */
  transaction: string;
  /** The wallet that sent it. */
  sender: string;
  blockNumber: number;
  blockHash: string;
  blockTimeSeconds: number;
  /** The service's word: when it accepted the digest, Unix seconds with a fraction. */
  submittedAtSeconds: number;
  /** The submitter's word. */
  comment: string | null;
  /** Public address of the service. */
  service: string;
}

/** What a verifier needs of it. */
export type SeedHint = Pick<SeedEvidence, 'root' | 'transaction'> & { chainId: number };

const format = 'hashmark-seed-evidence-1';

const hint = v.object({
  format: v.literal(format),
  root: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  chain: v.object({ id: v.pipe(v.number(), v.safeInteger(), v.minValue(1)) }),
  transaction: v.pipe(v.string(), v.regex(/^0x[0-9a-f]{64}$/)),
});

/** The text of `evidence.json`, indented, with a final newline: the same evidence gives the same text. */
export function writeSeedEvidence(evidence: SeedEvidence): string {
  const { chain } = evidence;
  const json = {
    format,
    sha256: evidence.digest,
    comment: evidence.comment,
    submitted_at: evidence.submittedAtSeconds,
    seed_id: evidence.seedId,
    root: evidence.root,
    currency_id: evidence.currencyId,
    chain: { id: chain.id, name: chain.name, is_local: chain.isLocal },
    transaction: evidence.transaction,
    sender: evidence.sender,
    block_number: evidence.blockNumber,
    block_hash: evidence.blockHash,
    block_time: evidence.blockTimeSeconds,
    service: evidence.service,
  };
  // The text lies unpacked in a PDF: somebody's comment must not look like a name of PDF there, such as `/Encrypt`.
  const text = JSON.stringify(json, null, 2).replace(/^ {2}"comment": .*$/m, (line) =>
    line.replaceAll('/', '\\u002f'),
  );
  return `${text}\n`;
}

/** Where to look, or undefined when the text says nothing that can be used. Never throws. */
export function readSeedHint(text: string): SeedHint | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), hint), text);
  if (!parsed.success) return undefined;
  const { root, chain, transaction } = parsed.output;
  return { root, chainId: chain.id, transaction };
}
