import type { Io } from '../../../companion/cli/io.ts';

/** An {@link Io} that keeps what a verb wrote. */
export interface RecordingIo extends Io {
  out: string[];
  err: string[];
  progressed: string[];
  /** Standard output, each line read as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it is the test's business.
  json(): any[];
}

export function createRecordingIo(signal: AbortSignal = new AbortController().signal): RecordingIo {
  const out: string[] = [];
  const err: string[] = [];
  const progressed: string[] = [];
  return {
    out,
    err,
    progressed,
    signal,
    paint: (_colour, text) => text,
    print: (line) => out.push(line),
    say: (line) => err.push(line),
    progress: (text) => {
      if (text !== undefined) progressed.push(text);
    },
    json: () => out.map((line) => JSON.parse(line)),
  };
}
