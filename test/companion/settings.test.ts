import { execFile } from 'node:child_process';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';

import { type SettingName, settingNames, settings, withDefaults } from '../../companion/settings.ts';
import {
  openSettings,
  parseSetting,
  readSettings,
  requireSettingName,
  settingsPath,
  updateSettings,
} from '../../companion/settings-file.ts';
import { createFolder } from '../helpers/create-folder.ts';

let home: string;
let path: string;
beforeEach(() => {
  home = createFolder();
  path = settingsPath(home);
});

const write = (content: unknown) =>
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));

describe('settings', () => {
  it.each(settingNames)('%s: its default is a value of its own, as typed and as stored', (name) => {
    const { default: fallback, format, schema, description, expected } = settings[name];
    expect(parseSetting(name, (format as (value: unknown) => string)(fallback).replace(/^""$/, ''))).toEqual(
      fallback,
    );
    expect(schema['~run']({ value: fallback }, {}).issues).toBeUndefined();
    expect(description).toMatch(/^[\p{Ll}A-Z].*[^.]$/u);
    expect(expected.length).toBeGreaterThan(3);
  });
});

describe('parseSetting', () => {
  it.each([
    ['https://a.example/api/, http://127.0.0.1:3000', ['https://a.example/api', 'http://127.0.0.1:3000']],
    ['  ', []],
  ])('reads a list of servers from "%s"', (text, urls) => {
    expect(parseSetting('esploraUrls', text)).toEqual(urls);
  });

  it.each([
    'a.example',
    'ftp://a.example',
    'https://u:p@a.example',
    'https://a.example/?k=1',
    'https://a https://a',
  ])('refuses servers such as "%s"', (text) => {
    expect(() => parseSetting('esploraUrls', text)).toThrow(/http\(s\) addresses/);
  });

  it.each([
    ['maxFileBytes', '1', 1],
    ['maxFileBytes', '500MB', 500_000_000],
    ['maxFileBytes', '8 GiB', 8 * 1024 ** 3],
    ['maxFileBytes', '1.5kb', 1_500],
    ['maxStorageBytes', 'unlimited', null],
    ['maxStorageBytes', '1TiB', 1024 ** 4],
    ['requestsPerMinute', ' 60 ', 60],
    ['requestsPerMinute', 'Unlimited', null],
    ['webhookEnabled', 'FALSE', false],
    ['creditBudget', '0', 0],
  ] as [SettingName, string, unknown][])('reads %s from "%s"', (name, text, value) => {
    expect(parseSetting(name, text)).toBe(value);
  });

  it.each([
    ['maxFileBytes', '0'],
    ['maxFileBytes', 'unlimited'],
    ['maxFileBytes', '-1'],
    ['maxFileBytes', '1.2.3GB'],
    ['maxFileBytes', '5 elephants'],
    ['maxFileBytes', '9999999TiB'],
    ['maxFileBytes', ''],
    ['webhookEnabled', 'yes'],
    ['webhookEnabled', 'constructor'],
    ['requestsPerMinute', '1.5'],
    ['requestsPerMinute', '0'],
    ['eventHistoryDays', '1e3'],
  ] as [SettingName, string][])('refuses %s = "%s" and says what it expected', (name, text) => {
    expect(() => parseSetting(name, text)).toThrow(
      expect.objectContaining({ code: 'bad-setting', message: expect.stringContaining('Expected ') }),
    );
  });
});

describe('requireSettingName', () => {
  it('names the closest one, or all', () => {
    expect(requireSettingName('maxFileBytes')).toBe('maxFileBytes');
    expect(() => requireSettingName('max-file-bytes')).toThrow('Did you mean maxFileBytes?');
    expect(() => requireSettingName('volume')).toThrow('Known are: webhookEnabled, ');
    expect(() => requireSettingName('__proto__')).toThrow(
      expect.objectContaining({ code: 'unknown-setting' }),
    );
  });
});

describe('readSettings', () => {
  it('finds what was written, for nobody else to read, and nothing where there is no file', () => {
    expect(readSettings(path)).toEqual({});
    updateSettings(path, () => ({ maxFileBytes: 5, maxStorageBytes: null }));
    expect(readSettings(path)).toEqual({ maxFileBytes: 5, maxStorageBytes: null });
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      version: 1,
      settings: { maxFileBytes: 5, maxStorageBytes: null },
    });
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['no JSON', 'maxFileBytes = 5', 'settings-unreadable'],
    ['another version', { version: 2, settings: {} }, 'settings-unreadable'],
    ['something beside the settings', { version: 1, settings: {}, more: 1 }, 'settings-unreadable'],
    ['an unknown name', { version: 1, settings: { maxFileByte: 5 } }, 'unknown-setting'],
    ['a value of another type', { version: 1, settings: { maxFileBytes: '5' } }, 'bad-setting'],
    ['a value out of range', { version: 1, settings: { maxFileBytes: 0 } }, 'bad-setting'],
    ['null where there must be a limit', { version: 1, settings: { maxFileBytes: null } }, 'bad-setting'],
  ])('refuses a file with %s, and names it', (_what, content, code) => {
    write(content);
    expect(() => readSettings(path)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(path) }),
    );
  });
});

describe('updateSettings', () => {
  it('should lose nothing when several processes change different settings at once', async () => {
    const changes = { smtpPort: 25, maxFileBytes: 5, maxImagePixels: 9, eventHistoryDays: 3 };
    const module = JSON.stringify(new URL('../../companion/settings-file.ts', import.meta.url));
    await Promise.all(
      Object.entries(changes).map(([name, value]) =>
        promisify(execFile)(process.execPath, [
          '--input-type=module',
          '--eval',
          `const { updateSettings } = await import(${module});
           updateSettings(${JSON.stringify(path)}, (stored) => {
             // Long enough for the others to come between.
             Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
             return { ...stored, ${name}: ${value} };
           });`,
        ]),
      ),
    );
    expect(readSettings(path)).toEqual(changes);
  });

  it('should store nothing when the change fails, and let others in again', () => {
    expect(() =>
      updateSettings(path, () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(updateSettings(path, (stored) => ({ ...stored, smtpPort: 25 }))).toEqual({ smtpPort: 25 });
  });
});

describe('openSettings', () => {
  it('follows the file, at most once a second, and keeps what held when it is damaged', () => {
    let nowMs = 0;
    const logged: string[] = [];
    const live = openSettings(
      path,
      (level) => logged.push(level),
      () => nowMs,
    );
    expect(live.current).toEqual(withDefaults({}));
    updateSettings(path, () => ({ requestsPerMinute: 7 }));
    expect(live.current.requestsPerMinute).toBe(100);
    nowMs += 1_000;
    expect(live.current.requestsPerMinute).toBe(7);
    write('{');
    nowMs += 1_000;
    expect(live.current.requestsPerMinute).toBe(7);
    nowMs += 1_000;
    expect(live.current.requestsPerMinute).toBe(7);
    expect(logged).toEqual(['info', 'error']);
    rmSync(path);
    nowMs += 1_000;
    expect(live.current.requestsPerMinute).toBe(100);
  });

  it('does not start with a file that is not good', () => {
    write({ version: 1, settings: { unknown: true } });
    expect(() => openSettings(path, () => undefined)).toThrow(
      expect.objectContaining({ code: 'unknown-setting' }),
    );
  });
});
