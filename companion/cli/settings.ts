import { prepareHome } from '../home.ts';
import {
  type SettingName,
  type Settings,
  type StoredSettings,
  settingNames,
  settings,
  withDefaults,
} from '../settings.ts';
import {
  parseSetting,
  readSettings,
  requireSettingName,
  settingsPath,
  updateSettings,
} from '../settings-file.ts';
import { exitCodes, type Io } from './io.ts';

export interface SettingsVerbOptions {
  /** Folder of the companion; it need not run. */
  home: string;
  json?: boolean;
}

/** What one setting is, as `--json` prints it. */
interface SettingReport<Name extends SettingName = SettingName> {
  name: Name;
  value: Settings[Name];
  default: Settings[Name];
  /** Whether the user set it, be it to the default. */
  isSet: boolean;
  description: string;
}

/** `hashmark settings list`: every setting, one JSON object a line with `--json`. Returns 0. */
export function runSettingsList({ home, json = false }: SettingsVerbOptions, io: Io): number {
  const stored = readSettings(settingsPath(home));
  const reports = settingNames.map((name) => report(name, stored));
  if (json) {
    for (const each of reports) io.print(JSON.stringify(each));
    return exitCodes.ok;
  }
  const nameWidth = Math.max(...reports.map(({ name }) => name.length));
  for (const each of reports) {
    const value = show(each.name, each.value);
    const note = each.isSet ? io.paint('gray', `  (default ${show(each.name, each.default)})`) : '';
    io.print(`${each.name.padEnd(nameWidth)}  ${each.isSet ? io.paint('green', value) : value}${note}`);
    io.print(`${' '.repeat(nameWidth)}  ${io.paint('gray', each.description)}`);
  }
  return exitCodes.ok;
}

/** `hashmark settings get NAME`: its value alone on a line. Returns 0. @throws HashmarkError `unknown-setting`. */
export function runSettingsGet(name: string, { home, json = false }: SettingsVerbOptions, io: Io): number {
  const known = requireSettingName(name);
  const each = report(known, readSettings(settingsPath(home)));
  io.print(json ? JSON.stringify(each) : show(known, each.value));
  return exitCodes.ok;
}

/**
 * `hashmark settings set NAME VALUE`: stores the value; a running companion follows within a second. Returns 0.
 * @throws HashmarkError `unknown-setting`, `bad-setting`: nothing is stored then.
 */
export function runSettingsSet(
  name: string,
  text: string,
  { home, json = false }: SettingsVerbOptions,
  io: Io,
): number {
  const known = requireSettingName(name);
  const value = parseSetting(known, text);
  return change(known, { home, json }, io, (stored) => ({ ...stored, [known]: value }));
}

/** `hashmark settings reset NAME`: back to the default. Returns 0. @throws HashmarkError `unknown-setting`. */
export function runSettingsReset(name: string, { home, json = false }: SettingsVerbOptions, io: Io): number {
  const known = requireSettingName(name);
  return change(known, { home, json }, io, ({ [known]: _, ...rest }) => rest);
}

function change(
  name: SettingName,
  { home, json }: SettingsVerbOptions,
  io: Io,
  edit: (stored: StoredSettings) => StoredSettings,
): number {
  // A limit may be set before the first start.
  prepareHome(home);
  const changed = updateSettings(settingsPath(home), edit);
  const each = report(name, changed);
  io.print(
    json ? JSON.stringify(each) : `${name} is ${show(name, each.value)}${each.isSet ? '' : ', the default'}`,
  );
  return exitCodes.ok;
}

function report<Name extends SettingName>(name: Name, stored: StoredSettings): SettingReport<Name> {
  return {
    name,
    value: withDefaults(stored)[name],
    default: settings[name].default as Settings[Name],
    isSet: name in stored,
    description: settings[name].description,
  };
}

function show<Name extends SettingName>(name: Name, value: Settings[Name]): string {
  return (settings[name].format as (value: Settings[Name]) => string)(value);
}
