import { type Command, Option } from 'commander';

import { findHome } from '../home.ts';
import type { Io } from './io.ts';

interface Options {
  home?: string;
  json?: boolean;
}

/**
 * Adds `hashmark settings …` to the program. Every verb loads only what it needs.
 * @param done takes the verb's exit code.
 */
export function addSettingsVerbs(program: Command, io: Io, done: (exitCode: number) => void): void {
  const settings = program
    .command('settings')
    .summary('show and change limits and other settings')
    .description(
      'Shows and changes what this companion allows: sizes, rates, credits, how long things are kept.\n' +
        'A running companion follows within a second.',
    )
    .helpCommand(false);
  const verb = (usage: string, summary: string, options?: { isDefault: boolean }) =>
    settings
      .command(usage, options)
      .description(summary)
      .addOption(new Option('--home <dir>', 'folder of the companion').env('HASHMARK_HOME'))
      .addOption(new Option('--json', 'print JSON for programs'));

  verb('list', 'list every setting with its value (this is the default)', { isDefault: true }).action(
    async (options: Options) => {
      const { runSettingsList } = await import('./settings.ts');
      done(runSettingsList({ ...options, home: findHome(options.home) }, io));
    },
  );
  verb('get <name>', 'print one value').action(async (name: string, options: Options) => {
    const { runSettingsGet } = await import('./settings.ts');
    done(runSettingsGet(name, { ...options, home: findHome(options.home) }, io));
  });
  verb('set <name> <value>', 'change one value').action(
    async (name: string, value: string, options: Options) => {
      const { runSettingsSet } = await import('./settings.ts');
      done(runSettingsSet(name, value, { ...options, home: findHome(options.home) }, io));
    },
  );
  verb('reset <name>', 'go back to the default').action(async (name: string, options: Options) => {
    const { runSettingsReset } = await import('./settings.ts');
    done(runSettingsReset(name, { ...options, home: findHome(options.home) }, io));
  });
}
