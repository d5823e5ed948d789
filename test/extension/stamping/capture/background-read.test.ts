import { describe, expect, it } from 'vitest';

import { isPrivateHost } from '../../../../extension/stamping/capture/background-read.ts';

describe('isPrivateHost', () => {
  it.each([
    'localhost',
    'LOCALHOST.',
    'a.localhost',
    'printer.local',
    '127.0.0.1',
    '127.9.9.9',
    '10.0.0.1',
    '192.168.1.1',
    '172.16.0.1',
    '172.31.255.255',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '[::1]',
    '[::]',
    '[fe80::1]',
    '[fd00::1]',
    '[::ffff:7f00:1]',
  ])('%s is', (host) => {
    expect(isPrivateHost(host)).toBe(true);
  });

  it.each([
    'example.org',
    '8.8.8.8',
    '172.32.0.1',
    '100.128.0.1',
    '11.0.0.1',
    'localhost.example',
    '[2001:db8::1]',
  ])('%s is not', (host) => {
    expect(isPrivateHost(host)).toBe(false);
  });
});
