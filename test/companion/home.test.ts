import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { findHome, openHome, prepareHome, readAnnouncement } from '../../companion/home.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hashmark-home-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('findHome', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('should take the option, then the environment, then the platform’s folder', () => {
    vi.stubEnv('HASHMARK_HOME', '/from/environment');
    expect(findHome('/from/option')).toBe('/from/option');
    expect(findHome(undefined)).toBe('/from/environment');
    vi.stubEnv('HASHMARK_HOME', '');
    expect(findHome(undefined)).toMatch(/hashmark$/i);
  });
});

describe('openHome', () => {
  it('should make a folder for the user alone', () => {
    const home = openHome(join(folder, 'deep', 'home'));
    try {
      expect(statSync(home.folder).mode & 0o777).toBe(0o700);
      expect(existsSync(home.contentFolder)).toBe(true);
    } finally {
      home.release();
    }
  });

  it.runIf(process.platform === 'linux')(
    'should refuse a place where no folder can be made, and come back',
    () => {
      expect(() => openHome('/proc/hashmark/home')).toThrow(
        expect.objectContaining({ code: 'home-unwritable' }),
      );
    },
  );

  it('should announce the companion until it is released', () => {
    const home = openHome(folder);
    home.announce('http://127.0.0.1:4774');
    expect(readAnnouncement(folder)).toEqual({ url: 'http://127.0.0.1:4774', pid: process.pid });
    home.release();
    expect(readAnnouncement(folder)).toBeUndefined();
  });

  it('should let one in at a time', () => {
    const first = openHome(folder);
    first.announce('http://127.0.0.1:4774');
    expect(() => openHome(folder)).toThrow(
      expect.objectContaining({
        code: 'home-in-use',
        message: expect.stringContaining('http://127.0.0.1:4774'),
      }),
    );
    first.release();
    openHome(folder).release();
  });

  it('should refuse a file in the place of the folder', () => {
    const path = join(folder, 'file');
    writeFileSync(path, '');
    for (const home of [path, join(path, 'below')]) {
      expect(() => openHome(home)).toThrow(expect.objectContaining({ code: 'home-unwritable' }));
    }
  });

  it('should find nothing announced in half a file', () => {
    writeFileSync(join(folder, 'companion.json'), '{"url":');
    expect(readAnnouncement(folder)).toBeUndefined();
  });

  it.each(['ledger.sqlite', 'chain/journal.sqlite'])(
    'should refuse a home that has its %s and not the vault, and write nothing',
    (left) => {
      mkdirSync(join(folder, 'chain'));
      writeFileSync(join(folder, left), 'what the keys were used for');
      const before = readdirSync(folder, { recursive: true });
      expect(() => openHome(folder)).toThrow(
        expect.objectContaining({
          code: 'vault-missing',
          message: expect.stringMatching(
            /vault\.json is missing.*wallet.*account.*from a backup.*move .* away/,
          ),
        }),
      );
      expect(readdirSync(folder, { recursive: true })).toEqual(before);
      writeFileSync(join(folder, 'vault.json'), 'put back');
      openHome(folder).release();
    },
  );

  it('should say which file to delete when the lock is damaged', () => {
    writeFileSync(
      join(folder, 'lock.sqlite'),
      'no database at all, and long enough to be read as one'.repeat(20),
    );
    expect(() => openHome(folder)).toThrow(
      expect.objectContaining({ code: 'lock-damaged', message: expect.stringContaining('delete that file') }),
    );
    rmSync(join(folder, 'lock.sqlite'));
    openHome(folder).release();
  });
});

describe.runIf(process.platform !== 'win32')('prepareHome', () => {
  const modeOf = (path: string) => statSync(path).mode & 0o7777;

  it('should refuse a folder of others and leave it as it is', () => {
    chmodSync(folder, 0o1777);
    for (const name of ['settings.json', 'holiday.jpg']) writeFileSync(join(folder, name), '');
    expect(() => prepareHome(folder)).toThrow(
      expect.objectContaining({
        code: 'home-foreign',
        message: expect.stringContaining(`--home ${folder}/`),
      }),
    );
    expect(() => openHome(folder)).toThrow(expect.objectContaining({ code: 'home-foreign' }));
    expect(modeOf(folder)).toBe(0o1777);
    expect(readdirSync(folder)).toEqual(['holiday.jpg', 'settings.json']);
  });

  it('should take an empty folder with the mode that it has, unless others may write there', () => {
    chmodSync(folder, 0o755);
    prepareHome(folder);
    expect(modeOf(folder)).toBe(0o755);
    chmodSync(folder, 0o1777);
    expect(() => prepareHome(folder)).toThrow(expect.objectContaining({ code: 'home-foreign' }));
    expect(modeOf(folder)).toBe(0o1777);
  });

  it.each([
    ['that was started', ['vault.json', 'ledger.sqlite-wal', 'a note of its owner']],
    ['that was only set up', ['settings.json', 'settings.json.lock', 'chains.json']],
  ])('should close a home %s to others again', (_, names) => {
    for (const name of names) writeFileSync(join(folder, name), '');
    chmodSync(folder, 0o755);
    prepareHome(folder);
    expect(modeOf(folder)).toBe(0o700);
  });
});
