/** One thing that is measured: does the work once. */
export interface Contender {
  name: string;
  run: () => Promise<unknown>;
}

/** Rounds per contender; the median of them counts. */
export const rounds = 5;

/**
 * Median duration per contender, in milliseconds. The rounds are interleaved, after one that does not count: what slows the
 * machine for a while then slows everybody.
 */
export async function measure(contenders: readonly Contender[]): Promise<Map<string, number>> {
  const durations = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, run } of contenders) {
      const start = performance.now();
      await run();
      if (round > 0) durations.get(name)?.push(performance.now() - start);
    }
  }
  return new Map([...durations].map(([name, values]) => [name, median(values)]));
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Rows of cells under a head, in columns: the first one to the left, the others to the right. */
export function table(head: string[], rows: string[][]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  return [head, widths.map((width) => '-'.repeat(width)), ...rows].map(line).join('\n');
}
