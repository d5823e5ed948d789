import { describe, expect, it } from 'vitest';

import { detectMimeType, isAllowedMimeType } from '../../../companion/service/mime-type.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const utf8 = (text: string) => Buffer.from(text, 'utf8');

describe('detectMimeType', () => {
  it.each([
    ['a PDF whatever it is called', bytes('%PDF-1.7 text'), 'text/plain', 'a.txt', 'application/pdf'],
    [
      'a GIF that claims to be HTML',
      bytes('GIF89a\x01\x00\x01\x00\x80\x00\x00'),
      'text/html',
      'a.html',
      'image/gif',
    ],
    [
      'SVG with an XML prolog',
      utf8('<?xml version="1.0"?><svg/>'),
      'image/svg+xml',
      'a.svg',
      'image/svg+xml',
    ],
    ['SVG without one', utf8('<svg/>'), 'image/svg+xml', 'a.svg', 'image/svg+xml'],
    ['XML', utf8('<?xml version="1.0"?><x/>'), 'text/plain', 'a.txt', 'application/xml'],
    ['HTML', utf8('<!doctype html>'), 'text/html; charset=utf-8', 'a', 'text/html'],
    ['JSON by its name alone', utf8('{}'), undefined, 'a.json', 'application/json'],
    ['JSON sent as "some bytes"', utf8('{}'), 'application/octet-stream', 'a.json', 'application/json'],
    ['nameless text', utf8('Grüße'), undefined, 'a', 'text/plain'],
    ['nameless bytes', bytes('\x00\x01\x02'), undefined, 'a', 'application/octet-stream'],
    ['bytes that claim to be text', bytes('\x00\x01\x02'), 'text/plain', 'a.txt', 'application/octet-stream'],
    ['text that claims to be a picture', utf8('hello'), 'image/png', 'a.png', 'text/plain'],
    [
      'bytes that claim to be a picture',
      bytes('\x00\x01\xff'),
      'image/png',
      'a.png',
      'application/octet-stream',
    ],
    ['a sentence that begins like a bitmap', utf8('BMW is a car'), 'text/plain', 'a.txt', 'text/plain'],
    [
      'a format without a signature',
      bytes('\x90\x05\xffodd'),
      'application/x-odd',
      'a.odd',
      'application/x-odd',
    ],
    ['a claim that is no type', utf8('x'), 'text/html\r\nX: y', 'a', 'text/plain'],
    ['text cut within a letter', utf8('äöü').subarray(0, 5), 'text/plain', 'a.txt', 'text/plain'],
  ])('judges %s', async (_what, head, declared, name, expected) => {
    expect(await detectMimeType(head, { declared, name })).toBe(expected);
  });
});

describe('isAllowedMimeType', () => {
  it.each([
    ['image/png', [], true],
    ['image/png', ['image/*'], true],
    ['image/png', ['*/*'], true],
    ['image/png', ['image/jpeg', 'image/png'], true],
    ['image/png', ['image/jpeg'], false],
    ['imagery/png', ['image/*'], false],
    ['application/octet-stream', ['image/*'], false],
  ])('%s under %j: %s', (mimetype, allowed, expected) => {
    expect(isAllowedMimeType(mimetype, allowed)).toBe(expected);
  });
});
