// @vitest-environment node
import { afterEach, describe, expect, it } from 'vitest';

import type { KeyholderDeps } from '../../../companion/keyholder/keyholder.ts';
import { HashmarkError } from '../../../shared/errors.ts';
import { createTestExtension, startKeyholder } from '../../helpers/keyholder-server.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(() => Promise.all(stops.splice(0).map((stop) => stop())));

async function pairWith(chains?: KeyholderDeps['chains']) {
  const server = await startKeyholder({ ...(chains ? { chains } : {}) });
  stops.push(server.close);
  const { client } = createTestExtension();
  await client.pair(server.url, server.desk.showCode().code);
  return client;
}

const chainsThat = (
  stampCost: NonNullable<KeyholderDeps['chains']>['stampCost'],
): NonNullable<KeyholderDeps['chains']> => ({
  reports: () => [],
  reload: async () => undefined,
  stampCost,
});

describe('stampCost', () => {
  it('should tell what the companion says of either kind', async () => {
    const client = await pairWith(
      chainsThat(async (kind) => ({
        isFree: false,
        chainName: 'Sepolia',
        expected: kind === 'upload' ? '0.2 ETH' : '0.1 ETH',
        most: '0.4 ETH',
        balance: '1 ETH',
      })),
    );
    expect(await client.stampCost('upload')).toMatchObject({ expected: '0.2 ETH', balance: '1 ETH' });
    expect(await client.stampCost('hash-only')).toMatchObject({ expected: '0.1 ETH' });
  });

  it('should say why it is not known', async () => {
    const client = await pairWith(
      chainsThat(async () => {
        throw new HashmarkError('chain-unreachable', 'rpc.example did not answer.');
      }),
    );
    await expect(client.stampCost('upload')).rejects.toMatchObject({ code: 'cost-unknown' });
    const old = await pairWith();
    await expect(old.stampCost('upload')).rejects.toThrow(/no chain/);
  });
});

describe('costlyChain', () => {
  it('should name no chain of this computer, and none without a pairing', async () => {
    expect(await (await pairWith()).costlyChain()).toBeUndefined();
    expect(await createTestExtension().client.costlyChain()).toBeUndefined();
  });

  it('should name the chain that the companion last spoke of, without asking it', async () => {
    const server = await startKeyholder();
    stops.push(server.close);
    const { client, store } = createTestExtension();
    await client.pair(server.url, server.desk.showCode().code);
    const pairing = await store.read();
    if (!pairing?.lastState) throw new Error('It said nothing of itself.');
    const chain = { ...pairing.lastState.chain, name: 'Sepolia', isLocal: false };
    await store.write({ ...pairing, lastState: { ...pairing.lastState, chain } });
    expect(await client.costlyChain()).toBe('Sepolia');
  });
});
