import type { Context } from 'hono';

import type { Fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import type { IncomingContent } from '../content-store.ts';
import type { ServiceContext, ServiceEnv } from '../context.ts';
import { detectMimeType, isAllowedMimeType, sniffedBytes } from '../mime-type.ts';
import { type IncomingPart, readMultipart } from '../multipart.ts';
import { Refusal } from '../refusal.ts';
import { openBody } from '../request-body.ts';

/** A file whose bytes have all come. */
export interface ReceivedFile {
  fingerprint: Fingerprint;
  name: string;
  mimetype: string;
  /** Still under a temporary name: keep or discard it. */
  incoming: IncomingContent;
}

/** What is taken. */
export interface ReceiveTerms {
  maxBytes: number;
  /** Empty: all. */
  allowMimeTypes: string[];
}

/** Longer than any file system allows. */
const maxNameCharacters = 255;
/** What a multipart body may be larger than its file: boundaries, part headers and fields. */
const multipartOverheadBytes = 1024 * 1024;

/**
 * Streams the `file` part of a multipart request to disk and hashes it.
 *
 * @throws Refusal 413 as soon as it is larger than the terms allow, 400 as soon as its type shows not to be allowed, or
 * when it is empty or the body is broken, 507 when there is no room for it; nothing stays on disk then.
 */
export async function receiveFile(
  { content, storage }: Pick<ServiceContext, 'content' | 'storage'>,
  c: Context<ServiceEnv>,
  terms: ReceiveTerms,
): Promise<{ file: ReceivedFile; fields: Map<string, string> }> {
  // Said up front by most clients: nobody needs to send gigabytes to learn that they are too many.
  const atLeastBytes = (Number(c.req.header('content-length')) || 0) - multipartOverheadBytes;
  if (atLeastBytes > terms.maxBytes) throw tooLarge(terms.maxBytes);
  if (atLeastBytes > 0) storage.check(atLeastBytes);
  let received: ReceivedFile | undefined;
  try {
    const body = { contentType: c.req.header('content-type') ?? '', body: openBody(c) };
    return await readMultipart(body, async (part) => {
      received = await receivePart(content, part, terms);
      return received;
    });
  } catch (error) {
    // The part was fine and the rest of the body was not.
    await received?.incoming.discard();
    throw error;
  }
}

async function receivePart(
  content: ServiceContext['content'],
  { filename, declaredType, chunks }: IncomingPart,
  { maxBytes, allowMimeTypes }: ReceiveTerms,
): Promise<ReceivedFile> {
  const name = tidyFileName(filename);
  const incoming = await content.receive();
  try {
    const head = Buffer.alloc(sniffedBytes);
    let headBytes = 0;
    let mimetype: string | undefined;
    const judge = async () => {
      const detected = await detectMimeType(head.subarray(0, headBytes), { declared: declaredType, name });
      if (!isAllowedMimeType(detected, allowMimeTypes)) {
        throw refuseType(name, detected, allowMimeTypes);
      }
      return detected;
    };
    for await (const chunk of chunks) {
      if (incoming.sizeBytes + chunk.byteLength > maxBytes) throw tooLarge(maxBytes);
      if (mimetype === undefined) {
        const taken = chunk.subarray(0, sniffedBytes - headBytes);
        head.set(taken, headBytes);
        headBytes += taken.byteLength;
        if (headBytes === sniffedBytes) mimetype = await judge();
      }
      await incoming.write(chunk);
    }
    if (incoming.sizeBytes === 0)
      throw new Refusal(400, `File is empty: "${name}" has 0 bytes. Send a file with content.`);
    mimetype ??= await judge();
    return { fingerprint: await incoming.finish(), name, mimetype, incoming };
  } catch (error) {
    await incoming.discard();
    throw error;
  }
}

/** 400, naming what is allowed. */
export function refuseType(name: string, mimetype: string, allowed: string[]): Refusal {
  return new Refusal(400, `Type not allowed: "${name}" is ${mimetype}, allowed is ${allowed.join(', ')}.`);
}

/** 413, naming the limit. */
export function tooLarge(maxBytes: number): Refusal {
  return new Refusal(413, `File too large: at most ${maxBytes} bytes are allowed.`);
}

/** @throws Refusal 400 when the name cannot be one. */
export function tidyFileName(text: string): string {
  const name = text
    .toWellFormed()
    .normalize('NFC')
    .replace(/\p{Cc}/gu, ' ')
    .trim();
  if ([...name].length > maxNameCharacters) {
    throw new Refusal(400, `File name too long: at most ${maxNameCharacters} characters are allowed.`);
  }
  return name || 'file';
}
