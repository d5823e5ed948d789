import { encodeAbiParameters, toEventSelector } from 'viem';
import { describe, expect, it } from 'vitest';

import { decodeMappingUpdated, mappingUpdatedTopic } from '../../../shared/evidence/ipcm.ts';

const hello = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';
const helloV1 = 'bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wa';
const data = (text: string) => encodeAbiParameters([{ type: 'string' }], [text]);

describe('mappingUpdatedTopic', () => {
  it('should be that of the event', () => {
    expect(mappingUpdatedTopic).toBe(toEventSelector('MappingUpdated(string)'));
  });
});

describe('decodeMappingUpdated', () => {
  it('should read the 128 bytes of a CID', () => {
    expect(data(hello)).toHaveLength(2 + 2 * 128);
    expect(decodeMappingUpdated(data(hello))).toBe(hello);
  });

  it.each([
    ['the ipfs:// prefix', `ipfs://${hello}`],
    ['a CIDv1 of the same content', helloV1],
    ['white space', ` ${hello}\n`],
  ])('should accept %s', (_, text) => {
    expect(decodeMappingUpdated(data(text))).toBe(hello);
  });

  it.each([
    ['no data', '0x'],
    ['a length that runs past the end', `0x${'20'.padStart(64, '0')}${'f'.repeat(64)}`],
    ['a string that is no CID', data('hello')],
    ['an empty string', data('')],
    ['a CID with a path', data(`${hello}/file`)],
  ])('should give nothing for %s', (_, malformed) => {
    expect(decodeMappingUpdated(malformed as `0x${string}`)).toBeUndefined();
  });
});
