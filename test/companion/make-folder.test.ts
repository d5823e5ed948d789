import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';

import { explainFolderError, makeFolder, makeWritableFolder } from '../../companion/make-folder.ts';
import { createFolder } from '../helpers/create-folder.ts';

let folder: string;
beforeEach(() => {
  folder = createFolder();
});

const reasonFor = (path: string) => {
  try {
    makeWritableFolder(path);
  } catch (error) {
    return explainFolderError(error);
  }
  return undefined;
};

describe('makeFolder', () => {
  it('should make a folder and those above it, with the mode, and leave one that is there', () => {
    const path = join(folder, 'a', 'b');
    makeFolder(path, 0o700);
    makeFolder(path, 0o755);
    for (const each of [path, join(folder, 'a')]) expect(statSync(each).mode & 0o777).toBe(0o700);
  });
});

describe('makeWritableFolder', () => {
  it('should say in words why a folder cannot be used', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(reasonFor(join(folder, 'fine'))).toBeUndefined();
    expect(reasonFor(file)).toBe('a file is in the way');
    expect(reasonFor(join(file, 'below'))).toBe('a file is in the way');
    expect(reasonFor(join(folder, 'x'.repeat(300)))).toBe('its name is too long');
  });

  it.runIf(process.platform === 'linux')('should come back where no folder can be made', () => {
    expect(reasonFor('/proc/hashmark/deep')).toBe('no folder can be made there');
  });
});
