import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

interface LockedPackage {
  version?: string;
  resolved?: string;
  optionalDependencies?: Record<string, string>;
}

describe('package-lock.json', () => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };

  it('lists the node of the local chain for every platform', () => {
    const { optionalDependencies = {} } = packages['node_modules/@foundry-rs/anvil'] ?? {};
    const missing = Object.keys(optionalDependencies).filter((name) => !packages[`node_modules/${name}`]);
    expect(Object.keys(optionalDependencies).length).toBeGreaterThan(0);
    expect(
      missing,
      'npm drops platform packages that a registry mirror does not have, and `npm ci` then refuses the file: put them back.',
    ).toEqual([]);
  });

  it('names no registry host', () => {
    const named = Object.entries(packages).filter(([, { resolved }]) => resolved?.startsWith('http'));
    expect(
      named.map(([name]) => name),
      'Install with omit-lockfile-registry-resolved.',
    ).toEqual([]);
  });
});
