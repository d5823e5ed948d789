import { lineEnd } from '../../shared/evidence/digest-line.ts';

/** More than any path name; a line of this length is cut, and what follows it up to its end is dropped. */
const longestLine = 32_768;

/**
 * The lines of a text, without their ends (LF, CRLF, or NUL as `sha256sum -z` has it), in constant memory whatever the text is.
 * @param chunks UTF-8; or UTF-16LE behind its byte order mark, as PowerShell writes it.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined;
  let rest = '';
  for await (const chunk of chunks) {
    decoder ??= new TextDecoder(chunk[0] === 0xff && chunk[1] === 0xfe ? 'utf-16le' : 'utf-8');
    const lines = decoder.decode(chunk, { stream: true }).split(lineEnd);
    // What is not the end of a line yet; of a line without end only the beginning is kept.
    const open = lines.pop() ?? '';
    for (const line of lines) {
      yield cut(rest + line);
      rest = '';
    }
    rest = (rest + open).slice(0, longestLine + 1);
  }
  rest += decoder?.decode() ?? '';
  if (rest !== '') yield cut(rest);
}

function cut(line: string): string {
  return (line.endsWith('\r') ? line.slice(0, -1) : line).slice(0, longestLine);
}
