import type { Command } from 'commander';

import { findHome } from '../home.ts';
import type { Io } from './io.ts';
import { type GroupVerbOptions, verbsOf } from './verbs-of.ts';

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
  const verb = verbsOf(mail);

  verb('status', 'say where mails are handed in (this is the default)', { isDefault: true })
    .description('Says where mails are handed in, or what is missing before they can be.')
    .action(async (options: GroupVerbOptions) => {
      const { runMailStatus } = await import('./mail.ts');
      done(runMailStatus({ ...options, home: findHome(options.home) }, io));
    });
  verb('password', 'store the password of smtpUser')
    .description(
      'Stores the password of smtpUser in the vault. It is typed, or the first line of standard input.',
    )
    .option('--forget', 'remove it instead')
    .action(async ({ forget, ...options }: GroupVerbOptions & { forget?: boolean }) => {
      const { runMailPassword } = await import('./mail.ts');
      const { createPrompt } = await import('./prompt.ts');
      const prompt = createPrompt(io.signal);
      done(await runMailPassword({ ...options, isForget: forget, home: findHome(options.home) }, io, prompt));
    });
  verb('test', 'send a mail')
    .argument('<address>', 'who gets it')
    .description('Sends a mail as notifications are sent. The companion need not run.')
    .addHelpText('after', '\nExits with 0 when the mail server took the mail, with 1 otherwise.')
    .action(async (address: string, options: GroupVerbOptions) => {
      const { runMailTest } = await import('./mail.ts');
      done(await runMailTest(address, { ...options, home: findHome(options.home) }, io));
    });
}
