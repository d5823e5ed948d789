import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';

import { Busboy, type BusboyHeaders } from '@fastify/busboy';

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
  const parser = createParser(request);
  const fields = new Map<string, string>();
  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  let taking: Promise<T> | undefined;

  parser.on('field', (name, value, isNameCut, isValueCut) => {
    if (isNameCut || isValueCut) fail(new Refusal(400, `The field "${name}" is longer than ${limits.fieldSize} bytes.`));
    else fields.set(name, value);
  });
  parser.on('file', (name, stream, filename, _encoding, declaredType) => {
    // Destroyed together with the parser: whoever reads it then fails by itself.
    stream.on('error', () => undefined);
    if (name !== 'file') {
      stream.resume();
    } else if (taking) {
      stream.resume();
      fail(new Refusal(400, 'More than one part named "file": send one file per request. Folders are not supported.'));
    } else {
      taking = takeFile({ filename, declaredType, chunks: stream });
      taking.catch(fail);
    }
  });
  for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const) {
    parser.on(limit, () => fail(new Refusal(400, 'The multipart body has too many parts.')));
  }
  const finished = new Promise<void>((resolve, reject) => {
    parser.on('finish', resolve);
    parser.on('error', reject);
  });

  const body = Readable.fromWeb(request.body as NodeReadableStream<Uint8Array>);
  body.on('error', (cause) => fail(new Refusal(400, 'The upload broke off before its end. Send it again.', { cause })));
  body.pipe(parser);
  try {
    await Promise.race([finished, failed]);
    if (!taking) {
      throw new Refusal(400, 'No file found: send it as a multipart part named "file" that has a filename.');
    }
    return { file: await Promise.race([taking, failed]), fields };
  } catch (error) {
    body.unpipe(parser);
    parser.destroy();
    // A part that is still being taken must let go of its temporary file before the answer leaves.
    await taking?.catch(() => undefined);
    throw error instanceof Refusal ? error : asBrokenBody(error);
  }
}

function createParser(request: Request) {
  if (!request.body) throw new Refusal(400, 'The request says multipart/form-data and has no body.');
  try {
    return new Busboy({
      headers: { 'content-type': request.headers.get('content-type') ?? '' } as BusboyHeaders,
      limits,
      isPartAFile: (_name, _type, filename) => filename !== undefined,
    });
  } catch (error) {
    throw asBrokenBody(error);
  }
}

/** Busboy's own failures are plain errors about the sender's bytes; system errors have a code and are ours. */
function asBrokenBody(error: unknown): unknown {
  if (!(error instanceof Error) || 'code' in error) return error;
  return new Refusal(400, `The multipart body is broken: ${error.message}.`);
}
