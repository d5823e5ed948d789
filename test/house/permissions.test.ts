import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

interface Manifest {
  permissions?: string[];
  host_permissions?: string[];
  optional_permissions?: string[];
  optional_host_permissions?: string[];
}

function asked(folder: string): string[] {
  const manifest = JSON.parse(
    readFileSync(join(root, '.output', folder, 'manifest.json'), 'utf8'),
  ) as Manifest;
  return [
    ...(manifest.permissions ?? []),
    ...(manifest.host_permissions ?? []),
    ...(manifest.optional_permissions ?? []),
    ...(manifest.optional_host_permissions ?? []),
  ];
}

/** The first column of the README's permission table, one or more names in code marks per row. */
function explained(): string[] {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const section = readme.split(/^## Permissions$/m)[1]?.split(/^## /m)[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
}

describe('permission table of the README', () => {
  it('has a row for every permission of the built manifests, and no other row', () => {
    const inManifests = [...new Set([...asked('chrome-mv3'), ...asked('firefox-mv3')])].sort();
    expect(
      explained().sort(),
      'Each permission needs a row with its reason in README.md, section Permissions.',
    ).toEqual(inManifests);
  });
});
