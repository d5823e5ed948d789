import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { drawChart } from './chart.ts';
import { describeRun } from './machine.ts';
import type { Suite, SuiteReport } from './report.ts';
import { comparisonTable, figureTable, goalTable } from './tables.ts';

const head = `# Benchmarks

How fast Hashmark is, against the limit that a machine sets and against other programs that do the same work. \`npm run bench\` measures
everything and writes this page; \`npm run bench -- fingerprint\` measures one part and replaces only that. It needs no network
and less than ten minutes, leaves nothing behind, and ends with an error when a goal is missed.

Contenders take turns, round by round, after a round that does not count. A cell shows the median of the rounds, and the lowest and the
highest in brackets; ratios are made within each round. Speeds are those of one machine, at that time; what carries over to
others are the ratios. MB are 10^6 bytes, MiB 2^20.
`;

/** Everything that a run says of a suite, as Markdown without its heading. */
export function describeSuite(report: SuiteReport, date: Date): string {
  return [
    `Run of ${describeRun(report.versions, date)}`,
    ...report.method,
    goalTable(report.goals),
    ...report.comparisons.map((comparison) => `### ${comparison.title}\n\n${comparisonTable(comparison)}`),
    ...(report.figures.length > 0 ? [`### More numbers\n\n${figureTable(report.figures)}`] : []),
  ].join('\n\n');
}

/**
 * Writes a suite's part of the page and its chart; the parts of others stay as they are.
 *
 * @param folder of the page: `benchmarks.md`, and charts in `bench/` beside it.
 * @param suites all there are, in the order of the page.
 */
export async function writePage(
  folder: string,
  suites: readonly Suite[],
  { name }: Suite,
  report: SuiteReport,
  date: Date,
): Promise<void> {
  const pagePath = join(folder, 'benchmarks.md');
  const before = await readFile(pagePath, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const parts = suites.map((suite) =>
    suite.name === name ? partOf(suite, describeSuite(report, date)) : findPart(before, suite.name),
  );
  await mkdir(join(folder, 'bench'), { recursive: true });
  const suite = suites.find((suite) => suite.name === name);
  await writeFile(join(folder, 'bench', `${name}.svg`), drawChart(suite?.title ?? name, report.comparisons));
  await writeFile(pagePath, [head, ...parts.filter(Boolean)].join('\n'));
}

// Invisible in the rendered page.
const beginOf = (name: string) => `<!-- suite: ${name} -->`;
const endOf = (name: string) => `<!-- end of suite: ${name} -->`;

function partOf({ name, title }: Suite, text: string): string {
  return `${beginOf(name)}\n## ${title}\n\n![${title}: the comparisons below as bars](bench/${name}.svg)\n\n${text}\n${endOf(name)}\n`;
}

function findPart(page: string, name: string): string {
  const from = page.indexOf(beginOf(name));
  const end = page.indexOf(endOf(name));
  return from < 0 || end < from ? '' : `${page.slice(from, end)}${endOf(name)}\n`;
}
