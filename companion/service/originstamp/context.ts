import type { ServiceContext } from '../context.ts';
import type { Metering } from './metering.ts';
import type { Notifications } from './notifications/notifications.ts';
import type { Seeds } from './seeds/seeds.ts';

/** What the endpoints of this API work with. */
export interface OriginstampContext extends ServiceContext {
  seeds: Seeds;
  notifications: Notifications;
  metering: Metering;
}
