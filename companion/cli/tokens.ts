import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { HashmarkError } from '../../shared/errors.ts';
import { formatUtc } from '../../shared/format.ts';
import { embeddedAccount } from '../../shared/wire/companion.ts';
import { refuseBadName } from '../service/chainletter/group-reference.ts';
import { type Ledger, openLedger } from '../service/ledger/database.ts';
import { findToken, findTokenByText, listTokens, revokeToken, type Token } from '../service/ledger/tokens.ts';
import { mintToken, shortlink, tokenPattern, tokenStateAt } from '../service/tokens/token.ts';
import { readSettings, settingsPath } from '../settings-file.ts';
import { exitCodes, type Io, plain } from './io.ts';
import { openTerminalSession } from './session.ts';

export interface TokensVerbOptions {
  /** Home of the companion. It need not run, except for minting without a `publicUrl`. */
  home: string;
  json?: boolean;
}

/**
 * `hashmark tokens list`: every token, oldest first; one object a line with `--json`. Their texts are not kept, so a link
 * cannot be shown again.
 * @returns 0. Throws HashmarkError `no-ledger` when no companion was ever started on this home.
 */
export function runTokensList({ home, json = false }: TokensVerbOptions, io: Io): Promise<number> {
  return withLedger(home, async (ledger) => {
    const tokens = listTokens(ledger.db, embeddedAccount);
    if (json) for (const token of tokens) io.print(JSON.stringify(describe(token)));
    else if (tokens.length === 0) io.say('There are no tokens. `hashmark tokens mint` makes one.');
    else for (const line of table(tokens, io)) io.print(line);
    return exitCodes.ok;
  });
}

/**
 * `hashmark tokens mint`: prints a short link that one client can claim within 30 days, and that cannot be shown again.
 * @returns 0. Throws `bad-group-name`, `no-ledger`, and what {@link openTerminalSession} throws: the link holds the
 * address at which the service is reached.
 */
export async function runTokensMint(
  { home, group, json = false }: TokensVerbOptions & { group?: string },
  io: Io,
): Promise<number> {
  const groupName = group?.normalize('NFC').trim() || null;
  if (groupName !== null) checkGroupName(groupName);
  const origin =
    readSettings(settingsPath(home)).publicUrl || (await openTerminalSession(home, io.signal)).url;
  return withLedger(home, async (ledger) => {
    const { token, text } = await ledger.write((db) =>
      mintToken(db, { tenantId: embeddedAccount, groupName }, Date.now()),
    );
    const link = shortlink(origin, text);
    if (json) {
      io.print(JSON.stringify({ ...describe(token), token: text, shortlink: link }));
      return exitCodes.ok;
    }
    io.print(link);
    const target = groupName === null ? 'any group' : `the group “${plain(groupName)}”`;
    io.say(
      `One client may claim it, once, and then stamp into ${target} until ${formatUtc(token.expiresAt)}. It is number ${token.ref}; \`hashmark tokens revoke ${token.ref}\` ends it.`,
    );
    return exitCodes.ok;
  });
}

/**
 * `hashmark tokens revoke`: ends tokens, named by number, text or link, claimed or not. A running companion refuses them
 * from the next request on.
 * @returns 0. Throws HashmarkError `no-token` when one of them does not exist: then none is revoked.
 */
export function runTokensRevoke(
  names: string[],
  { home, json = false }: TokensVerbOptions,
  io: Io,
): Promise<number> {
  return withLedger(home, async (ledger) => {
    const revoked = await ledger.write((db) =>
      names.map((name) => {
        const token = findNamed(ledger, name);
        revokeToken(db, token.ref, Date.now());
        return findToken(db, token.ref) ?? token;
      }),
    );
    for (const token of revoked) {
      if (json) io.print(JSON.stringify(describe(token)));
      else
        io.print(
          `Revoked number ${token.ref}${token.groupName === null ? '' : `, for the group “${plain(token.groupName)}”`}.`,
        );
    }
    return exitCodes.ok;
  });
}

async function withLedger(home: string, work: (ledger: Ledger) => Promise<number>): Promise<number> {
  const path = join(home, 'ledger.sqlite');
  if (!existsSync(path)) {
    throw new HashmarkError(
      'no-ledger',
      `There is no ledger in ${home}: no companion was ever started on it. Start one with \`npm start\`, or name its folder with --home.`,
      { data: { home } },
    );
  }
  const ledger = openLedger(path);
  try {
    return await work(ledger);
  } finally {
    await ledger.close();
  }
}

function checkGroupName(name: string): void {
  try {
    refuseBadName(name);
  } catch (cause) {
    throw new HashmarkError('bad-group-name', (cause as Error).message, { cause });
  }
}

/** By number, by text, or by link. */
function findNamed({ db }: Ledger, name: string): Token {
  const text = name.trim().split('/').at(-1) ?? '';
  const found = /^\d{1,10}$/.test(text)
    ? findToken(db, Number(text))
    : tokenPattern.test(text)
      ? findTokenByText(db, text)
      : undefined;
  if (found?.tenantId === embeddedAccount) return found;
  throw new HashmarkError(
    'no-token',
    `There is no token ${plain(name.slice(0, 100))}. Name it by its number in \`hashmark tokens list\`, or by its link.`,
  );
}

function describe(token: Token) {
  const toIso = (time: number | null) => (time === null ? null : new Date(time).toISOString());
  return {
    id: token.ref,
    group: token.groupName,
    state: tokenStateAt(token, Date.now()),
    createdAt: toIso(token.createdAt),
    expiresAt: toIso(token.expiresAt),
    claimedAt: toIso(token.claimedAt),
    revokedAt: toIso(token.revokedAt),
  };
}

const colours = { open: 'blue', claimed: 'green', expired: 'gray', revoked: 'red' } as const;

function table(tokens: Token[], io: Io): string[] {
  const idWidth = Math.max(2, ...tokens.map(({ ref }) => String(ref).length));
  const day = (time: number) => new Date(time).toISOString().slice(0, 10);
  return [
    `${'id'.padStart(idWidth)}  state    minted      until       group`,
    ...tokens.map((token) => {
      const state = tokenStateAt(token, Date.now());
      const group = token.groupName === null ? '(any)' : plain(token.groupName);
      return `${String(token.ref).padStart(idWidth)}  ${io.paint(colours[state], state.padEnd(7))}  ${day(token.createdAt)}  ${day(token.expiresAt)}  ${group}`;
    }),
  ];
}
