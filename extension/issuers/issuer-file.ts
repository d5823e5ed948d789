import * as v from 'valibot';

import { HashmarkError } from '../../shared/errors.ts';
import type { Issuer } from '../../shared/evidence/issuer.ts';
import { issuerSchema } from './issuer-schema.ts';

const format = 'hashmark-issuers';
const fileSchema = v.object({
  format: v.literal(format),
  version: v.literal(1),
  issuers: v.pipe(v.array(v.unknown()), v.minLength(1), v.maxLength(100)),
});

/** A list of issuers as a file, for another browser or another person. RPC addresses are in it as they were typed. */
export function toIssuerFile(issuers: readonly Issuer[]): string {
  // What kind of chain it is follows from its id; a file must not say otherwise.
  const plain = issuers.map(({ isLocal: _, ...issuer }) => issuer);
  return `${JSON.stringify({ format, version: 1, issuers: plain }, null, 2)}\n`;
}

/** The issuers in a file. Throws `not-an-issuer-file` with the first thing that is wrong; all or none. */
export function readIssuerFile(text: string): Issuer[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw refusal('it is no JSON', cause);
  }
  const file = v.safeParse(fileSchema, json);
  if (!file.success)
    throw refusal(`it is not of the form {"format": "${format}", "version": 1, "issuers": […]}`);
  return file.output.issuers.map((entry, position) => {
    const issuer = v.safeParse(issuerSchema, entry);
    if (issuer.success) return issuer.output;
    const [{ message }] = issuer.issues;
    const where = v.getDotPath(issuer.issues[0]);
    throw refusal(`issuer ${position + 1}${where ? `, ${where}` : ''}: ${message}`);
  });
}

function refusal(reason: string, cause?: unknown): HashmarkError {
  return new HashmarkError(
    'not-an-issuer-file',
    `This file holds no list of issuers: ${reason}. Choose a file that Hashmark's settings exported.`,
    { cause },
  );
}
