import type { Spread } from './measure.ts';

/** The same quantity of several ways to do the same: a table, and a panel of the suite's chart. */
export interface Comparison {
  title: string;
  /** What the numbers are, for instance `MB/s` (10^6 bytes) or `files/s`; absent when each row is of its own unit. */
  unit?: string;
  /** Who is compared; the first one is Hashmark. */
  contenders: readonly string[];
  rows: readonly ComparisonRow[];
  /** Only in the table: the chart shows what a reader should see first. */
  isTableOnly?: boolean;
}

export interface ComparisonRow {
  label: string;
  unit?: string;
  /** In the order of the contenders; undefined: did not take part. */
  values: readonly (Spread | undefined)[];
  /** Highest memory of the process that did Hashmark's part. */
  peakMemoryMiB?: number;
}

/** A number that stands for itself. */
export interface Figure {
  what: string;
  /** With its unit. */
  value: string;
  peakMemoryMiB?: number;
}

/** A value that must not get worse. */
export interface Goal {
  what: string;
  /** Undefined: could not be measured here, and `note` says why. */
  value: Spread | undefined;
  /** Of the value; none for a ratio. */
  unit?: string;
  target: { atLeast: number } | { atMost: number };
  /** Why it is missed or not measured, and what was tried; shown only then. */
  note?: string;
}

/** What a suite found. */
export interface SuiteReport {
  /** What took part besides Hashmark and Node, with its version. */
  versions: readonly string[];
  /** How it was measured: paragraphs of Markdown. */
  method: readonly string[];
  comparisons: readonly Comparison[];
  figures: readonly Figure[];
  goals: readonly Goal[];
}

export interface Suite {
  /** As the command line names it. */
  name: string;
  /** As the page names it. */
  title: string;
  run(options: RunOptions): Promise<SuiteReport>;
}

export interface RunOptions {
  /** A small part of every amount, for trying the suite itself: what comes out means nothing. */
  isQuick: boolean;
  /** Tells the person at the terminal what is being measured now. */
  say(what: string): void;
}

/** How a goal was met. It is judged as it is shown: a reader should come to the same answer. */
export function judge({ value, target }: Goal): 'met' | 'missed' | 'not measured' {
  if (!value) return 'not measured';
  const shown = shownNumber(value.median);
  const isMet = 'atLeast' in target ? shown >= target.atLeast : shown <= target.atMost;
  return isMet ? 'met' : 'missed';
}

/** Three figures or so: more would pretend to a precision that nobody has measured. */
function shownNumber(value: number): number {
  return Number(value.toFixed(decimalsOf(value)));
}

function decimalsOf(value: number): number {
  return value >= 100 ? 0 : value >= 10 ? 1 : 2;
}

/** A number for people, `1,234` or `0.97`. */
export function formatNumber(value: number): string {
  const decimals = decimalsOf(value);
  return value.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** `12 MB/s`, `1,234/s`, or the number alone. */
export function withUnit(number: string, unit: string | undefined): string {
  if (!unit) return number;
  return unit.startsWith('/') ? `${number}${unit}` : `${number} ${unit}`;
}
