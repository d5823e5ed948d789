import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { findHome, openHome, readAnnouncement } from '../../companion/home.ts';

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
});
