import * as v from 'valibot';
import { browser } from 'wxt/browser';

import { announce } from '../changes.ts';

/**
 * What the user chose last among some ways to stamp: the first of them until then, and when what is stored cannot be read. It
 * holds for stamps that are begun from now on: a job keeps what it began with.
 */
export function rememberChoice<Choice extends string>(name: string, among: readonly [Choice, ...Choice[]]) {
  const storageKey = `stamping-${name}`;
  const stored = v.object({ version: v.literal(1), [name]: v.picklist(among) });
  return {
    async read(): Promise<Choice> {
      const found = v.safeParse(stored, (await browser.storage.local.get(storageKey))[storageKey]);
      return found.success ? (found.output[name] as Choice) : among[0];
    },
    /** @returns the choice. */
    async write(choice: Choice): Promise<Choice> {
      await browser.storage.local.set({ [storageKey]: { version: 1, [name]: choice } });
      announce('settings');
      return choice;
    },
  };
}
