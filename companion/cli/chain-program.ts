import { type Command, InvalidArgumentError, Option } from 'commander';

import { findHome } from '../home.ts';
import type { ChainFacts } from './chain-facts.ts';
import type { Io } from './io.ts';
import { type GroupVerbOptions, verbsOf } from './verbs-of.ts';

/**
 * Adds `hashmark chain …` to the program. Every verb loads only what it needs.
 * @param done takes the verb's exit code.
 */
export function addChainVerbs(program: Command, io: Io, done: (exitCode: number) => void): void {
  const chain = program
    .command('chain')
    .summary('choose the chain that stamps go to')
    .description(
      'Chooses the chain that stamps go to: the local one, which costs nothing and proves nothing to strangers, or a public\n' +
        'one, where every stamp costs money. Several may be set up side by side.',
    )
    .addHelpText(
      'after',
      `
Examples:
  hashmark chain use base-sepolia         set it up, say what that costs, ask
  hashmark chain use local                back to this computer's own chain
  hashmark chain add mine --rpc -         any EVM chain; - types a URL that holds a key`,
    );
  const verb = verbsOf(chain);
  const withFacts = (command: Command) =>
    command
      .option(
        '--rpc <url...>',
        'JSON-RPC endpoints, https only unless on this computer; - types one that holds a key',
      )
      .option('--title <text>', 'how people call the chain')
      .option('--explorer <url>', 'prefix of an explorer’s transaction pages')
      .option('--finality <rule>', 'when a block counts: finalized, safe, or a number of blocks')
      .option('--max-fee-gwei <n>', 'the most that is paid for a unit of gas')
      .addOption(
        new Option(
          '--stuck-after-seconds <n>',
          'how long a transaction waits before a higher fee is offered',
        ).argParser(parseCount),
      )
      .option('--currency <symbol>', 'what fees are paid in');
  const open = async () => {
    const { createPrompt } = await import('./prompt.ts');
    return createPrompt(io.signal);
  };

  verb('list', 'show the chains that are set up, and the presets')
    .description(
      'Shows the local chain, the public chains that are set up, and the presets. Asks no network.',
    )
    .action(async (options: GroupVerbOptions) => {
      const { runChainList } = await import('./chain.ts');
      done(runChainList({ ...options, home: findHome(options.home) }, io));
    });

  verb('use', 'let stamps go to a chain')
    .argument('<chain>', 'its name or id: see `hashmark chain list`')
    .description(
      'Lets stamps go to that chain, and sets up what is missing: a wallet, and a contract, deployed or attached.\n' +
        'Says before what that and every stamp will cost, and asks. May be repeated after any interruption, and pays once.',
    )
    .option(
      '--contract <address>',
      'attach this contract instead of deploying one; it must belong to the wallet',
    )
    .addOption(
      new Option('--from-block <n>', 'block of its deployment, if the node forgot').argParser(parseCount),
    )
    .option('--tenant <id>', 'whose stamps (default: the companion’s own)')
    .option('-y, --yes', 'spend without asking')
    .addHelpText(
      'after',
      '\nExits with 0 when stamps go there, 1 when not (too little money, or the answer was no), 64 when nobody can be asked.',
    )
    .action(async (name: string, options: ChainUseArguments) => {
      const { runChainUse } = await import('./chain-use.ts');
      done(await runChainUse(name, { ...options, home: findHome(options.home) }, io, await open()));
    });

  verb('status', 'ask the chains how they are')
    .argument('[chain]', 'only this one')
    .description(
      'Asks every endpoint of the public chains, and shows what a stamp costs now, what the wallet owns, and what waits.',
    )
    .addHelpText('after', '\nExits with 0, or with 1 when something keeps one of them from being stamped on.')
    .action(async (name: string | undefined, options: GroupVerbOptions) => {
      const { runChainStatus } = await import('./chain-status.ts');
      done(await runChainStatus(name, { ...options, home: findHome(options.home) }, io));
    });

  withFacts(verb('add', 'add any EVM chain by its RPC URL'))
    .argument('<name>', 'how to call it')
    .description(
      'Asks the endpoints which chain they are, and adds it with a wallet of its own. Spends nothing.',
    )
    .action(async (name: string, options: ChainFactArguments) => {
      const { runChainAdd } = await import('./chain.ts');
      done(await runChainAdd(name, options, { ...options, home: findHome(options.home) }, io, await open()));
    });

  withFacts(verb('set', 'change an endpoint, a ceiling, a rule'))
    .argument('<chain>', 'its name or id')
    .description('Changes what is named and leaves the rest. A running companion follows at once.')
    .action(async (name: string, options: ChainFactArguments) => {
      const { runChainSet } = await import('./chain.ts');
      done(await runChainSet(name, options, { ...options, home: findHome(options.home) }, io, await open()));
    });

  verb('wallet', 'show the address that pays, or import its key')
    .argument('<chain>', 'its name or id')
    .description(
      'Shows the address that pays on a chain, and what it owns there. The key stays in the home and is never shown.\n' +
        'With --import it is typed at a prompt, or read from standard input; the key before is kept.',
    )
    .option('--import', 'take another key')
    .action(async (name: string, options: { home?: string; json?: boolean; import?: boolean }) => {
      const { runChainWallet } = await import('./chain-wallet.ts');
      const isImport = options.import ?? false;
      done(
        await runChainWallet(name, { ...options, isImport, home: findHome(options.home) }, io, await open()),
      );
    });
}

interface ChainUseArguments {
  home?: string;
  json?: boolean;
  contract?: string;
  fromBlock?: number;
  tenant?: string;
  yes?: boolean;
}

interface ChainFactArguments extends ChainFacts {
  home?: string;
  json?: boolean;
}

function parseCount(text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a whole number.');
}
