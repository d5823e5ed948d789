import { type Command, Option } from 'commander';

import { findHome } from '../home.ts';
import type { Io } from './io.ts';

interface Options {
  home?: string;
  json?: boolean;
}

/**
 * Adds `hashmark mail …` to the program. Every verb loads only what it needs.
 * @param done takes the verb's exit code.
 */
export function addMailVerbs(program: Command, io: Io, done: (exitCode: number) => void): void {
  const mail = program
    .command('mail')
    .summary('let the companion send mails about final stamps')
    .description(
      'Lets the companion send mails to those who are to hear of a final stamp. Without a mail server, requests that ask for\n' +
        'mail are refused.',
    )
    .helpCommand(false)
    .addHelpText(
      'after',
      `
Examples:
  hashmark settings set smtpHost smtp.mail.example
  hashmark settings set smtpUser stamps@mail.example
  hashmark settings set smtpFrom stamps@mail.example
  hashmark mail password                         typed, or from standard input; kept in the vault
  hashmark mail test me@mail.example             see whether it works`,
    );
  const verb = (usage: string, summary: string, options?: { isDefault: boolean }) =>
    mail
      .command(usage, options)
      .summary(summary)
      .addOption(new Option('--home <dir>', 'folder of the companion').env('HASHMARK_HOME'))
      .addOption(new Option('--json', 'print JSON for programs'));

  verb('status', 'say where mails are handed in (this is the default)', { isDefault: true })
    .description('Says where mails are handed in, or what is missing before they can be.')
    .action(async (options: Options) => {
      const { runMailStatus } = await import('./mail.ts');
      done(runMailStatus({ ...options, home: findHome(options.home) }, io));
    });
  verb('password', 'store the password of smtpUser')
    .description(
      'Stores the password of smtpUser in the vault. It is typed, or the first line of standard input.',
    )
    .option('--forget', 'remove it instead')
    .action(async ({ forget, ...options }: Options & { forget?: boolean }) => {
      const { runMailPassword } = await import('./mail.ts');
      const { createPrompt } = await import('./prompt.ts');
      const prompt = createPrompt(io.signal);
      done(await runMailPassword({ ...options, isForget: forget, home: findHome(options.home) }, io, prompt));
    });
  verb('test', 'send a mail')
    .argument('<address>', 'who gets it')
    .description('Sends a mail as notifications are sent. The companion need not run.')
    .addHelpText('after', '\nExits with 0 when the mail server took the mail, with 1 otherwise.')
    .action(async (address: string, options: Options) => {
      const { runMailTest } = await import('./mail.ts');
      done(await runMailTest(address, { ...options, home: findHome(options.home) }, io));
    });
}
