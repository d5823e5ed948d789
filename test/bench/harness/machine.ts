import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';

import packageJson from '../../../package.json' with { type: 'json' };

/** What a run was made on and with, in one line: nothing that names the machine, its user or its folders. */
export function describeRun(versions: readonly string[], date: Date): string {
  // The word "Processor" and a clock rate say nothing that the numbers do not.
  const processor = (cpus()[0]?.model ?? 'unknown processor').replace(/ +(Processor|CPU @ .*)$/, '').trim();
  const [kernel = ''] = /^\d+\.\d+/.exec(release()) ?? [];
  const machine = `${availableParallelism()} × ${processor}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${platform()} ${kernel} ${arch()}`;
  const programs = [`Hashmark ${packageJson.version}`, `Node ${process.versions.node}`, ...versions].join(
    ', ',
  );
  return `${date.toISOString().slice(0, 10)}, ${machine}; ${programs}.`;
}

/** `name 1.2.3` of an installed package. */
export async function packageVersion(name: string): Promise<string> {
  const { default: manifest } = (await import(`../../../node_modules/${name}/package.json`, {
    with: { type: 'json' },
  })) as { default: { version: string } };
  return `${name} ${manifest.version}`;
}
