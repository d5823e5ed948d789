import type { MiddlewareHandler } from 'hono';

import type { ServiceContext, ServiceEnv } from '../context.ts';
import { Refusal } from '../refusal.ts';

/**
 * Refuses requests while the webhook is switched off. HEAD (which says so) and the event stream (which says when that
 * changes) do not go through this.
 */
export function refuseWhileDisabled({
  settings,
}: Pick<ServiceContext, 'settings'>): MiddlewareHandler<ServiceEnv> {
  return async (_c, next) => {
    if (!settings.webhookEnabled) {
      throw new Refusal(
        403,
        'This webhook is disabled. What it stored stays. Its owner can enable it again: hashmark settings set webhookEnabled true.',
      );
    }
    await next();
  };
}
