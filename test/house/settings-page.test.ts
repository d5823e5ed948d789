import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

import { type SettingName, settingNames, settings } from '../../companion/settings.ts';

const page = readFileSync(join(resolve(import.meta.dirname, '../..'), 'docs/settings.md'), 'utf8');

/** A setting as a row of the page's table. */
function rowOf(name: SettingName): string {
  const { default: fallback, description, format } = settings[name];
  const shown = (format as (value: unknown) => string)(fallback).replace('""', '(none)');
  return `| \`${name}\` | ${shown} | ${description} |`;
}

describe('docs/settings.md', () => {
  it.each(settingNames)('explains %s as `hashmark settings` does', (name) => {
    expect(page, 'Put this row into docs/settings.md, in the order of companion/settings.ts.').toContain(
      rowOf(name),
    );
  });

  it('explains nothing that cannot be set', () => {
    const explained = [...page.matchAll(/^\| `(\w+)` \| [^|]+ \| [^|]+ \|$/gm)].map(([, name]) => name);
    expect(explained).toEqual(settingNames);
  });
});
