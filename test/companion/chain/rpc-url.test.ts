import { describe, expect, it } from 'vitest';

import { describeRpcUrl, isSecretRpcUrl, parseRpcUrl } from '../../../companion/chain/rpc-url.ts';

describe('isSecretRpcUrl', () => {
  it.each([
    'https://base-mainnet.g.alchemy.com/v2/Xy12-aBcDeFgHiJkLmNoPqRsTuVwXyZ0',
    'https://mainnet.infura.io/v3/0123456789abcdef0123456789abcdef',
    'https://cool-name.base-mainnet.quiknode.pro/0123456789abcdef0123456789abcdef01234567/',
    'https://0123456789abcdef0123456789abcdef.rpc.thirdweb.example/',
    'https://rpc.example/?apikey=x',
    'https://user:pass@rpc.example/',
    'https://rpc.ankr.example/base/0a1b2c3d4e5f60718293a4b5c6d7e8f9',
  ])('should hide %s', (url) => {
    expect(isSecretRpcUrl(url)).toBe(true);
    expect(describeRpcUrl(url)).toBe(`https://${new URL(url).host}/…`);
  });

  it.each([
    'https://mainnet.base.org/',
    'https://sepolia.base.org/',
    'https://base-sepolia-rpc.publicnode.com/',
    'https://rpc.ankr.com/base',
    'http://127.0.0.1:8545/',
    'http://localhost:8545/rpc',
  ])('should show %s', (url) => {
    expect(isSecretRpcUrl(url)).toBe(false);
    expect(describeRpcUrl(url)).toBe(url);
  });
});

describe('parseRpcUrl', () => {
  it.each(['https://rpc.example/v2/k', 'http://127.0.0.1:8545/', 'http://localhost:1/', 'http://[::1]:1/'])(
    'should take %s',
    (url) => expect(parseRpcUrl(` ${url} `)).toBe(url),
  );

  it.each([
    '',
    'rpc.example',
    'http://rpc.example/',
    'ws://127.0.0.1/',
    'http://127.0.0.1.evil.example/',
    'file:///x',
  ])('should refuse %j', (text) =>
    expect(() => parseRpcUrl(text)).toThrow(expect.objectContaining({ code: 'bad-rpc-url' })),
  );
});
