import type { Outcome, SeedRecord, Step } from './verdict.ts';

/** What a chain says about the root of a seed. */
export interface RootFinding {
  /** The verdict, as far as the chain decides it. */
  outcome: Outcome;
  steps: Step[];
  /** Where the root stands, when it was found and dated. */
  record?: Omit<SeedRecord, 'proof'>;
  /** Whom the user had to believe, one sentence each. */
  believed: string[];
  /** What the user can do when the question stays open: one sentence, for `unchecked`. */
  nextStep?: string;
}
