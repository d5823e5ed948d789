import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

import type { RemoteChain } from '../../../../companion/chain/remote-chain.ts';
import { openLedger } from '../../../../companion/service/ledger/database.ts';
import { createService } from '../../../../companion/service/service.ts';
import { createFolder } from '../../../helpers/create-folder.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { deployOn, openOn, openProxy, openPublicNode } from '../../../helpers/public-chain.ts';

const tenant = { id: 'acme', name: 'Acme', apiKey: 'key', secretKey: 'secret' };

/** A service over a public chain, with what it logged. Its ledger is the folder's, or a new one. */
async function open(folder: string, ledgerName: string, chain: RemoteChain) {
  const ledger = openLedger(join(folder, ledgerName));
  const logged: string[] = [];
  const service = createService({
    ledger,
    contentFolder: join(folder, 'content'),
    chain,
    contractsOf: tenant.id,
    publicUrl: () => 'http://127.0.0.1:4774',
    linkSigningKey: new Uint8Array(32).fill(7),
    log: (_level, message) => logged.push(message),
  });
  await service.tenants.createTenant(tenant);
  await service.start();
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    await service.stop();
    await ledger.close();
  };
  onTestFinished(close);
  const ask = async (method: string, headers: Record<string, string>, body?: RequestInit['body']) => {
    const response = await service.app.request(`/webhook/${tenant.apiKey}`, {
      method,
      headers: { 'secret-key': tenant.secretKey, ...headers },
      body,
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const upload = (content: string) => {
    const form = new FormData();
    form.append('file', new File([content], 'file.txt', { type: 'text/plain' }));
    return ask('POST', { 'group-id': 'Public stamps', network: 'public' }, form);
  };
  return { ask, upload, close, logged };
}

describe('a service on a public chain whose ledger is lost', () => {
  it('rebuilds its stamps from the chain, also through an endpoint that is down at first', async () => {
    const node = await openPublicNode();
    const deployed = await deployOn(node);
    const folder = createFolder();
    const first = await open(folder, 'first.sqlite', openOn(deployed));
    const hashes: string[] = [];
    for (const content of ['stamped on a public chain', 'another one'])
      hashes.push(String((await first.upload(content)).body.hash));
    const stamp = await first.ask('PATCH', { 'group-id': 'Public stamps' });
    expect(stamp.body).toMatchObject({ pending: false, files_stamped: 2 });
    const before = await Promise.all(hashes.map((hash) => first.ask('GET', { hash })));
    await first.close();

    // Nobody answers: the service starts all the same, and what it does not know is not made up.
    const proxy = await openProxy(node, () => Promise.reject(new Error('down for maintenance')));
    const behindProxy = { ...deployed, network: { ...deployed.network, rpcUrls: [proxy.url] } };
    const deaf = await open(folder, 'second.sqlite', openOn(behindProxy));
    await eventually('it says that it could not look', () =>
      deaf.logged.some((message) => message.includes('could not be compared')),
    );
    expect((await deaf.ask('GET', { hash: hashes[0] ?? '' })).status).toBe(404);
    await deaf.close();

    proxy.meddle = () => undefined;
    const again = await open(folder, 'second.sqlite', openOn(behindProxy));
    for (const [position, hash] of hashes.entries()) {
      const { body } = await eventually(`${hash} is known again`, async () => {
        const answer = await again.ask('GET', { hash });
        return answer.status === 200 ? answer : undefined;
      });
      expect(body.allResults).toEqual(before[position]?.body.allResults);
    }
  });
});
