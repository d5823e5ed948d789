import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { resolveAnvil } from '../../../companion/chain/anvil-binary.ts';

describe('resolveAnvil', () => {
  it('finds the native program of this platform', () => {
    expect(statSync(resolveAnvil()).isFile()).toBe(true);
  });

  it('says what is missing on a platform without one', () => {
    expect(() => resolveAnvil('sunos', 'mips')).toThrow(
      expect.objectContaining({
        code: 'chain-unsupported',
        message: expect.stringContaining('@foundry-rs/anvil-sunos-mips'),
      }),
    );
  });
});
