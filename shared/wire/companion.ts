/**
 * The keyholder's own endpoints: addresses, names and the shape of every body. How a pairing is made stands in
 * companion-pairing.ts, how requests and answers are signed in companion-signing.ts, the reasons in SECURITY.md.
 */
import * as v from 'valibot';

import { HashmarkError } from '../errors.ts';
import type { Issuer } from '../evidence/issuer.ts';

/** Where a companion listens when nobody says otherwise. */
export const defaultCompanionUrl = 'http://127.0.0.1:4774';

/** Name of the account that the companion itself provides. */
export const embeddedAccount = 'embedded';

/** Origin under which the terminal's own pairing is kept: no browser can send it. */
export const terminalOrigin = 'terminal';

const base64Url = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]+$/), v.maxLength(256));

/** `POST /keyholder/pair/start`: the extension's half of the exchange. */
export const pairStartRequest = v.object({ publicKey: base64Url, nonce: base64Url });
/** Its answer: the companion's half, and the attempt that `finish` continues. */
export const pairStartAnswer = v.object({ attempt: base64Url, publicKey: base64Url, nonce: base64Url });
/** `POST /keyholder/pair/finish`: the extension proves that it knows the code. */
export const pairFinishRequest = v.object({ attempt: base64Url, proof: base64Url });
/** Its answer: the pairing's public name, and the companion's own proof. */
export const pairFinishAnswer = v.object({ pairing: base64Url, proof: base64Url });

export type PairStartRequest = v.InferOutput<typeof pairStartRequest>;
export type PairStartAnswer = v.InferOutput<typeof pairStartAnswer>;
export type PairFinishRequest = v.InferOutput<typeof pairFinishRequest>;
export type PairFinishAnswer = v.InferOutput<typeof pairFinishAnswer>;

const hex40 = v.pipe(
  v.string(),
  v.regex(/^0x[0-9a-fA-F]{40}$/),
  v.transform((text) => text as `0x${string}`),
);

const issuer: v.GenericSchema<unknown, Issuer> = v.object({
  name: v.string(),
  chainId: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  chainName: v.string(),
  isLocal: v.boolean(),
  contract: hex40,
  wallet: v.optional(hex40),
  startBlock: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  rpcUrls: v.array(v.pipe(v.string(), v.url())),
  gatewayUrl: v.pipe(v.string(), v.url()),
  explorerTxUrl: v.optional(v.pipe(v.string(), v.url())),
  finality: v.variant('kind', [
    v.object({
      kind: v.literal('confirmations'),
      blocks: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    }),
    v.object({ kind: v.literal('tag'), tag: v.picklist(['safe', 'finalized']) }),
  ]),
});

/** `GET /keyholder/state` (signed). */
export const keyholderState = v.object({
  /** The companion's version. */
  version: v.string(),
  /** Local name of the account that stamps when nothing else is chosen. */
  account: v.string(),
  chain: v.object({
    id: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    name: v.string(),
    isLocal: v.boolean(),
    contract: hex40,
  }),
  /** The issuers that this companion vouches for: its own. */
  issuers: v.array(issuer),
});
export type KeyholderState = v.InferOutput<typeof keyholderState>;

/** `POST /keyholder/pairing-code` (signed, terminal only): shows a fresh code, and ends the one before. */
export const pairingCodeAnswer = v.object({
  code: v.string(),
  /** Unix milliseconds. */
  expiresAtMs: v.number(),
});
export type PairingCodeAnswer = v.InferOutput<typeof pairingCodeAnswer>;

/**
 * `GET /keyholder/chains` (signed, terminal only), and `POST /keyholder/chains/reload`, which reads the book of chains
 * again first: the public chains that are set up, and how their writers are doing. Neither carries a key or an RPC URL.
 */
export const chainsAnswer = v.object({
  chains: v.array(
    v.object({
      id: v.pipe(v.number(), v.safeInteger()),
      name: v.string(),
      contract: hex40,
      /** Anchors that are not final yet. */
      openAnchors: v.number(),
      /** Why nothing can be written now, for people. */
      waitingFor: v.nullable(v.string()),
    }),
  ),
});
export type ChainReport = v.InferOutput<typeof chainsAnswer>['chains'][number];

/** What a stamp writes: a CID through the contract, or, hash only, the root of a seed in a plain transaction. */
export const stampKind = v.picklist(['upload', 'hash-only']);
export type StampKind = v.InferOutput<typeof stampKind>;

/**
 * `GET /keyholder/stamp-cost?kind=…` (signed): what one stamp of the account costs now, `upload` unless it says otherwise.
 * Amounts are text for people, with their unit.
 */
export const stampCostAnswer = v.object({
  /** True on the local chain; the amounts are null then. */
  isFree: v.boolean(),
  chainName: v.string(),
  /** What it will probably cost. */
  expected: v.nullable(v.string()),
  /** What it cannot exceed. */
  most: v.nullable(v.string()),
  /** What the wallet owns. */
  balance: v.nullable(v.string()),
});
export type StampCost = v.InferOutput<typeof stampCostAnswer>;

/** Body of every answer by which the keyholder refuses: see ErrorData. */
export const keyholderError = v.object({
  code: v.string(),
  message: v.string(),
  data: v.optional(v.record(v.string(), v.unknown())),
});

/**
 * The companion's base URL in its one form: `http://127.0.0.1:PORT`, no path. `localhost` becomes 127.0.0.1, because
 * that is where a companion listens, and the extension holds the permission for exactly that name.
 * @throws HashmarkError `bad-companion-url` for anything else: a companion on another machine is not one.
 */
export function normalizeCompanionUrl(text: string): string {
  const full = text.includes('://') ? text.trim() : `http://${text.trim()}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  const isLoopback = url?.hostname === '127.0.0.1' || url?.hostname === 'localhost';
  if (
    url?.protocol !== 'http:' ||
    !isLoopback ||
    url.username ||
    url.password ||
    url.pathname !== '/' ||
    url.search ||
    url.hash
  ) {
    throw new HashmarkError(
      'bad-companion-url',
      `${url && !url.username && !url.password ? url.href : 'That'} is not a companion's address: it listens on this computer only, for instance ${defaultCompanionUrl}. \`npm start\` prints the address.`,
    );
  }
  url.hostname = '127.0.0.1';
  return url.origin;
}

/** `host:port` of a base URL, as the signatures cover it; the port is always there. */
export function authorityOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || '80'}`;
}
