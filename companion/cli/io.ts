import { stripVTControlCharacters, styleText } from 'node:util';
import { toErrorData } from '../../shared/errors.ts';
import { terminalControl } from '../terminal-control.ts';

/** What a verb of the command line may touch besides its arguments: tests pass their own. */
export interface Io {
  /** One line on standard output: a result. */
  print(line: string): void;
  /** One line on standard error: everything that is not a result. */
  say(line: string): void;
  /** Shows or, without text, clears the one line of progress. Does nothing unless standard error is a terminal. */
  progress(text?: string): void;
  /** The text in a colour, where standard output shows colours and the user has not said NO_COLOR. */
  paint(colour: Colour, text: string): string;
  /** Aborts when the user interrupts. */
  signal: AbortSignal;
}

/** Green: good. Red: bad. Yellow, blue and grey: the states between. */
export type Colour = 'green' | 'red' | 'yellow' | 'blue' | 'gray';

/** Exit codes of the verbs. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  /** `EX_USAGE` of sysexits.h: the arguments make no sense, nothing was done. */
  usage: 64,
  /** 128 + SIGINT, as shells report it. */
  interrupted: 130,
} as const;

/** Redrawing more often is not seen and costs time. */
const redrawEveryMs = 100;

/** The real standard streams. `signal` stands for Ctrl-C. */
export function createProcessIo(signal: AbortSignal): Io {
  const { stdout, stderr } = process;
  let drawnAt = 0;
  let isDrawn = false;
  const clear = () => {
    if (isDrawn) stderr.write('\r\x1b[K');
    isDrawn = false;
  };
  return {
    signal,
    paint: (colour, text) => styleText(colour, text, { stream: stdout }),
    print(line) {
      clear();
      stdout.write(`${line}\n`);
    },
    say(line) {
      clear();
      stderr.write(`${line}\n`);
    },
    progress(text) {
      if (!stderr.isTTY) return;
      if (text === undefined) {
        clear();
        drawnAt = 0;
        return;
      }
      const now = Date.now();
      if (isDrawn && now - drawnAt < redrawEveryMs) return;
      // A line that wraps could not be redrawn in place. Some terminals call their width 0.
      stderr.write(`\r${text.slice(0, (stderr.columns || 80) - 1)}\x1b[K`);
      drawnAt = now;
      isDrawn = true;
    },
  };
}

/**
 * Text from elsewhere (a file name, an answer of a service) in one harmless line: control characters could move the cursor
 * and forge a result.
 */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replace(terminalControl, '�');
}

/** A failure in the form of `--json`: one object that names what it is about. */
export function toFailure(about: Record<string, unknown>, error: unknown): string {
  return JSON.stringify({ ...about, error: toErrorData(error) });
}

/** A failure as a sentence. */
export function toSentence(error: unknown): string {
  return plain(toErrorData(error).message);
}
