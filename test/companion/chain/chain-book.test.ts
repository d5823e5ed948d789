import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatePrivateKey } from 'viem/accounts';
import { describe, expect, it } from 'vitest';

import {
  bookPreset,
  isReady,
  readChainBook,
  toNetwork,
  updateChainBook,
} from '../../../companion/chain/chain-book.ts';
import { presets } from '../../../companion/chain/presets.ts';
import { isSecretRpcUrl } from '../../../companion/chain/rpc-url.ts';
import { lockFile } from '../../../companion/file-lock.ts';
import { createFolder } from '../../helpers/create-folder.ts';

function openPath(): string {
  return join(createFolder(), 'home', 'chains.json');
}

const [preset] = presets;
if (!preset) throw new Error('There is a preset.');

describe('the book of chains', () => {
  it('should be empty before anything was booked, and come back as it was written', () => {
    const path = openPath();
    expect(readChainBook(path)).toEqual({ version: 1, chains: [], tenants: {} });
    const chain = bookPreset(preset, generatePrivateKey());
    updateChainBook(path, (book) => {
      book.chains.push(chain);
      book.tenants.embedded = chain.id;
    });
    expect(readChainBook(path)).toEqual({ version: 1, chains: [chain], tenants: { embedded: chain.id } });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(isReady(chain)).toBe(false);
    expect(toNetwork(chain)).toMatchObject({ id: 8453, maxFeePerGasWei: 1_000_000_000n });
  });

  it('should stay as it is when a change throws or is not valid', () => {
    const path = openPath();
    updateChainBook(path, (book) => book.chains.push(bookPreset(preset, generatePrivateKey())));
    const before = readFileSync(path, 'utf8');
    expect(() =>
      updateChainBook(path, () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(() =>
      updateChainBook(path, (book) => {
        book.tenants.embedded = 0.5;
      }),
    ).toThrow();
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('should not be written by two at once', () => {
    const path = openPath();
    updateChainBook(path, () => undefined);
    const unlock = lockFile(`${path}.lock`);
    expect(() => lockFile(`${path}.lock`)).toThrow(expect.objectContaining({ code: 'file-locked' }));
    unlock();
    updateChainBook(path, () => undefined);
  });

  it.each(['', '{', '{"version":2}', '{"version":1,"chains":[{"walletKey":"0xSECRET"}],"tenants":{}}'])(
    'should refuse %j, and show nothing of it',
    (text) => {
      const path = openPath();
      updateChainBook(path, () => undefined);
      writeFileSync(path, text);
      for (const work of [() => readChainBook(path), () => updateChainBook(path, () => undefined)]) {
        expect(work).toThrow(expect.objectContaining({ code: 'chains-unreadable' }));
        expect(work).not.toThrow(/SECRET/);
      }
      expect(readFileSync(path, 'utf8')).toBe(text);
    },
  );
});

describe('the presets', () => {
  it('should be the chains of the field, without keys', () => {
    expect(presets.map(({ id }) => id)).toEqual([8453, 84532]);
    for (const { rpcUrls } of presets) expect(rpcUrls.some(isSecretRpcUrl)).toBe(false);
  });
});
