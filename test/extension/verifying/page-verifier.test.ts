import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { PageQuestion, PageVerdicts } from '../../../extension/messages.ts';
import { type PageVerifier, startPageVerifier } from '../../../extension/verifying/in-page/page-verifier.ts';
import type { Outcome, Verdict } from '../../../shared/evidence/verdict.ts';
import { eventually } from '../../helpers/eventually.ts';

/** A question of the page, to be answered by the test. */
interface Asked {
  question: PageQuestion;
  answer(outcome?: Outcome, hits?: readonly string[]): void;
  fail(error: Error): void;
}

let asked: Asked[];
let verifier: PageVerifier | undefined;

beforeEach(() => {
  asked = [];
  document.body.replaceChildren();
});
afterEach(() => {
  verifier?.stop();
  vi.useRealTimers();
});

const digest = (position: number) => position.toString(16).padStart(64, '0');
const digests = (count: number) => Array.from({ length: count }, (_, position) => digest(position));
const badges = () => document.querySelectorAll('hashmark-badge').length;
const sizes = () => asked.map(({ question }) => question.hashes.length);

function verdictOn(value: string, outcome: Outcome): Verdict {
  return {
    outcome,
    hash: { kind: 'digest', value },
    steps: [],
    believed: [],
    reason: outcome,
    checkedAtMs: 0,
  };
}

/** Shows the hashes and begins to look at them. */
function show(hashes: readonly string[]): PageVerifier {
  document.body.append(
    ...hashes.map((hash) => Object.assign(document.createElement('p'), { textContent: hash })),
  );
  verifier = startPageVerifier({
    judge: (question) =>
      new Promise<PageVerdicts>((resolve, reject) => {
        asked.push({
          question,
          answer: (outcome = 'confirmed', hits = []) =>
            resolve({ verdicts: hits.map((hit) => verdictOn(hit, outcome)), isIncomplete: false }),
          fail: reject,
        });
      }),
    openReport: () => {},
    readElsewhere: () => Promise.reject(new Error('Nobody claims anything here.')),
  });
  return verifier;
}

const question = (position: number) => eventually(`question ${position + 1} is asked`, () => asked[position]);

describe('startPageVerifier', () => {
  it('should ask about a long page in questions that grow, one after the other, and about each hash once', async () => {
    const hashes = digests(6_000);
    show([...hashes, ...hashes.slice(0, 10)]);
    for (let position = 0; position < 5; position += 1) {
      const { answer } = await question(position);
      expect(asked).toHaveLength(position + 1);
      answer('confirmed', position === 0 ? [digest(0)] : position === 4 ? [digest(5_999)] : []);
    }
    await eventually('the badges are there', () => badges() === 3);
    expect(sizes()).toEqual([500, 1_000, 2_000, 2_000, 500]);
    expect(asked.map(({ question }) => question.candidateCount)).toEqual([500, 1_500, 3_500, 5_500, 6_000]);
    expect(asked.flatMap(({ question }) => question.hashes.map(({ value }) => value))).toEqual(hashes);
  });

  it('should show the first verdicts while the rest is still open', async () => {
    show(digests(600));
    (await question(0)).answer('confirmed', [digest(7)]);
    await question(1);
    await eventually('the first badge is there', () => badges() === 1);
  });

  it('should judge again what was asked about before the record changed', async () => {
    const { recheck } = show(digests(1));
    const before = await question(0);
    recheck();
    before.answer('confirmed', [digest(0)]);
    const after = await question(1);
    expect(after.question.hashes).toEqual([{ kind: 'digest', value: digest(0) }]);
    after.answer();
    await eventually('the badge is gone', () => badges() === 0);
  });

  it('should ask again when nobody could look', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const failure = new Promise<unknown>((resolve) => {
      process.once('unhandledRejection', resolve);
    });
    show(digests(2));
    await vi.advanceTimersByTimeAsync(10);
    const error = new Error('The background was ended.');
    asked[0]?.fail(error);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await failure).toBe(error);
    expect(sizes()).toEqual([2, 2]);
  });

  it('should leave no badge behind when it is stopped while an answer is on its way', async () => {
    const { stop } = show(digests(1));
    const { answer } = await question(0);
    stop();
    answer('confirmed', [digest(0)]);
    await new Promise((resolve) => setTimeout(resolve));
    expect(badges()).toBe(0);
  });

  it('should come to the end of a page that takes away what the walk stood at', async () => {
    show(digests(2_000));
    // While the first 500 are asked about, the walk is among the next 1,000.
    const rebuilt = document.createElement('section');
    rebuilt.append(...[...document.querySelectorAll('p')].slice(0, 1_600));
    document.body.prepend(rebuilt);
    await question(0);
    rebuilt.replaceChildren();
    await eventually('the last hash is asked about', () => {
      for (const { answer } of asked) answer();
      return asked.some(({ question }) => question.hashes.some(({ value }) => value === digest(1_999)));
    });
  });
});
