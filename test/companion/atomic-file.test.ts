import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';

import { writeFileAtomically } from '../../companion/atomic-file.ts';
import { createFolder } from '../helpers/create-folder.ts';

let folder: string;
beforeEach(() => {
  folder = createFolder();
});

describe('writeFileAtomically', () => {
  it('should replace a file, and leave nothing else', () => {
    const path = join(folder, 'a.json');
    writeFileAtomically(path, 'one', 0o600);
    writeFileAtomically(path, 'two', 0o600);
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect(readdirSync(folder)).toEqual(['a.json']);
  });

  it('should not write through a link that somebody put under its temporary name', () => {
    const [path, victim] = [join(folder, 'a.json'), join(folder, 'victim')];
    writeFileSync(victim, 'mine');
    symlinkSync(victim, `${path}.${process.pid}.tmp`);
    writeFileAtomically(path, 'new', 0o600);
    expect(readFileSync(victim, 'utf8')).toBe('mine');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readdirSync(folder).sort()).toEqual(['a.json', 'victim']);
  });

  it.each([
    ['a folder', (path: string) => mkdirSync(join(path, 'in-it'), { recursive: true }), ''],
    ['a file in place of its folder', (path: string) => writeFileSync(path, 'kept'), '/a.json'],
  ])('should say what it could not write when there is %s', (_what, prepare, suffix) => {
    const path = join(folder, 'place');
    prepare(path);
    expect(() => writeFileAtomically(path + suffix, 'new', 0o600)).toThrow(
      expect.objectContaining({ code: 'file-unwritable', message: expect.stringContaining(path + suffix) }),
    );
    expect(readdirSync(folder)).toEqual(['place']);
  });
});
