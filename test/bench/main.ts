import { availableParallelism, cpus } from 'node:os';
import { runChainBench } from './chain.ts';
import { runFingerprintBench } from './fingerprint.ts';
import { runBrowserFingerprintBench } from './fingerprint-browser.ts';
import { rounds } from './measure.ts';
import { runServiceBench } from './service.ts';

/** Each suite prints a table. Speeds are of this machine; what can be compared elsewhere are the ratios. */
const suites = new Map<string, () => Promise<string>>([
  ['fingerprint', runFingerprintBench],
  ['fingerprint-browser', runBrowserFingerprintBench],
  ['chain', runChainBench],
  ['service', runServiceBench],
]);

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !suites.has(name));
if (unknown.length > 0) {
  console.error(`No suite is called ${unknown.join(', ')}. There are: ${[...suites.keys()].join(', ')}.`);
  process.exitCode = 64;
} else {
  const cpu = cpus()[0]?.model ?? 'unknown processor';
  console.log(
    `Node ${process.versions.node}, ${availableParallelism()} × ${cpu}, median of ${rounds} rounds\n`,
  );
  for (const [name, run] of suites) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    console.log(`${name}\n\n${await run()}\n`);
  }
}
