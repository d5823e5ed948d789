import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs';
import * as v from 'valibot';

import { HashmarkError, messageOf } from '../../shared/errors.ts';
import { localChainIds } from '../../shared/evidence/local-chains.ts';
import { embeddedAccount, terminalOrigin } from '../../shared/wire/companion.ts';
import { toBase64Url } from '../../shared/wire/encoding.ts';
import { writeFileAtomically } from '../atomic-file.ts';
import { lockForWriting } from '../file-lock.ts';

const base64UrlKey = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/));
const hexKey = v.pipe(
  v.string(),
  v.regex(/^0x[0-9a-f]{64}$/),
  v.transform((text) => text as `0x${string}`),
);

/** The embedded service's one tenant; its webhook URL depends on where the companion listens, so it is not stored. */
const embedded = v.object({
  kind: v.literal('embedded'),
  name: v.literal(embeddedAccount),
  apiKey: v.pipe(v.string(), v.minLength(16)),
  secretKey: v.pipe(v.string(), v.minLength(16)),
  originstampKey: v.pipe(v.string(), v.minLength(16)),
});

const pairing = v.object({
  /** Public name of the pairing, sent with every request. */
  id: v.pipe(v.string(), v.minLength(8)),
  /** Extension origin, or `terminal` for the command line. */
  origin: v.string(),
  /** HMAC-SHA-256 key: 32 bytes, base64url. */
  key: base64UrlKey,
  createdAtMs: v.number(),
});

const vaultContent = v.object({
  version: v.literal(1),
  localChain: v.object({
    id: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    /** Private key of the wallet that writes anchors. */
    walletKey: hexKey,
  }),
  /** Signs upload and gateway links: 32 bytes, base64url. */
  linkSigningKey: base64UrlKey,
  accounts: v.pipe(v.array(embedded), v.minLength(1)),
  pairings: v.array(pairing),
  /** Of the mail server's user, when there is one. */
  mailPassword: v.optional(v.pipe(v.string(), v.minLength(1))),
});

/** What the vault holds; the wallets of public chains are in the book of chains. */
export type VaultContent = v.InferOutput<typeof vaultContent>;
/** What the embedded service knows its own tenant by. */
export type EmbeddedAccount = v.InferOutput<typeof embedded>;
/** One program that may ask the keyholder, and the key it signs with. */
export type Pairing = v.InferOutput<typeof pairing>;

/** Everything secret that the companion keeps. Its content goes to no log, and to no answer but `credentials`. */
export interface Vault {
  readonly content: Readonly<VaultContent>;
  /** Stores a changed copy of what is on disk by now; on disk when it returns. */
  update(change: (content: VaultContent) => VaultContent): void;
}

/** Read and write for the user, nothing for anybody else. */
const vaultMode = 0o600;

/**
 * Opens the vault, and fills a new one with fresh random keys.
 * @throws HashmarkError `vault-unreadable` when the file is there but is not a vault: it is never overwritten, because
 * it may hold the only copy of a key.
 */
export function openVault(path: string, now: () => number = Date.now): Vault {
  let content: VaultContent;
  if (existsSync(path)) {
    content = readVault(path);
    if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) chmodSync(path, vaultMode);
  } else {
    content = createContent(now());
    store(path, content);
  }
  return {
    get content() {
      return content;
    },
    update(change) {
      content = updateVault(path, (stored) => change(stored ?? structuredClone(content)));
    },
  };
}

/**
 * Reads a vault without taking it: for verbs of the same user beside a running companion.
 * @throws HashmarkError `no-vault` when this home was never started, `vault-unreadable` as {@link openVault}.
 */
export function readVault(path: string): VaultContent {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new HashmarkError(
        'no-vault',
        `There is no vault at ${path}: no companion was started on this home yet, or the file is lost. Start one with \`npm start\`, or name its folder with --home.`,
      );
    }
    throw new HashmarkError('vault-unreadable', `The vault ${path} cannot be read: ${messageOf(cause)}.`);
  }
  try {
    return v.parse(vaultContent, JSON.parse(text));
  } catch {
    // No cause and no detail: a parser's message quotes the text, and the text holds keys.
    throw new HashmarkError(
      'vault-unreadable',
      `The vault ${path} is damaged, or was written by another version of Hashmark. Restore it from a backup; or move it away to start with fresh keys, which ends every pairing and the local chain.`,
    );
  }
}

/**
 * Changes the vault: read, changed and on disk when it returns, and no other process writes between. Verbs write there
 * beside a running companion.
 * @param change gets what is on disk, or undefined when there is none.
 * @throws HashmarkError `vault-unreadable`, `vault-locked`, and what `change` throws: nothing is stored then.
 */
export function updateVault(
  path: string,
  change: (content: VaultContent | undefined) => VaultContent,
): VaultContent {
  const unlock = lockForWriting(path, 'vault-locked');
  try {
    const content = v.parse(vaultContent, change(existsSync(path) ? readVault(path) : undefined));
    store(path, content);
    return content;
  } finally {
    unlock();
  }
}

/** The account of that name, or undefined. */
export function findAccount(content: VaultContent, name: string): EmbeddedAccount | undefined {
  return content.accounts.find((account) => account.name === name);
}

function createContent(createdAtMs: number): VaultContent {
  return {
    version: 1,
    localChain: {
      id: randomInt(localChainIds.first, localChainIds.last + 1),
      walletKey: `0x${randomBytes(32).toString('hex')}`,
    },
    linkSigningKey: randomKey(),
    accounts: [
      {
        kind: 'embedded',
        name: embeddedAccount,
        apiKey: randomUUID(),
        secretKey: randomKey(),
        originstampKey: randomUUID(),
      },
    ],
    pairings: [{ id: toBase64Url(randomBytes(12)), origin: terminalOrigin, key: randomKey(), createdAtMs }],
  };
}

function randomKey(): string {
  return toBase64Url(randomBytes(32));
}

function store(path: string, content: VaultContent): void {
  writeFileAtomically(path, `${JSON.stringify(content, null, 2)}\n`, vaultMode);
}
