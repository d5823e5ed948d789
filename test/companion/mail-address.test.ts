import { describe, expect, it } from 'vitest';

import { readMailAddress } from '../../companion/mail-address.ts';

describe('readMailAddress', () => {
  it.each([
    ['a@mail.example', 'a@mail.example'],
    ['First.Last+stamps@Mail.EXAMPLE', 'First.Last+stamps@mail.example'],
    ["o'neil=%{x}@a-b.example", "o'neil=%{x}@a-b.example"],
    ['root@localhost', 'root@localhost'],
    [`${'x'.repeat(64)}@mail.example`, `${'x'.repeat(64)}@mail.example`],
  ])('reads %s', (text, address) => expect(readMailAddress(text)).toBe(address));

  it.each([
    '',
    'a',
    '@mail.example',
    'a@',
    'a@@mail.example',
    'a b@mail.example',
    ' a@mail.example',
    'a@mail.example ',
    'a@mail.example,b@mail.example',
    'a@mail.example;b@mail.example',
    'A <a@mail.example>',
    '<a@mail.example>',
    'undisclosed:a@mail.example;',
    '"a\\"@mail.example',
    '"a b"@mail.example',
    '(c)a@mail.example',
    'a@mail.example\r\nBcc: b@mail.example',
    'a@mail.example\nRCPT TO:<b@mail.example>',
    'a\r@mail.example',
    'a\u0000@mail.example',
    'a@[127.0.0.1]',
    'a@mail..example',
    'a@-mail.example',
    'a@mail.example.',
    'ä@mail.example',
    'a@mäil.example',
    'a@mail.example\u202e',
    `${'x'.repeat(65)}@mail.example`,
    `a@${'x'.repeat(64)}.example`,
    `a@${'x.'.repeat(130)}example`,
  ])('refuses %j', (text) => expect(readMailAddress(text)).toBeUndefined());
});
