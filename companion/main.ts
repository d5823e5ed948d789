// The command line: the only file that reads the arguments, listens, and ends the process.
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';

import { toErrorData } from '../shared/errors.ts';
import { addChainVerbs } from './cli/chain-program.ts';
import { createProcessIo, exitCodes, type Io, plain } from './cli/io.ts';
import type { RehydrateVerbOptions } from './cli/rehydrate.ts';
import { addSettingsVerbs } from './cli/settings-program.ts';
import { addTokenVerbs } from './cli/tokens-program.ts';
import { findHome } from './home.ts';
import { version } from './project.ts';

const defaultPort = 4774;
const oldestNodeMajor = 24;

/** Every verb loads only what it needs: `fingerprint` must not wait for a chain library. */
function createProgram(io: Io, done: (exitCode: number) => void): Command {
  const program = new Command('hashmark')
    .description(
      'Proves that a file or a web page existed at a time, and checks such proofs.\n\n' +
        'The companion keeps the keys, stamps for the browser extension and the terminal, and runs a local chain.',
    )
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help, or a verb’s')
    .helpCommand('help [verb]', 'show the help of a verb')
    .showHelpAfterError('(hashmark --help shows how)')
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  hashmark start                          run the companion until Ctrl-C
  hashmark stamp diploma.pdf              stamp a file
  hashmark verify diploma.pdf             check it, reading the chain itself

The home is the folder of one companion: its keys, its ledger, its chain. Every verb takes --home;
without it HASHMARK_HOME, and then the platform's folder for application data, is used.`,
    );

  const verb = (name: string, summary: string) =>
    program
      .command(name)
      .summary(summary)
      .addOption(new Option('--home <dir>', 'folder of the companion').env('HASHMARK_HOME'));
  const json = () => new Option('--json', 'print JSON for programs');

  verb('start', 'run the companion until Ctrl-C')
    .description('Runs the companion on 127.0.0.1 until Ctrl-C, building first what is missing.')
    .addOption(
      new Option('--port <n>', 'port to listen on; 0 takes any free one')
        .argParser(parsePort)
        .default(defaultPort),
    )
    .option('--no-build', 'start without building the contract and the extension')
    .addOption(new Option('--json', 'print one line of JSON when ready; logs go to standard error'))
    .addHelpText(
      'after',
      `
The line of --json:
  {"url","home","chain":{"id","rpcUrl","contract"},"pairingCode"}`,
    )
    .action(async (options: { port: number; build: boolean; home?: string; json?: boolean }) => {
      const { runStart } = await import('./cli/start.ts');
      const { listenOnLoopback } = await import('./listen.ts');
      done(await runStart({ ...options, home: findHome(options.home) }, io, listenOnLoopback));
    });

  verb('pair', 'show a fresh pairing code')
    .description(
      'Shows a fresh pairing code for the browser extension. It works once, for five minutes, and ends the code before.',
    )
    .addOption(json())
    .action(async (options: { home?: string; json?: boolean }) => {
      const { runPair } = await import('./cli/pair.ts');
      done(await runPair({ ...options, home: findHome(options.home) }, io));
    });

  verb('credentials', 'print the embedded account’s keys')
    .description(
      'Prints {apiKey, secretKey, webhookUrl, originstampKey} as JSON, to point other tools at the running companion.\n' +
        'These are secrets: whoever has them can stamp in your name, and read your private files.',
    )
    .action(async (options: { home?: string }) => {
      const { runCredentials } = await import('./cli/credentials.ts');
      done(await runCredentials({ home: findHome(options.home) }, io));
    });

  verb('fingerprint', 'print the digest and the CID of files')
    .argument('<file...>', 'files to read')
    .description(
      'Prints SHA-256 digest, CIDv0 and size of each file, in the order given. Needs no companion, and sends nothing.',
    )
    .addOption(new Option('--json', 'one object a line: {path, digest, cid, sizeBytes}'))
    .addHelpText('after', '\nExits with 0, or with 1 when a file could not be read.')
    .action(async (files: string[], options: { json?: boolean }) => {
      const { runFingerprint } = await import('./cli/fingerprint.ts');
      done(await runFingerprint({ ...options, files }, io));
    });

  verb('stamp', 'stamp files')
    .argument('<file...>', 'files to stamp')
    .description(
      'Sends files to the running companion, stamps their group, and waits until the stamp is on the chain.\n' +
        'Stamping the same files again sends nothing and makes no second transaction.',
    )
    .option('--group <name>', 'group to put them into (default: one of their own)')
    .option('-y, --yes', 'on a chain where a stamp costs money, spend without asking')
    .addOption(new Option('--json', 'one object a line, in the order given'))
    .addHelpText('after', '\nExits with 0 when every file is on the chain, with 1 otherwise.')
    .action(async (files: string[], options: StampArguments) => {
      const { runStamp } = await import('./cli/stamp.ts');
      done(await runStamp({ ...options, files, home: findHome(options.home) }, io));
    });

  verb('verify', 'check files, CIDs and digests')
    .argument('<file|cid|digest...>', 'what to check')
    .description(
      'Checks each file, CID or SHA-256 digest by reading the chain itself: no service is asked whether a proof is good.',
    )
    .addOption(new Option('--json', 'one verdict a line, in the order given'))
    .addHelpText(
      'after',
      `
Exits with the worst of:
  0  confirmed: it is on a chain, by an issuer you trust, every step recomputed
  2  unknown: no record (also pending, and a record by an unfamiliar issuer)
  3  could not check: the chain could not be read
  1  contradicted: somebody claims a proof, and a step of it fails
 64  bad usage: something is neither a file nor a hash`,
    )
    .action(async (targets: string[], options: { home?: string; json?: boolean }) => {
      const { runVerify } = await import('./cli/verify.ts');
      done(await runVerify({ ...options, targets, home: findHome(options.home) }, io));
    });

  verb('rehydrate', 'rebuild the record of a contract from its chain')
    .description(
      'Rebuilds the record of an IPCM contract from its chain and a gateway alone: every stamp, what it covers, and when\n' +
        'each CID was stamped first. May be interrupted, and goes on where it was when it is run again.',
    )
    .option('--contract <address>', 'contract to read, 0x and 40 hex digits')
    .option('--rpc <url...>', 'RPC endpoints of its chain; several must agree')
    .option('--from <block>', 'first block to read')
    .option('--gateway <url>', 'where content is fetched; a CID is appended')
    .option('--assets', 'fetch the files that bundles list, too')
    .option('--out <dir>', 'folder of the record (default: record-<contract>)')
    .option('--import <dir>', 'take over the folder of another run or program')
    .option('--ledger', 'make the next start add what this home’s ledger has lost and its chains hold')
    .addOption(json())
    .addHelpText(
      'after',
      `
The folder holds lastblock.txt, block_{n}.json, results.csv (the first stamp of every CID) and files/{cid}.{ext}.
Content that does not hash to its CID is not kept.

Examples:
  hashmark rehydrate --contract 0x… --rpc https://rpc.example --from 42028673 --gateway https://gateway.example/ipfs/
  hashmark rehydrate --import ./downloaded
  hashmark rehydrate --ledger --import ./record-0x…

Exits with 0 when the record is complete, 3 when content could not be fetched (run it again), 1 when the chain could
not be read, 64 for bad usage.`,
    )
    .action(async (options: Omit<RehydrateVerbOptions, 'home'> & { home?: string }) => {
      const { runRehydrate } = await import('./cli/rehydrate.ts');
      done(await runRehydrate({ ...options, home: findHome(options.home) }, io));
    });

  addSettingsVerbs(program, io, done);
  addChainVerbs(program, io, done);
  addTokenVerbs(program, io, done);

  return program;
}

