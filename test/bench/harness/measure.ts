/** One way to do a piece of work, to be compared with others. */
export interface Contender {
  name: string;
  /** How much one run does, in the unit of the comparison: bytes, files, digests. */
  amount: number;
  /** Does it once. @returns milliseconds that count. */
  run(): Promise<number>;
}

/** What repeated runs gave: the middle, and how far they were apart. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** What a comparison of contenders gave. */
export interface Measured {
  /** Amount a second, over the rounds; undefined for a contender that did not take part. */
  speed(name: string): Spread | undefined;
  /** How many times as fast as the other, round by round. */
  ratio(name: string, other: string): Spread | undefined;
}

export interface MeasureOptions {
  /** Rounds that count; by default {@link defaultRounds}. */
  rounds?: number;
  /** After this no new round begins, once {@link fewestRounds} are done: a slow machine gives fewer rounds, not a longer run. */
  withinMs?: number;
  /** Without the round that does not count: for work so long that nothing of its start matters. */
  isCold?: boolean;
}

const defaultRounds = 5;
const fewestRounds = 3;
const defaultWithinMs = 20_000;

/**
 * Runs the contenders in turn, after a round that does not count. Whatever slows the machine for a while then slows all of them, and
 * ratios are made within a round; each round begins with another contender, so that none always follows the same one.
 */
export async function measure(
  contenders: readonly Contender[],
  { rounds = defaultRounds, withinMs = defaultWithinMs, isCold = false }: MeasureOptions = {},
): Promise<Measured> {
  const speeds = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  const startedMs = performance.now();
  for (let round = isCold ? 1 : 0; round <= rounds; round += 1) {
    if (round > fewestRounds && performance.now() - startedMs > withinMs) break;
    for (let turn = 0; turn < contenders.length; turn += 1) {
      const { name, amount, run } = contenders[(round + turn) % contenders.length] as Contender;
      const ms = await run();
      if (round > 0) speeds.get(name)?.push((1000 * amount) / ms);
    }
  }
  return {
    speed: (name) => spreadOf(speeds.get(name)),
    ratio(name, other) {
      const others = speeds.get(other);
      return (
        others && spreadOf(speeds.get(name)?.map((speed, round) => speed / (others[round] ?? Number.NaN)))
      );
    },
  };
}

/** Undefined of no values. */
export function spreadOf(values: readonly number[] | undefined): Spread | undefined {
  if (!values || values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] as number;
  return { median: at(Math.floor(sorted.length / 2)), min: at(0), max: at(sorted.length - 1) };
}

/** A single reading. */
export function once(value: number): Spread {
  return { median: value, min: value, max: value };
}

/** How many times the other it is, by medians: for numbers that were not taken in the same rounds. */
export function ratioOf(value: Spread | undefined, other: Spread | undefined): Spread | undefined {
  return value && other && once(value.median / other.median);
}

/** Milliseconds that the work took. */
export async function timed(work: () => unknown): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
