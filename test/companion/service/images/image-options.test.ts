import { describe, expect, it } from 'vitest';

import { imageParameters, readImageOptions } from '../../../../companion/service/images/image-options.ts';

const read = (query: string) => readImageOptions(new URLSearchParams(query));

describe('readImageOptions', () => {
  it.each([
    '',
    'filename=a.png',
    'img-dpr=2',
    'img-fit=cover',
    'img-onerror=redirect',
    'img-metadata=keep',
    'img-width=1e3',
    'img-width=+5',
    'img-width=0x10',
    'img-quality=101',
    'img-format=__proto__',
  ])('finds no wish in "%s"', (query) => {
    expect(read(query)).toBeUndefined();
  });

  it.each([
    ['img-width=100', { width: 100, height: undefined, fit: 'scale-down', isAnimated: true }],
    ['img-width=100&img-dpr=3', { width: 300 }],
    ['img-width=8000&img-dpr=4', { width: 8192 }],
    ['img-height=10&img-fit=SCALEDOWN', { height: 10, fit: 'scale-down' }],
    ['img-height=10&img-fit=toString', { height: 10, fit: 'scale-down' }],
    ['img-format=auto', { format: 'auto' }],
    ['img-quality=1', { quality: 1 }],
    ['img-anim=false', { isAnimated: false }],
    ['img-sharpen=3', { sharpen: 3 }],
    ['img-metadata=none', { keepsMetadata: false }],
    ['img-width=5&img-metadata=keep', { keepsMetadata: true }],
    ['img-width=5&img-gravity=auto', { gravity: 'auto' }],
    ['img-width=5&img-gravity=northwest', { gravity: 'center' }],
  ])('reads "%s"', (query, expected) => {
    expect(read(query)).toMatchObject(expected);
  });

  it('knows every parameter that the wire lists', () => {
    const listed = 'width height dpr fit gravity quality format anim sharpen onerror metadata'.split(' ');
    expect(imageParameters.map((name) => name.slice('img-'.length))).toEqual(listed);
  });
});
