import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';

import { createPublicName } from '../../companion/public-name.ts';

function createApp(publicUrl: () => string) {
  const name = createPublicName(publicUrl, 'http://127.0.0.1:4774');
  const app = new Hono();
  app.use(name.middleware(async () => new Response(`service at ${name.origin()}`)));
  app.all('*', (c) => c.text(`companion at ${name.origin()}`));
  const ask = async (host: string) => (await app.request('http://any/', { headers: { host } })).text();
  return { name, ask };
}

describe('createPublicName', () => {
  it('should hand the public name to the service, whose links then lead there', async () => {
    const { ask, name } = createApp(() => 'https://stamps.example');
    expect(await ask('Stamps.Example')).toBe('service at https://stamps.example');
    expect(await ask('127.0.0.1:4774')).toBe('companion at http://127.0.0.1:4774');
    expect(name.origin()).toBe('http://127.0.0.1:4774');
  });

  it.each(['127.0.0.1:4774', 'localhost:4774'])(
    'should not take %s, which is our own, for it',
    async (host) => {
      const { ask } = createApp(() => `http://${host}`);
      expect(await ask(host)).toBe('companion at http://127.0.0.1:4774');
    },
  );

  it('should follow the setting, and hand over nothing while there is none', async () => {
    let url = '';
    const { ask } = createApp(() => url);
    expect(await ask('')).toBe('companion at http://127.0.0.1:4774');
    url = 'https://stamps.example:8443';
    expect(await ask('stamps.example')).toBe('companion at http://127.0.0.1:4774');
    expect(await ask('stamps.example:8443')).toBe('service at https://stamps.example:8443');
  });
});
