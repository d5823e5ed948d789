import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';

import { HashmarkError, messageOf } from '../shared/errors.ts';
import { writeFileAtomically } from './atomic-file.ts';
import { lockForWriting } from './file-lock.ts';
import type { Log } from './log.ts';
import {
  type SettingName,
  type Settings,
  type StoredSettings,
  settingNames,
  settings,
  withDefaults,
} from './settings.ts';

/** The settings of a running companion. */
export interface LiveSettings {
  /** What holds now: the file is looked at again when it was not for a second. */
  readonly current: Settings;
}

const fileMode = 0o600;
/** How long a change may go unnoticed: a look at the file for every request would be for nothing. */
const lookEveryMs = 1_000;

const file = v.strictObject({ version: v.literal(1), settings: v.record(v.string(), v.unknown()) });

/** Where a home keeps its settings. */
export function settingsPath(home: string): string {
  return join(home, 'settings.json');
}

/**
 * The setting of that name.
 * @throws HashmarkError `unknown-setting`, with the closest name there is.
 */
export function requireSettingName(text: string): SettingName {
  const name = settingNames.find((each) => each === text);
  if (name) return name;
  const close = settingNames.find((each) => each.toLowerCase() === text.replace(/[-_ ]/g, '').toLowerCase());
  throw new HashmarkError(
    'unknown-setting',
    `There is no setting "${text.slice(0, 60)}". ${close ? `Did you mean ${close}?` : `Known are: ${settingNames.join(', ')}.`}`,
    { data: { name: text.slice(0, 60) } },
  );
}

/**
 * A typed text as the value of a setting.
 * @throws HashmarkError `bad-setting`, which says what was expected.
 */
export function parseSetting<Name extends SettingName>(name: Name, text: string): Settings[Name] {
  return checkValue(name, settings[name].parse(text.trim()), `"${text.slice(0, 100)}"`);
}

/**
 * What the file at `path` sets; nothing when there is none.
 * @throws HashmarkError `settings-unreadable` when it is no settings file, `unknown-setting` or `bad-setting` for what it
 * holds: a limit that was mistyped must not silently be none.
 */
export function readSettings(path: string): StoredSettings {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw unreadable(path, messageOf(cause));
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), file), text);
  if (!parsed.success) throw unreadable(path, 'it is not {"version": 1, "settings": {…}}');
  const stored: Record<string, unknown> = {};
  try {
    for (const [key, value] of Object.entries(parsed.output.settings)) {
      const name = requireSettingName(key);
      stored[name] = checkValue(name, value, JSON.stringify(value).slice(0, 100));
    }
  } catch (error) {
    if (!(error instanceof HashmarkError)) throw error;
    throw new HashmarkError(error.code, `${path}: ${error.message}`, { data: { ...error.data, path } });
  }
  return stored as StoredSettings;
}

/**
 * Changes what the user set: read, changed and on disk when it returns, and nobody else writes between.
 * @returns what is set now.
 * @throws HashmarkError `settings-locked` when another process holds it, and as {@link readSettings}.
 */
export function updateSettings(
  path: string,
  change: (stored: StoredSettings) => StoredSettings,
): StoredSettings {
  const unlock = lockForWriting(path, 'settings-locked');
  try {
    const stored = change(readSettings(path));
    writeFileAtomically(path, `${JSON.stringify({ version: 1, settings: stored }, null, 2)}\n`, fileMode);
    return stored;
  } finally {
    unlock();
  }
}

/**
 * The settings at `path`, as they are now and as they become: a change holds within a second, without a restart.
 * A file that becomes unreadable changes nothing but the log.
 * @throws HashmarkError as {@link readSettings}, when the file is not good at the start.
 */
export function openSettings(path: string, log: Log, now: () => number = Date.now): LiveSettings {
  let lookedAt = now();
  let seen = identify(path);
  let current = withDefaults(readSettings(path));
  return {
    get current() {
      const at = now();
      if (Math.abs(at - lookedAt) < lookEveryMs) return current;
      lookedAt = at;
      const found = identify(path);
      if (found === seen) return current;
      seen = found;
      try {
        current = withDefaults(readSettings(path));
        log('info', 'The settings changed');
      } catch (error) {
        log('error', 'The changed settings are not good: those before stay in force', { error });
      }
      return current;
    },
  };
}

/** Changes whenever the file does: it is only ever replaced, so another content has another inode or time. */
function identify(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? `${stat.ino} ${stat.mtimeMs} ${stat.size}` : '';
}

function checkValue<Name extends SettingName>(name: Name, value: unknown, shown: string): Settings[Name] {
  const { schema, expected } = settings[name];
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output as Settings[Name];
  throw new HashmarkError('bad-setting', `The setting ${name} cannot be ${shown}. Expected ${expected}.`, {
    data: { name, value: shown },
  });
}

function unreadable(path: string, why: string): HashmarkError {
  return new HashmarkError(
    'settings-unreadable',
    `The settings ${path} cannot be read: ${why}. Correct the file, or remove it to go back to the defaults.`,
    { data: { path } },
  );
}
