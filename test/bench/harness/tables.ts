import type { Spread } from './measure.ts';
import { type Comparison, type Figure, formatNumber, type Goal, judge, withUnit } from './report.ts';

/** A comparison as a Markdown table. */
export function comparisonTable({ unit, contenders, rows }: Comparison): string {
  const hasMemory = rows.some(({ peakMemoryMiB }) => peakMemoryMiB !== undefined);
  return markdownTable(
    [unit ?? '', ...contenders, ...(hasMemory ? ['peak memory'] : [])],
    rows.map(({ label, unit, values, peakMemoryMiB }) => [
      unit ? `${label}, ${unit}` : label,
      ...values.map(formatSpread),
      ...(hasMemory ? [formatMemory(peakMemoryMiB)] : []),
    ]),
  );
}

/** Single numbers as a Markdown table. */
export function figureTable(figures: readonly Figure[]): string {
  const hasMemory = figures.some(({ peakMemoryMiB }) => peakMemoryMiB !== undefined);
  return markdownTable(
    ['what', 'measured', ...(hasMemory ? ['peak memory'] : [])],
    figures.map(({ what, value, peakMemoryMiB }) => [
      what,
      value,
      ...(hasMemory ? [formatMemory(peakMemoryMiB)] : []),
    ]),
  );
}

/** Goals with their targets, and below them why some were missed. */
export function goalTable(goals: readonly Goal[]): string {
  const rows = goals.map((goal) => {
    const sign = 'atLeast' in goal.target ? '≥' : '≤';
    const limit = 'atLeast' in goal.target ? goal.target.atLeast : goal.target.atMost;
    return [
      goal.what,
      `${sign} ${withUnit(formatLimit(limit), goal.unit)}`,
      goal.value ? withUnit(formatSpread(goal.value), goal.unit) : formatSpread(undefined),
      judge(goal),
    ];
  });
  const table = markdownTable(['goal', 'target', 'measured', ''], rows);
  const notes = goals
    .filter((goal) => judge(goal) !== 'met')
    .map((goal) => `- **${goal.what}**, ${judge(goal)}: ${goal.note ?? 'not looked into yet.'}`);
  return notes.length > 0 ? `${table}\n\n${notes.join('\n')}` : table;
}

/** As it was set, not as a measurement: `0.9`, `100,000`. */
function formatLimit(limit: number): string {
  return limit.toLocaleString('en');
}

function formatSpread(spread: Spread | undefined): string {
  if (!spread) return '–';
  const { median, min, max } = spread;
  const middle = formatNumber(median);
  return min === max ? middle : `${middle} (${formatNumber(min)}–${formatNumber(max)})`;
}

function formatMemory(mebibytes: number | undefined): string {
  return mebibytes === undefined ? '' : `${formatNumber(mebibytes)} MiB`;
}

/** The first column to the left, the others to the right; lined up, so that it reads well in a terminal too. */
function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...rows].map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, column) => (column === 0 ? (row[column] ?? '').padEnd(width) : (row[column] ?? '').padStart(width))).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}
