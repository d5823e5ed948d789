/** The one tenant, the same at every start. */
export const tenant = {
  id: 'acme',
  name: 'Acme',
  apiKey: 'test-key',
  secretKey: 'test-secret',
  originstampKey: '7d1c4c0e-52a4-4f43-9d0c-0c2f4f5b8a11',
};

/** What a seed's status call says, as far as it must stay. */
export interface SeedTold {
  seed_id: string;
  transaction: `0x${string}`;
  private_key: string;
  timestamp: number;
}

/** One line of the submitter's output: what somebody was told. */
export type Line =
  /** These digests are stored, each in its seed: a bulk that fills one goes on in the next. */
  | { kind: 'accepted'; digests: { digest: string; seedId: string }[] }
  | ({ kind: 'final' } & SeedTold)
  /** The XML proof of a digest. */
  | { kind: 'proof'; digest: string; xml: string };
