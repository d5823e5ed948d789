import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

import { HashmarkError } from '../../shared/errors.ts';

/** What a verb may ask of whoever runs it: tests answer by themselves. */
export interface Prompt {
  /** Whether somebody sits at the other end; otherwise standard input is a file or a pipe. */
  readonly isInteractive: boolean;
  /** A question that is answered with y or n; anything but a yes is a no. Only where somebody sits. */
  confirm(question: string): Promise<boolean>;
  /**
   * One line that is not shown while it is typed, or the first line of standard input. Never an argument: those stand in the
   * shell's history, and every program of the computer can read them.
   * @throws HashmarkError `nothing-typed`, `interrupted`.
   */
  secret(label: string): Promise<string>;
}

/** Standard input and, for the questions, standard error: standard output is for results. `signal` stands for Ctrl-C. */
export function createPrompt(signal: AbortSignal): Prompt {
  const { stdin, stderr } = process;
  const isInteractive = Boolean(stdin.isTTY && stderr.isTTY);

  async function ask(question: string, isHidden: boolean): Promise<string> {
    let isMuted = false;
    const output = new Writable({
      write(chunk, _encoding, done) {
        if (!isMuted) stderr.write(chunk);
        done();
      },
    });
    const lines = createInterface({ input: stdin, output, terminal: isInteractive });
    try {
      const answer = lines.question(question, { signal });
      // From here on the terminal would echo what is typed.
      isMuted = isHidden;
      return await answer;
    } catch (cause) {
      // In a prompt the terminal hands Ctrl-C to us instead of sending a signal.
      if ((cause as Error).name !== 'AbortError') throw cause;
      throw new HashmarkError('interrupted', 'Interrupted. Nothing was changed.', { cause });
    } finally {
      lines.close();
      if (isHidden) stderr.write('\n');
    }
  }

  return {
    isInteractive,
    confirm: async (question) => /^\s*y(es)?\s*$/i.test(await ask(`${question} [y/N] `, false)),
    async secret(label) {
      const text = isInteractive ? await ask(`${label} (not shown): `, true) : await readFirstLine(signal);
      if (text.trim() !== '') return text.trim();
      throw new HashmarkError('nothing-typed', `${label}: nothing was typed. Nothing was changed.`);
    },
  };
}

async function readFirstLine(signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  const stop = () => lines.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    signal.removeEventListener('abort', stop);
    lines.close();
  }
}
