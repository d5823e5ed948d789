import { once } from 'node:events';

import { Busboy, type BusboyFileStream, type BusboyHeaders } from '@fastify/busboy';

import { Refusal } from './refusal.ts';

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
  request: Request,
  takeFile: (part: IncomingPart) => Promise<T>,
): Promise<{ file: T; fields: Map<string, string> }> {
  if (!request.body) throw new Refusal(400, 'The request says multipart/form-data and has no body.');
  const parser = createParser(request.headers.get('content-type') ?? '');
  const fields = new Map<string, string>();
  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  let taken: { stream: BusboyFileStream; result: Promise<T> } | undefined;

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
      taken = { stream, result: takeFile({ filename, declaredType, chunks: stream }) };
      taken.result.catch(fail);
    }
  });
  for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const) {
    parser.on(limit, () => fail(new Refusal(400, 'The multipart body has too many parts.')));
  }
  parser.on('error', (error) => fail(asBrokenBody(error)));
  const finished = once(parser, 'finish');
  finished.catch(() => undefined);

  const reader = request.body.getReader();
  try {
    for (;;) {
      const { done, value } = await Promise.race([readChunk(reader), failed]);
      if (done) break;
      if (!parser.write(value)) await Promise.race([once(parser, 'drain'), failed]);
    }
    parser.end();
    await Promise.race([finished, failed]);
    if (!taken) {
      throw new Refusal(400, 'No file found: send it as a multipart part named "file" that has a filename.');
    }
    return { file: await Promise.race([taken.result, failed]), fields };
  } catch (error) {
    const reason = asBrokenBody(error);
    taken?.stream.destroy(reason instanceof Error ? reason : undefined);
    // A part that is still being taken must let go of its temporary file before the answer leaves.
    await taken?.result.catch(() => undefined);
    throw reason;
  } finally {
    // Whatever the sender still sends is nobody's any more.
    await reader.cancel().catch(() => undefined);
  }
}

async function readChunk(reader: ReadableStreamDefaultReader<Uint8Array>) {
  try {
    return await reader.read();
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
