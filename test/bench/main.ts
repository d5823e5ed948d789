import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { extensionSuite } from './extension/suite.ts';
import { fingerprintSuite } from './fingerprint/suite.ts';
import { describeSuite, writePage } from './harness/page.ts';
import { judge, type Suite } from './harness/report.ts';
import { useTemporaryFolder } from './harness/temporary.ts';
import { originstampSuite } from './originstamp/suite.ts';
import { serviceSuite } from './service/suite.ts';

/** In the order of the page. */
const suites: readonly Suite[] = [fingerprintSuite, serviceSuite, originstampSuite, extensionSuite];
const docs = resolve(import.meta.dirname, '../../docs');
const usage = `npm run bench -- [SUITE...] [--no-write] [--quick]

  SUITE       ${suites.map(({ name }) => name).join(', ')}; default: all of them
  --no-write  leaves docs/benchmarks.md and its charts as they are
  --quick     a small part of every amount, to try a suite; judges and writes nothing

Ends with 1 when a goal is missed, 64 when it is called wrongly.`;

function readArguments(): { asked: readonly Suite[]; isWritten: boolean; isQuick: boolean } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'no-write': { type: 'boolean' },
      quick: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(usage);
    process.exit(0);
  }
  const unknown = positionals.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length > 0) throw new Error(`No suite is called ${unknown.join(', ')}.`);
  const isQuick = values.quick ?? false;
  return {
    asked: suites.filter(({ name }) => positionals.length === 0 || positionals.includes(name)),
    isWritten: !isQuick && !values['no-write'],
    isQuick,
  };
}

async function run(): Promise<number> {
  const { asked, isWritten, isQuick } = readArguments();
  useTemporaryFolder();
  const missed: string[] = [];
  for (const suite of asked) {
    const startedMs = performance.now();
    const say = (what: string) =>
      console.error(`${suite.name} ${((performance.now() - startedMs) / 1000).toFixed(0)} s: ${what}`);
    const report = await suite.run({ isQuick, say });
    say('done');
    const date = new Date();
    console.log(`\n## ${suite.title}\n\n${describeSuite(report, date)}\n`);
    if (isWritten) await writePage(docs, suites, suite, report, date);
    missed.push(
      ...report.goals.filter((goal) => judge(goal) === 'missed').map(({ what }) => `${suite.name}: ${what}`),
    );
  }
  if (isQuick || missed.length === 0) return 0;
  console.error(`Missed: ${missed.join('; ')}.`);
  return 1;
}

try {
  // What is still open (a warm worker, a browser's last message) must not keep a finished run.
  process.exit(await run());
} catch (error) {
  const isUsage =
    error instanceof Error &&
    (error.message.startsWith('No suite') ||
      ('code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')));
  console.error(isUsage ? `${(error as Error).message}\n\n${usage}` : error);
  process.exit(isUsage ? 64 : 70);
}
