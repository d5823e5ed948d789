import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';

import type { ServiceContext, ServiceEnv } from '../context.ts';
import { insertUploadLink, type UploadTerms } from '../ledger/upload-links.ts';
import { Refusal } from '../refusal.ts';
import { signQuery } from '../signed-url.ts';
import { defaultNetwork, lookUpGroup, readWrittenGroup } from './group-reference.ts';
import { tidyFileName } from './receive-file.ts';
import { readInteger, readLinkLifetime, readNetworkHeader, tidyText } from './request-headers.ts';

/** GET /webhook/{apikey}/upload-link: a signed URL that takes one upload under fixed terms. */
export function createUploadLinkHandler(context: ServiceContext) {
  const { ledger, settings, linkSigningKey, publicUrl, now } = context;

  return async (c: Context<ServiceEnv>): Promise<Response> => {
    const tenantId = c.get('tenant').id;
    const query = new URL(c.req.url).searchParams;
    const lifetimeSeconds = readLinkLifetime(query.get('expires'));
    const maxFileBytes = readInteger(query.get('max_file_size'), 'max_file_size', {
      from: 1,
      to: Number.MAX_SAFE_INTEGER,
    });
    const filename = query.get('filename');
    const token = c.get('token');
    const terms: UploadTerms = {
      group: tidyText(query.get('group_id') ?? '') ?? readWrittenGroup(c) ?? null,
      filename: filename ? tidyFileName(filename) : null,
      network: readNetworkHeader(c) ?? null,
      maxFileBytes: Math.min(maxFileBytes ?? settings.maxFileBytes, settings.maxFileBytes),
      allowMimeTypes: readMimeTypes(query.getAll('allow_mime_types')),
      keyvalues: readKeyvalues(query),
      ...readCidVersion(query.get('cid_version')),
      ...(token && { token: token.ref }),
    };
    const id = randomUUID();
    const startSeconds = Math.floor(now() / 1000);
    await ledger.write((db) =>
      insertUploadLink(
        db,
        { id, tenantId, terms, expiresAt: (startSeconds + lifetimeSeconds) * 1000 },
        now(),
      ),
    );
    const path = `/v3/files/${id}`;
    const url = `${publicUrl()}${path}?${signQuery(linkSigningKey, { purpose: 'upload', path, startSeconds, lifetimeSeconds })}`;
    const group = terms.group === null ? undefined : lookUpGroup(ledger.db, tenantId, terms.group);
    return c.json({
      success: true,
      // Clients know it by either name.
      upload_url: url,
      url,
      network: terms.network ?? group?.network ?? defaultNetwork,
      expires_in: lifetimeSeconds,
    });
  };
}

/** Repeated parameters, commas and JSON arrays all occur. */
function readMimeTypes(values: string[]): string[] {
  const types = values
    .flatMap((value) =>
      value.trim().startsWith('[') ? parseJson(value, 'allow_mime_types') : value.split(','),
    )
    .map((value) => String(value).trim().toLowerCase())
    .filter(Boolean);
  const wrong = types.find((type) => !/^(\*|[\w.+-]+)\/(\*|[\w.+-]+)$/.test(type));
  if (wrong !== undefined) {
    throw new Refusal(
      400,
      `Parameter "allow_mime_types" is not valid: "${wrong.slice(0, 100)}". Expected a type such as image/png or image/*.`,
    );
  }
  return types;
}

function readCidVersion(text: string | null): Pick<UploadTerms, 'cidVersion'> {
  switch (text?.trim().toLowerCase() ?? '') {
    case '':
      return {};
    case 'v0':
    case '0':
      return { cidVersion: 'v0' };
    case 'v1':
    case '1':
      return { cidVersion: 'v1' };
    default:
      throw new Refusal(
        400,
        `Parameter "cid_version" is not valid: "${text?.slice(0, 40)}". Expected v0 or v1.`,
      );
  }
}

/** A JSON object, or `keyvalues[key]=value`. */
export function readKeyvalues(query: URLSearchParams): Record<string, string> {
  const whole = query.get('keyvalues');
  const object = whole ? parseJson(whole, 'keyvalues') : {};
  if (Array.isArray(object))
    throw new Refusal(400, 'Parameter "keyvalues" is not valid: expected a JSON object.');
  const entries: [string, unknown][] = Object.entries(object);
  for (const [name, value] of query) {
    const key = /^keyvalues\[(.+)\]$/.exec(name)?.[1];
    if (key !== undefined) entries.push([key, value]);
  }
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

function parseJson(text: string, name: string): unknown[] | object {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null) return json;
  } catch {
    // Said below.
  }
  throw new Refusal(400, `Parameter "${name}" is not valid JSON.`);
}
