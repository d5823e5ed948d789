import type { Context } from 'hono';

import type { ServiceEnv } from '../../context.ts';
import { findDigest } from '../../ledger/digests.ts';
import type { OriginstampContext } from '../context.ts';
import { answerJson, succeed } from '../envelope.ts';
import { failureCodes, WireFailure } from '../failure.ts';
import { readDigest, readInteger } from '../fields.ts';
import { readObject } from '../read-body.ts';
import type { RefusedNotification } from './notifications.ts';

type Handler = (c: Context<ServiceEnv>) => Promise<Response>;

/** The three calls about webhooks, for requests whose key has been checked. */
export interface WebhookRoutes {
  /** POST /v3/webhook/register: a webhook for a hash that was submitted before. */
  register: Handler;
  /** POST /v3/webhook/information: how far the newest one is. */
  information: Handler;
  /** POST /v3/webhook/start: sends one now, and answers when the target did. */
  start: Handler;
}

type WebhookRoutesContext = Pick<OriginstampContext, 'ledger' | 'notifications' | 'metering'>;

export function createWebhookRoutes({
  ledger,
  notifications,
  metering,
}: WebhookRoutesContext): WebhookRoutes {
  async function read(c: Context<ServiceEnv>, targetName: 'target' | 'webhook_url') {
    const fields = await readObject(c);
    const digest = findDigest(ledger.db, readDigest(fields.hash));
    if (!digest) throw new WireFailure(failureCodes.unknown, 'This hash was never submitted here.');
    const target = fields[targetName];
    if (typeof target !== 'string') {
      throw new WireFailure(failureCodes.badNotification, `Expected a URL in ${targetName}.`);
    }
    return { fields, digest, target, owner: { tenantId: c.get('tenant').id, digestSeq: digest.seq } };
  }

  async function readSubscription(c: Context<ServiceEnv>) {
    const { fields, target, ...rest } = await read(c, 'target');
    const currency = readInteger(fields.currency);
    if (currency === undefined) {
      throw new WireFailure(failureCodes.badNotification, 'Expected the number of a currency in currency.');
    }
    return { ...rest, currency, webhook: { currency, target } };
  }

  return {
    async register(c) {
      const { owner, webhook } = await readSubscription(c);
      await ledger.write((db) => {
        throwIfRefused(notifications.register(db, owner, webhook));
        const account = metering.open(db, owner.tenantId);
        account.spend(['webhook']);
        account.save();
      });
      notifications.wake();
      return answerJson(succeed(null));
    },
    async information(c) {
      const { owner, digest, currency, webhook } = await readSubscription(c);
      const state = notifications.find(owner, webhook);
      if (!state) {
        throw new WireFailure(
          failureCodes.unknown,
          'There is no webhook for this hash, currency and target. /v3/webhook/register makes one.',
        );
      }
      return answerJson(succeed({ hash: digest.digest, currency, ...state }));
    },
    async start(c) {
      const { owner, target } = await read(c, 'webhook_url');
      metering.spend(owner.tenantId, 'manualWebhook');
      throwIfRefused(await notifications.sendNow(owner.digestSeq, target));
      return answerJson(succeed('OK'));
    },
  };
}

function throwIfRefused(refused: RefusedNotification | undefined): void {
  if (refused) throw new WireFailure(refused.code, refused.message);
}
