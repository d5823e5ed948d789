import type { Command } from 'commander';

import { findHome } from '../home.ts';
import type { Io } from './io.ts';
import { type GroupVerbOptions, verbsOf } from './verbs-of.ts';

/**
 * Adds `hashmark tokens …` to the program. Every verb loads only what it needs.
 * @param done takes the verb's exit code.
 */
export function addTokenVerbs(program: Command, io: Io, done: (exitCode: number) => void): void {
  const tokens = program
    .command('tokens')
    .summary('let other apps stamp, by links that work once')
    .description(
      'Lets other apps stamp without the secret key. A token is a short link: one app claims it, once, and may then stamp ' +
        'until 30 days after it was minted, or until it is revoked.',
    )
    .helpCommand(false)
    .addHelpText(
      'after',
      `
Examples:
  hashmark tokens mint --group "Spring 2026"     a link to send to whoever stamps that group
  hashmark tokens revoke 3                       end it, claimed or not

A token may use other groups too, unless \`hashmark settings set tokensStayInGroup true\`.`,
    );
  const verb = verbsOf(tokens);

  verb('list', 'list every token and its state (this is the default)', { isDefault: true })
    .description(
      'Lists every token with number, state, dates and group. Links are not kept, and cannot be shown again.',
    )
    .action(async (options: GroupVerbOptions) => {
      const { runTokensList } = await import('./tokens.ts');
      done(await runTokensList({ ...options, home: findHome(options.home) }, io));
    });
  verb('mint', 'make a link')
    .description(
      'Makes a link that one app can claim within 30 days, and prints it: it cannot be shown again.',
    )
    .option('--group <name>', 'group that it is for (default: any)')
    .action(async (options: GroupVerbOptions & { group?: string }) => {
      const { runTokensMint } = await import('./tokens.ts');
      done(await runTokensMint({ ...options, home: findHome(options.home) }, io));
    });
  verb('revoke', 'end tokens')
    .argument('<token...>', 'number, token or link of each')
    // A token may begin with a dash; what is neither a token nor an option is refused as a token that there is not.
    .allowUnknownOption()
    .description('Ends tokens, claimed or not: from the next request on they are refused.')
    .action(async (names: string[], options: GroupVerbOptions) => {
      const { runTokensRevoke } = await import('./tokens.ts');
      done(await runTokensRevoke(names, { ...options, home: findHome(options.home) }, io));
    });
}
