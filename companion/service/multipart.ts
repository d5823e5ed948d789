import { once } from 'node:events';

import { Busboy, type BusboyFileStream, type BusboyHeaders } from '@fastify/busboy';

import { Refusal } from './refusal.ts';

/** The file of a multipart body, while it comes. */
export interface IncomingPart {
  /** Base name as the sender gave it. */
  filename: string;
  /** Content-Type of the part. */
  declaredType: string;
  chunks: AsyncIterable<Uint8Array>;
}

/** Far above what any client sends besides its file. */
const limits = { fieldNameSize: 200, fieldSize: 64 * 1024, fields: 64, files: 8, parts: 72, headerPairs: 64 };

/**
 * Reads a multipart body that holds one part `file` and any fields. Other file parts are passed over.
 *
 * @param takeFile consumes the part's chunks while they arrive; its failure ends the reading and is thrown.
 * @throws Refusal 400 when the body is broken, holds no `file` part, more than one, or too many parts.
 */
export async function readMultipart<T>(
  { contentType, body }: { contentType: string; body: AsyncIterator<Uint8Array> | undefined },
  takeFile: (part: IncomingPart) => Promise<T>,
): Promise<{ file: T; fields: Map<string, string> }> {
  if (!body) throw new Refusal(400, 'The request says multipart/form-data and has no body.');
  const parser = createParser(contentType);
  const fields = new Map<string, string>();
  let taken: { stream: BusboyFileStream; result: Promise<T> } | undefined;

  // A failure may come while the loop below waits for something else. Promise.race would keep every chunk in memory
  // as long as the promise that it was raced against; this holds one at a time.
  let failure: { reason: unknown } | undefined;
  let stopWaiting: ((reason: unknown) => void) | undefined;
  function fail(reason: unknown): void {
    failure ??= { reason };
    stopWaiting?.(reason);
  }
  function unlessFailed<V>(work: Promise<V>): Promise<V> {
    return new Promise((resolve, reject) => {
      stopWaiting = reject;
      if (failure) reject(failure.reason);
      work.then(resolve, reject);
    });
  }

  parser.on('field', (name, value, isNameCut, isValueCut) => {
    if (isNameCut || isValueCut) {
      fail(new Refusal(400, `A field of the form is longer than ${limits.fieldSize} bytes.`));
    } else {
      fields.set(name, value);
    }
  });
  parser.on('file', (name, stream, filename, _encoding, declaredType) => {
    // The parser reports a broken body on both; without a listener here it would end the process.
    stream.on('error', () => undefined);
    if (name !== 'file') {
      stream.resume();
    } else if (taken) {
      stream.resume();
      fail(
        new Refusal(
          400,
          'More than one part named "file": send one file per request. Folders are not supported.',
        ),
      );
    } else {
      // Browsers write a quote in a name as %22 and escape nothing else that a name can hold
      // (https://html.spec.whatwg.org/#multipart-form-data).
      const name = filename.replaceAll('%22', '"');
      taken = { stream, result: takeFile({ filename: name, declaredType, chunks: stream }) };
      taken.result.catch(fail);
    }
  });
  for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const) {
    parser.on(limit, () => fail(new Refusal(400, 'The multipart body has too many parts.')));
  }
  parser.on('error', (error) => fail(asBrokenBody(error)));
  const finished = once(parser, 'finish');
  finished.catch(() => undefined);

  try {
    for (;;) {
      const { done, value } = await unlessFailed(readChunk(body));
      if (done) break;
      if (!parser.write(value)) await unlessFailed(once(parser, 'drain'));
    }
    parser.end();
    await unlessFailed(finished);
    if (!taken) {
      throw new Refusal(400, 'No file found: send it as a multipart part named "file" that has a filename.');
    }
    return { file: await unlessFailed(taken.result), fields };
  } catch (error) {
    const reason = asBrokenBody(error);
    taken?.stream.destroy(reason instanceof Error ? reason : undefined);
    // A part that is still being taken must let go of its temporary file before the answer leaves.
    await taken?.result.catch(() => undefined);
    throw reason;
  } finally {
    // Not awaited: the end of a body whose sender stalls may never come.
    void body.return?.().catch(() => undefined);
  }
}

async function readChunk(body: AsyncIterator<Uint8Array>) {
  try {
    return await body.next();
  } catch {
    throw new Refusal(400, 'The upload broke off before its end. Send it again.');
  }
}

function createParser(contentType: string) {
  try {
    return new Busboy({
      headers: { 'content-type': contentType } as BusboyHeaders,
      limits,
      isPartAFile: (_name, _type, filename) => filename !== undefined,
    });
  } catch (error) {
    throw asBrokenBody(error);
  }
}

/** Busboy's own failures are plain errors about the sender's bytes; system errors have a code and are ours. */
function asBrokenBody(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof Refusal || 'code' in error) return error;
  return new Refusal(400, `The multipart body is broken: ${error.message}.`);
}