interface StampArguments {
  group?: string;
  home?: string;
  json?: boolean;
  yes?: boolean;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('A port is a number from 0 to 65535.');
}

/** Ends with the verb's exit code; whatever a verb did not expect becomes one sentence. */
async function main(args: string[]): Promise<number> {
  if (Number(process.versions.node.split('.')[0]) < oldestNodeMajor) {
    console.error(
      `hashmark needs Node ${oldestNodeMajor}; this is ${process.versions.node}. Start it by \`npx hashmark\` or \`npm start\`.`,
    );
    return exitCodes.failed;
  }
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interruption.abort());
  }
  // Whoever reads our output may stop reading: that is no reason to crash.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

  const io = createProcessIo(interruption.signal);
  let exitCode: number = exitCodes.ok;
  try {
    const program = createProgram(io, (code) => {
      exitCode = code;
    });
    // Without a verb nothing was asked for: that is a wrong use, but help is the best answer to it.
    if (args.length === 0) {
      program.outputHelp({ error: true });
      return exitCodes.usage;
    }
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    io.progress();
    const { code, message } = toErrorData(error);
    io.say(`hashmark: ${plain(message)}`);
    // What nobody foresaw needs a trace to be reported.
    if (code === 'internal' && error instanceof Error) io.say(error.stack ?? '');
    return exitCodes.failed;
  }
  return exitCode;
}

process.exitCode = await main(process.argv.slice(2));
