import type { ServerResponse } from 'node:http';

import type { ServiceContext } from '../context.ts';
import { findToken, type Token } from '../ledger/tokens.ts';
import { tokenStateAt } from './token.ts';

/** A revoked token gets events for so long at most; a look is one row by its key. */
const lookEveryMs = 2_000;

/** Ends an answer that would go on for ever once its token has expired or is revoked, be it by another process. */
export function endWithToken(
  { ledger, now }: Pick<ServiceContext, 'ledger' | 'now'>,
  { ref }: Token,
  response: ServerResponse,
): void {
  const timer = setInterval(() => {
    const token = findToken(ledger.db, ref);
    if (!token || tokenStateAt(token, now()) !== 'claimed') response.end();
  }, lookEveryMs).unref();
  response.once('close', () => clearInterval(timer));
}
