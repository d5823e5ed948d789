import * as v from 'valibot';

import type { Issuer } from '../../shared/evidence/issuer.ts';
import { issuerKey } from '../../shared/evidence/issuer.ts';
import { extraRpcUrls, issuerSchema } from './issuer-schema.ts';

/**
 * How the user stands to an issuer. Of one that is `off` or `removed` the mirror keeps what it has, and a hash that only
 * this issuer stamped is unfamiliar, not confirmed.
 */
export type Trust = 'trusted' | 'off' | 'removed';

const trust = v.picklist(['trusted', 'off', 'removed']);

/** What the user decided about issuers; which ones a companion brings is not in it. */
const bookSchema = v.object({
  version: v.literal(1),
  /** Issuers that the user wrote down. */
  own: v.array(v.object({ issuer: issuerSchema, trust })),
  /** Decisions about a companion's issuers, by issuer key. */
  ofCompanion: v.record(v.string(), v.object({ isOff: v.boolean(), extraRpcUrls })),
});
export type IssuerBook = v.InferOutput<typeof bookSchema>;

export const emptyBook: IssuerBook = { version: 1, own: [], ofCompanion: {} };

/** One issuer as the settings show it. */
export interface IssuerView {
  key: string;
  /** As it is read: with the extra endpoints. */
  issuer: Issuer;
  source: 'companion' | 'user';
  trust: Trust;
  /** Endpoints that the user added to a companion's issuer. */
  extraRpcUrls: string[];
}

/** The book as it was stored. What cannot be read is as if it were not there: trust is never made up. */
export function readBook(stored: unknown): IssuerBook {
  const read = v.safeParse(bookSchema, stored);
  return read.success ? read.output : emptyBook;
}

/** All issuers, the companion's first. One that is the companion's as well as the user's is the companion's. */
export function listIssuers(book: IssuerBook, ofCompanion: readonly Issuer[]): IssuerView[] {
  const fromCompanion = ofCompanion.map((issuer): IssuerView => {
    const key = issuerKey(issuer);
    const { isOff = false, extraRpcUrls = [] } = book.ofCompanion[key] ?? {};
    return {
      key,
      issuer: { ...issuer, rpcUrls: [...new Set([...issuer.rpcUrls, ...extraRpcUrls])] },
      source: 'companion',
      trust: isOff ? 'off' : 'trusted',
      extraRpcUrls,
    };
  });
  const taken = new Set(fromCompanion.map(({ key }) => key));
  const own = book.own
    .map(
      ({ issuer, trust }): IssuerView => ({
        key: issuerKey(issuer),
        issuer,
        source: 'user',
        trust,
        extraRpcUrls: [],
      }),
    )
    .filter(({ key }) => !taken.has(key));
  return [...fromCompanion, ...own];
}

/** The book with an issuer added, or put in the place of what was known of the same contract. It is trusted. */
export function withIssuer(book: IssuerBook, issuer: Issuer): IssuerBook {
  const key = issuerKey(issuer);
  const entry = { issuer, trust: 'trusted' as const };
  const isKnown = book.own.some((it) => issuerKey(it.issuer) === key);
  const own = isKnown
    ? book.own.map((it) => (issuerKey(it.issuer) === key ? entry : it))
    : [...book.own, entry];
  return { ...book, own };
}

/** The book with another trust in one issuer. A companion's issuer can be switched off, not removed. */
export function withTrust(book: IssuerBook, { key, source }: IssuerView, trust: Trust): IssuerBook {
  if (source === 'companion') {
    const extraRpcUrls = book.ofCompanion[key]?.extraRpcUrls ?? [];
    return {
      ...book,
      ofCompanion: { ...book.ofCompanion, [key]: { isOff: trust !== 'trusted', extraRpcUrls } },
    };
  }
  return { ...book, own: book.own.map((it) => (issuerKey(it.issuer) === key ? { ...it, trust } : it)) };
}

/** The book with other extra endpoints for a companion's issuer. */
export function withExtraRpcUrls(book: IssuerBook, key: string, extraRpcUrls: string[]): IssuerBook {
  const isOff = book.ofCompanion[key]?.isOff ?? false;
  return { ...book, ofCompanion: { ...book.ofCompanion, [key]: { isOff, extraRpcUrls } } };
}

/** The book without an issuer of the user's: its copy in the mirror goes with it. */
export function withoutIssuer(book: IssuerBook, key: string): IssuerBook {
  return { ...book, own: book.own.filter(({ issuer }) => issuerKey(issuer) !== key) };
}
