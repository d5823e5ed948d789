import { describe, expect, it } from 'vitest';

import {
  laneOf,
  refuseTarget,
} from '../../../../../companion/service/originstamp/notifications/webhook-target.ts';

describe('refuseTarget', () => {
  it.each([
    'https://hooks.example/os?id=17',
    'http://hooks.example:8080/',
    'HTTPS://HOOKS.EXAMPLE',
    'https://8.8.8.8/x',
    'https://[2606:4700:4700::1111]/x',
    'https://intranet/x',
    'https://hooks.example/a%0d%0aHost:%20x',
    `https://hooks.example/${'x'.repeat(2_026)}`,
  ])('takes %s', (target) => expect(refuseTarget(target, false)).toBeUndefined());

  it.each([
    '',
    'hooks.example/os',
    '//hooks.example/os',
    'ftp://hooks.example/os',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/plain,x',
    'gopher://hooks.example/',
    'http://',
    'https:///',
    'http://[::1',
    ' https://hooks.example/',
    'https://hooks.example/a b',
    'https://hooks.example/\r\nHost: other',
    'https://hooks.exa\tmple/',
    'https://hooks.example/\u202egpj',
    'https://hooks.example/\u0000',
  ])('refuses %j as no URL', (target) => {
    expect(refuseTarget(target, false)).toContain('no http or https address');
    expect(refuseTarget(target, true)).toContain('no http or https address');
  });

  it.each([
    'https://user@hooks.example/',
    'https://user:pass@hooks.example/',
    'https://:pass@hooks.example/',
  ])('refuses a login, and does not repeat it: %s', (target) => {
    expect(refuseTarget(target, true)).toContain('a user or a password');
    expect(refuseTarget(target, true)).not.toContain('pass@');
  });

  it('refuses what is too long', () => {
    expect(refuseTarget(`https://hooks.example/${'x'.repeat(2_027)}`, false)).toContain('at most 2048');
  });

  it.each([
    'http://127.0.0.1:4774/',
    'http://127.1/',
    'http://0x7f.1/',
    'http://2130706433/',
    'http://0177.0.0.1/',
    'http://0/',
    'http://①②⑦.0.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[fd00:ec2::254]/',
    'http://localhost/',
    'http://LOCALHOST./',
    'http://a.localhost/',
    'http://printer.local/',
    'http://metadata.google.internal/',
  ])('refuses %s unless private targets are allowed', (target) => {
    expect(refuseTarget(target, false)).toContain('webhookPrivateTargets');
    expect(refuseTarget(target, true)).toBeUndefined();
  });
});

describe('laneOf', () => {
  it.each([
    ['https://Hooks.Example:8443/a', 'hooks.example'],
    ['http://hooks.example./b', 'hooks.example'],
    ['http://[2606:4700::1111]:80/', '[2606:4700::1111]'],
  ])('puts %s behind %s', (target, lane) => expect(laneOf(target)).toBe(lane));
});
