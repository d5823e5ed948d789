import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';

import {
  findAccount,
  openVault,
  readVault,
  updateVault,
  type VaultContent,
} from '../../../companion/keyholder/vault.ts';
import { createFolder } from '../../helpers/create-folder.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = createFolder();
  path = join(folder, 'vault.json');
});

describe('openVault', () => {
  it('should fill a new vault with keys of its own, for the user alone', () => {
    const { content } = openVault(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readVault(path)).toEqual(content);
    const other = openVault(join(folder, 'other.json')).content;
    expect(other.localChain.walletKey).not.toBe(content.localChain.walletKey);
    expect(other.linkSigningKey).not.toBe(content.linkSigningKey);
    expect(other.accounts[0]?.secretKey).not.toBe(content.accounts[0]?.secretKey);
    expect(content.localChain.id).toBeGreaterThanOrEqual(4_774_000_000);
    expect(content.localChain.id).toBeLessThan(4_775_000_000);
    expect(findAccount(content, 'embedded')?.name).toBe('embedded');
    expect(findAccount(content, 'other')).toBeUndefined();
  });

  it('should give back what it was given, and leave nothing else behind', () => {
    const vault = openVault(path);
    vault.update((content) => ({ ...content, pairings: [] }));
    expect(openVault(path).content).toEqual(vault.content);
    expect(vault.content.pairings).toEqual([]);
    expect(readdirSync(folder).sort()).toEqual(['vault.json', 'vault.json.lock']);
  });

  it('should keep what another process has stored meanwhile', () => {
    const vault = openVault(path);
    updateVault(path, (content) => ({ ...(content as VaultContent), mailPassword: 'typed elsewhere' }));
    vault.update((content) => ({ ...content, pairings: [] }));
    expect(readVault(path)).toMatchObject({ mailPassword: 'typed elsewhere', pairings: [] });
    expect(vault.content.mailPassword).toBe('typed elsewhere');
  });

  it('should store again what was removed under it', () => {
    const vault = openVault(path);
    const { linkSigningKey } = vault.content;
    rmSync(path);
    vault.update((content) => ({ ...content, pairings: [] }));
    expect(readVault(path).linkSigningKey).toBe(linkSigningKey);
  });

  it('should take back what others may read', () => {
    openVault(path);
    chmodSync(path, 0o644);
    openVault(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('should not store a change that makes no vault', () => {
    const vault = openVault(path);
    const before = readFileSync(path, 'utf8');
    expect(() => vault.update((content) => ({ ...content, linkSigningKey: 'short' }))).toThrow();
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it.each([
    ['half a file', (text: string) => text.slice(0, 100)],
    ['another version', (text: string) => text.replace('"version": 1', '"version": 2')],
    ['a key that is none', (text: string) => text.replace(/0x[0-9a-f]{64}/, '0x12')],
    ['nothing', () => ''],
  ])('should refuse %s, keep the file, and tell no key', (_what, damage) => {
    const { content } = openVault(path);
    const damaged = damage(readFileSync(path, 'utf8'));
    writeFileSync(path, damaged);
    let message = '';
    try {
      openVault(path);
    } catch (error) {
      expect(error).toMatchObject({ code: 'vault-unreadable' });
      // A cause would travel into the log, and a parser's message quotes what it read.
      expect((error as Error).cause).toBeUndefined();
      message = String(error);
    }
    expect(message).toContain(path);
    for (const secret of [
      content.localChain.walletKey,
      content.linkSigningKey,
      content.accounts[0]?.secretKey,
    ]) {
      expect(message).not.toContain(secret);
    }
    expect(readFileSync(path, 'utf8')).toBe(damaged);
  });

  it('should say that there is no vault', () => {
    expect(() => readVault(path)).toThrow(expect.objectContaining({ code: 'no-vault' }));
  });
});
