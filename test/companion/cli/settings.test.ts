import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';

import { settingNames } from '../../../companion/settings.ts';
import { createFolder } from '../../helpers/create-folder.ts';
import { eventually } from '../../helpers/eventually.ts';
import { runHashmark } from '../../helpers/hashmark-command.ts';
import { startCompanion } from '../../helpers/running-companion.ts';

let folder: string;
let home: string;
beforeEach(() => {
  folder = createFolder();
  home = join(folder, 'home');
});

const settings = (...args: string[]) => runHashmark(['settings', ...args, '--home', home]);

describe('hashmark settings', () => {
  it('should list every setting with its value and what it is for, without a home yet', async () => {
    const { code, stdout } = await settings();
    expect(code).toBe(0);
    for (const name of settingNames) expect(stdout).toContain(name);
    expect(stdout).toMatch(/^maxFileBytes +8GiB$/m);
    expect(existsSync(home)).toBe(false);
    const lines = (await settings('list', '--json')).stdout.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).name)).toEqual(settingNames);
  });

  it('should set, show and reset a value', async () => {
    expect((await settings('set', 'maxFileBytes', '5MiB')).stdout).toBe('maxFileBytes is 5MiB\n');
    expect((await settings('get', 'maxFileBytes')).stdout).toBe('5MiB\n');
    expect(JSON.parse((await settings('get', 'maxFileBytes', '--json')).stdout)).toMatchObject({
      value: 5 * 1024 ** 2,
      default: 8 * 1024 ** 3,
      isSet: true,
    });
    expect((await settings('list')).stdout).toMatch(/^maxFileBytes +5MiB +\(default 8GiB\)$/m);
    expect((await settings('reset', 'maxFileBytes')).stdout).toBe('maxFileBytes is 8GiB, the default\n');
  });

  it.each([
    [['set', 'maxFileBytes', 'lots'], 1, 'cannot be "lots". Expected a size'],
    [['set', 'maxfilebytes', '5'], 1, 'Did you mean maxFileBytes?'],
    [['get', 'volume'], 1, 'There is no setting "volume"'],
    [['set', 'maxFileBytes'], 64, "missing required argument 'value'"],
    [['forget', 'maxFileBytes'], 64, 'too many arguments'],
  ] as const)('should refuse %j, and store nothing', async (args, expected, message) => {
    const { code, stdout, stderr } = await settings(...args);
    expect([code, stdout]).toEqual([expected, '']);
    expect(stderr).toContain(message);
    expect(existsSync(home)).toBe(false);
  });

  it('should hold in a running companion without a restart', async () => {
    const companion = await startCompanion({ home });
    try {
      const { apiKey, secretKey } = JSON.parse((await runHashmark(['credentials', '--home', home])).stdout);
      const head = () =>
        fetch(`${companion.ready.url}/webhook/${apiKey}`, {
          method: 'HEAD',
          headers: { 'secret-key': secretKey },
        });
      expect((await head()).headers.get('x-credits')).toBe('1000000');
      await settings('set', 'creditBudget', '12');
      await eventually('the budget holds', async () => (await head()).headers.get('x-credits') === '12');
      await settings('set', 'webhookEnabled', 'false');
      await eventually(
        'the webhook is off',
        async () => (await head()).headers.get('x-group-enabled') === 'false',
      );
    } finally {
      await companion.stop({ keepHome: true });
    }
  });

  it('should keep a companion from starting on settings that are not good, with a sentence', async () => {
    await settings('set', 'maxFileBytes', '5');
    writeFileSync(join(home, 'settings.json'), '{"version":1,"settings":{"maxFileByte":5}}');
    const { code, stderr } = await runHashmark(['start', '--no-build', '--port', '0', '--home', home]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/settings\.json: There is no setting "maxFileByte"/);
  });
});
