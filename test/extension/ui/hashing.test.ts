import { describe, expect, it } from 'vitest';

import { describeHashing, describePlatform } from '../../../extension/ui/hashing.ts';

describe('describeHashing', () => {
  it.each([
    [{ bytesDone: 412e6, sizeBytes: 1.2e9, hashedBy: 'wasm' }, '412 MB of 1.2 GB · WebAssembly'],
    [{ bytesDone: 0, sizeBytes: 100e6, hashedBy: 'native' }, '0 bytes of 100 MB · native'],
    [
      { bytesDone: 5.4e9, sizeBytes: 6e9, hashedBy: 'js', bytesPerSecond: 81e6 },
      '5.4 GB of 6.0 GB · JavaScript, 81 MB/s',
    ],
  ] as const)('should say how far it is, and by what: %o', (hashing, text) => {
    expect(describeHashing(hashing)).toBe(text);
  });

  it.each([
    { bytesDone: 1, sizeBytes: 5e6, hashedBy: 'native' },
    { bytesDone: 412e6, sizeBytes: 1.2e9 },
  ] as const)('should say nothing of what is done at once, or not begun: %o', (hashing) => {
    expect(describeHashing(hashing)).toBeUndefined();
  });
});

describe('describePlatform', () => {
  it.each(['native', 'wasm', 'js'] as const)('should give the exact name: %s', (name) => {
    expect(describePlatform(name)).toContain(`(${name})`);
  });
});
