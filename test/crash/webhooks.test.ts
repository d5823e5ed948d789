import { afterAll, beforeAll, expect, it } from 'vitest';

import { eventually } from '../helpers/eventually.ts';
import { runHashmark } from '../helpers/hashmark-command.ts';
import { digestOf } from '../helpers/originstamp-caller.ts';
import { type RunningCompanion, startCompanion } from '../helpers/running-companion.ts';
import { receiveWebhooks, type WebhookReceiver } from '../helpers/webhook-receiver.ts';

const digests = 40;

let companion: RunningCompanion;
let receiver: WebhookReceiver;
beforeAll(async () => {
  receiver = await receiveWebhooks();
  companion = await startCompanion();
});
afterAll(async () => {
  await companion.stop();
  await receiver.close();
});

it('delivers every webhook that was accepted, although the companion is killed again and again', async () => {
  const { home } = companion;
  const { stdout } = await runHashmark(['credentials', '--home', home]);
  const { originstampKey } = JSON.parse(stdout);
  expect((await runHashmark(['settings', 'set', 'webhookPrivateTargets', 'true', '--home', home])).code).toBe(
    0,
  );
  const headers = { authorization: originstampKey, 'content-type': 'application/json' };
  const timestamps = Array.from({ length: digests }, (_, index) => ({
    hash: digestOf(`killed ${index}`),
    notifications: [{ currency: 1, notification_type: 1, target: `${receiver.url}/${index}` }],
  }));
  const accept = async () => {
    const response = await fetch(`${companion.ready.url}/v4/timestamp/bulk/create`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ timestamps }),
    });
    const answers = (await response.json()) as { error_code: number }[];
    return answers.every(({ error_code }) => error_code === 0);
  };
  // A changed setting holds within a second.
  await eventually('the webhooks are accepted', accept);

  const kill = async () => {
    await companion.end('SIGKILL');
    companion = await startCompanion({ home });
  };
  // Slow, so that there is a moment in which nobody knows whether a delivery has arrived.
  receiver.answer((_request, response) => void setTimeout(() => response.end(), 2_000));
  await kill(); // Before the seed is closed, or while its root goes to the chain.
  await eventually('deliveries are under way', () => receiver.received.length > 0);
  await kill();
  receiver.answer((_request, response) => response.end());
  const before = receiver.received.length;
  await eventually('more have arrived', () => receiver.received.length > before);
  await kill();
  const delivered = () => new Set(receiver.received.map(({ url }) => url)).size;
  await eventually('all have arrived', () => delivered() === digests);
  await eventually('all are known to have arrived', async () => {
    const states = await Promise.all(
      timestamps.map(async ({ hash, notifications: [notification] }) => {
        const response = await fetch(`${companion.ready.url}/v3/webhook/information`, {
          method: 'POST',
          headers,
          body: JSON.stringify({ hash, ...notification }),
        });
        return ((await response.json()) as { data: { success: boolean } }).data;
      }),
    );
    return states.every(({ success }) => success);
  });
});
