import type { Command } from 'commander';

import { findHome } from '../home.ts';
import type { Io } from './io.ts';
import { type GroupVerbOptions, verbsOf } from './verbs-of.ts';

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
  const verb = verbsOf(settings);

  verb('list', 'list every setting with its value (this is the default)', { isDefault: true }).action(
    async (options: GroupVerbOptions) => {
      const { runSettingsList } = await import('./settings.ts');
      done(runSettingsList({ ...options, home: findHome(options.home) }, io));
    },
  );
  verb('get <name>', 'print one value').action(async (name: string, options: GroupVerbOptions) => {
    const { runSettingsGet } = await import('./settings.ts');
    done(runSettingsGet(name, { ...options, home: findHome(options.home) }, io));
  });
  verb('set <name> <value>', 'change one value').action(
    async (name: string, value: string, options: GroupVerbOptions) => {
      const { runSettingsSet } = await import('./settings.ts');
      done(runSettingsSet(name, value, { ...options, home: findHome(options.home) }, io));
    },
  );
  verb('reset <name>', 'go back to the default').action(async (name: string, options: GroupVerbOptions) => {
    const { runSettingsReset } = await import('./settings.ts');
    done(runSettingsReset(name, { ...options, home: findHome(options.home) }, io));
  });
}
