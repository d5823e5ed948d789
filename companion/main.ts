// The command line: the only file that reads the arguments, listens, and ends the process.
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';

import { toErrorData } from '../shared/errors.ts';
import { addChainVerbs } from './cli/chain-program.ts';
import { createProcessIo, exitCodes, type Io, plain } from './cli/io.ts';
import { addMailVerbs } from './cli/mail-program.ts';
import type { RehydrateVerbOptions } from './cli/rehydrate.ts';
import { addSettingsVerbs } from './cli/settings-program.ts';
import { addTokenVerbs } from './cli/tokens-program.ts';
import { findHome } from './home.ts';
import { explainFolderError } from './make-folder.ts';
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
    .argument('<file...>', 'files to read; of a folder, every file in it')
    .description(
      'Prints SHA-256 digest, CIDv0 and size of each file, in the order given. Needs no companion, and sends nothing.',
    )
    .addOption(new Option('--json', 'one object a line: {path, digest, cid, sizeBytes}'))
    .addHelpText('after', '\nExits with 0, or with 1 when a file could not be read.')
    .action(async (files: string[], options: { json?: boolean }) => {
      const { runFingerprint } = await import('./cli/fingerprint.ts');
      done(await runFingerprint({ ...options, files }, io));
    });

  verb('stamp', 'stamp files, or digests alone')
    .argument('[file...]', 'files to stamp')
    .description(
      'Sends files to the running companion, stamps their group, and waits until the stamp is on the chain.\n' +
        'With --hash-only or --list nothing but SHA-256 digests is sent, and many of them share one transaction.\n' +
        'Stamping the same files again sends nothing and makes no second transaction; a digest is stamped once, too.',
    )
    .option('--group <name>', 'group to put files into (default: one of their own)')
    .option('--hash-only', 'send the digests of the files, and nothing else')
    .option(
      '--list <file>',
      'stamp the digests of a list (sha256sum, BSD, or digests alone); - is standard input',
    )
    .option('--comment <text>', 'stored with each digest; the service may show it to anybody')
    .option('--proofs <dir>', 'fetch the proof of each digest, check it, and write it into this folder')
    .option('--skip-bad', 'pass over lines of the list that are no digests')
    .option('--no-wait', 'return when the digests are taken, before they are on the chain')
    .option('-y, --yes', 'on a chain where a stamp costs money, spend without asking')
    .addOption(new Option('--json', 'one object a line, in the order given'))
    .addHelpText(
      'after',
      `
Examples:
  hashmark stamp report.pdf                             send the file and stamp it
  hashmark stamp --hash-only secret.pdf                 stamp it without sending it
  hashmark stamp --hash-only folder                     every file in it, hidden ones too; links are not followed
  find . -type f -print0 | xargs -0 sha256sum | hashmark stamp --list - --yes
  hashmark stamp --list SHA256SUMS --proofs proofs      with a proof for each

With --hash-only and --list everything is handed in first, so that it shares a transaction; results come after that, in the
order given.

Exits with 0 when everything is on the chain, with 1 otherwise.`,
    )
    .action(async (files: string[], options: StampArguments) => {
      const home = findHome(options.home);
      if (options.hashOnly || options.list !== undefined) {
        const { runStampDigests } = await import('./cli/stamp-digests.ts');
        done(await runStampDigests({ ...options, files, home }, io));
        return;
      }
      const isStray = (['comment', 'proofs', 'skipBad'] as const).some((name) => options[name] !== undefined);
      if (isStray || !options.wait) {
        io.say(
          'hashmark stamp: --comment, --proofs, --skip-bad and --no-wait are for --hash-only and --list.',
        );
        done(exitCodes.usage);
        return;
      }
      const { runStamp } = await import('./cli/stamp.ts');
      done(await runStamp({ ...options, files, home }, io));
    });

  verb('verify', 'check files, CIDs and digests')
    .argument('<file|cid|digest...>', 'what to check')
    .description(
      'Checks each file, CID or SHA-256 digest by reading the chain itself: no service is asked whether a proof is good.\n' +
        'Stamps of digests are found in your own companion; a proof from elsewhere is named with --proof.',
    )
    .option(
      '--proof <file>',
      'check one file or digest against this proof: Merkle XML, PDF certificate, or seed TXT',
    )
    .option(
      '--transaction <hash>',
      'transaction that holds the root of the proof, when the proof does not name it',
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
    .action(async (targets: string[], options: VerifyArguments) => {
      const { runVerify } = await import('./cli/verify.ts');
      done(await runVerify({ ...options, targets, home: findHome(options.home) }, io));
    });

  verb('proof', 'fetch and check the proof of a digest')
    .argument('<digest|file>', 'what was stamped by its hash only')
    .description(
      'Fetches the proof of a digest that was stamped with --hash-only, checks it against the chain, and writes it.\n' +
        'A proof that does not hold is not written.',
    )
    .addOption(new Option('--xml', 'the proof, for programs (this is the default)').conflicts('pdf'))
    .addOption(new Option('--pdf', 'the certificate, for people: the proof, and how to check it by hand'))
    .option('--out <file>', 'file or folder to write to; - is standard output (default: a file here)')
    .addOption(new Option('--json', 'print JSON for programs'))
    .addHelpText(
      'after',
      `
Examples:
  hashmark proof contract.docx --pdf
  hashmark proof 3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d --out - | xmllint --format -

Exits with 0 when the proof was written, 2 when there is nothing final to prove yet, 1 when it failed or the proof does
not hold, 64 for bad usage.`,
    )
    .action(async (target: string, options: ProofArguments) => {
      const { runProof } = await import('./cli/proof.ts');
      const { pdf, json, out } = options;
      done(
        await runProof({ target, type: pdf ? 'pdf' : 'xml', out, json, home: findHome(options.home) }, io),
      );
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
  addMailVerbs(program, io, done);

  refuseRepetition(program);
  return program;
}

/** What takes one value is given once: the second of two lists must not silently take the place of the first. */
function refuseRepetition(command: Command): void {
  for (const option of command.options) {
    if (!(option.required || option.optional) || option.variadic) continue;
    let isGiven = false;
    command.on(`option:${option.name()}`, () => {
      if (isGiven) command.error(`error: option '${option.flags}' takes one value and was given twice`);
      isGiven = true;
    });
  }
  command.commands.forEach(refuseRepetition);
}

interface StampArguments {
  group?: string;
  hashOnly?: boolean;
  list?: string;
  comment?: string;
  proofs?: string;
  skipBad?: boolean;
  wait: boolean;
  home?: string;
  json?: boolean;
  yes?: boolean;
}

interface ProofArguments {
  home?: string;
  json?: boolean;
  out?: string;
  pdf?: boolean;
}

interface VerifyArguments {
  proof?: string;
  transaction?: string;
  home?: string;
  json?: boolean;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('A port is a number from 0 to 65535.');
}

/** `npm start` passes on the Ctrl-C that the terminal has sent to us as well: both are one. */
const sameInterruptionMs = 500;

/**
 * The first signal asks for an end in order. The next one ends the process at once, whatever it is at: the system does that,
 * because an exit of our own would wait for a call into the system that hangs.
 */
function listenForInterruption(): AbortSignal {
  const interruption = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let interruptedAt = 0;
  for (const signal of signals) {
    process.on(signal, () => {
      if (!interruption.signal.aborted) {
        interruptedAt = performance.now();
        interruption.abort();
      } else if (performance.now() - interruptedAt > sameInterruptionMs) {
        for (const each of signals) process.removeAllListeners(each);
        process.kill(process.pid, signal);
      }
    });
  }
  return interruption.signal;
}

/** A result that did not get to where it was printed to must not pass for a success. */
function explainLostOutput(error: NodeJS.ErrnoException, io: Io): void {
  // Whoever reads our output may stop reading: that is their choice.
  if (error.code === 'EPIPE' || process.listenerCount('exit', failAtExit) > 0) return;
  process.once('exit', failAtExit);
  io.say(`hashmark: The output is not complete, it could not be written: ${explainFolderError(error)}.`);
}

function failAtExit(): void {
  process.exitCode = exitCodes.failed;
}

/** Ends with the verb's exit code; whatever a verb did not expect becomes one sentence. */
async function main(args: string[]): Promise<number> {
  if (Number(process.versions.node.split('.')[0]) < oldestNodeMajor) {
    console.error(
      `hashmark needs Node ${oldestNodeMajor}; this is ${process.versions.node}. Start it by \`npx hashmark\` or \`npm start\`.`,
    );
    return exitCodes.failed;
  }
  const interruption = listenForInterruption();
  const io = createProcessIo(interruption);
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => explainLostOutput(error, io));
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
    if (interruption.aborted && error instanceof Error && error.name === 'AbortError')
      return exitCodes.interrupted;
    const { code, message } = toErrorData(error);
    io.say(`hashmark: ${plain(message)}`);
    // What nobody foresaw needs a trace to be reported.
    if (code === 'internal' && error instanceof Error) io.say(error.stack ?? '');
    return exitCodes.failed;
  }
  return exitCode;
}

process.exitCode = await main(process.argv.slice(2));
