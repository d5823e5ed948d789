import type { Context } from 'hono';
import * as v from 'valibot';

import { normalizeCid, nullCid, parseCid } from '../../../shared/fingerprint/cid.ts';
import type { Network } from '../../../shared/wire/chainletter.ts';
import { releaseAfterAnswer, type ServiceContext, type ServiceEnv } from '../context.ts';
import type { Hold } from '../events/event-hub.ts';
import { findContent } from '../ledger/contents.ts';
import { findFilesByCid } from '../ledger/files.ts';
import { findStamps } from '../ledger/stamps.ts';
import { findUngroupedUpload } from '../ledger/upload-links.ts';
import { unknownMimeType } from '../mime-type.ts';
import { shareUrl } from '../public/share-url.ts';
import { Refusal } from '../refusal.ts';
import { confineFile } from '../tokens/confine.ts';
import { fileFacts, shownNetwork } from './file-entry.ts';
import { lookUpGroup, openGroup, requireGroupReference } from './group-reference.ts';
import { readJsonBody } from './json-body.ts';
import { receiveFile, tidyFileName } from './receive-file.ts';
import { readBooleanHeader, readNetworkHeader } from './request-headers.ts';
import type { GroupStamp, Stamping } from './stamping.ts';
import { type StoreRequest, storeFile } from './store-file.ts';

const hashBody = v.object({
  hash: v.string(),
  name: v.optional(v.string()),
  size: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  mimetype: v.optional(v.pipe(v.string(), v.maxLength(255))),
});

/** POST /webhook/{apikey}: upload a file, register a CID, or create a group, as the body says. */
export function createPostHandler(context: ServiceContext, stamping: Stamping) {
  const { ledger, hub } = context;

  return async (c: Context<ServiceEnv>): Promise<Response> => {
    const reference = requireGroupReference(c);
    const network = readNetworkHeader(c);
    const contentType = c.req.header('content-type')?.trim().toLowerCase() ?? '';
    const hold = hub.hold();
    try {
      if (contentType.startsWith('multipart/form-data')) return await upload(c, { reference, network, hold });
      const body = await readJsonBody(c);
      if (body.hash === undefined) return await createGroup(c, { reference, network, hold });
      return await register(c, { reference, network, hold }, body);
    } finally {
      releaseAfterAnswer(c.env, hold);
      hub.announce();
    }
  };

  interface Target {
    reference: string;
    network: Network | undefined;
    hold: Hold;
  }
  type Entry = Pick<StoreRequest, 'fileNetwork' | 'file'>;

  async function createGroup(
    c: Context<ServiceEnv>,
    { reference, network, hold }: Target,
  ): Promise<Response> {
    const { group, isNew } = await ledger.write((db) =>
      openGroup(db, { tenantId: c.get('tenant').id, reference, network }, { hub, hold, now: context.now() }),
    );
    return c.json(
      {
        success: true,
        message: isNew ? 'Group created' : 'Group already exists',
        group_id: group.groupId,
        name: group.name,
        network: shownNetwork(group.network),
      },
      isNew ? 201 : 200,
    );
  }

  async function register(
    c: Context<ServiceEnv>,
    target: Target,
    body: Record<string, unknown>,
  ): Promise<Response> {
    const parsed = v.safeParse(hashBody, body);
    if (!parsed.success) {
      const [issue] = parsed.issues;
      throw new Refusal(400, `Field "${v.getDotPath(issue)}" is not valid: ${issue.message}.`);
    }
    const { hash, name, size, mimetype } = parsed.output;
    const tenantId = c.get('tenant').id;
    const cid = requireStampableCid(hash);
    confineFile(context, c, cid);
    const content = findContent(ledger.db, cid);
    const held = content && findHeldFile(tenantId, cid);
    const message = held
      ? 'Hash registered in group (file already stored)'
      : 'Hash registered in group (no file uploaded)';
    const entry: Entry = {
      // The bytes are here already: the entry gets the network that they are on, and while that is open, the group's.
      // Otherwise there are none.
      fileNetwork: held ? (held.network ?? undefined) : 'none',
      file: {
        cid,
        digest: held ? (content?.digest ?? null) : null,
        sizeBytes: held ? (content?.sizeBytes ?? 0) : (size ?? 0),
        name: tidyFileName(name || held?.name || cid),
        mimetype: held ? (content?.mimetype ?? unknownMimeType) : (mimetype ?? unknownMimeType),
      },
    };
    return store(c, target, entry, { stored: message, stamped: message });
  }

  async function upload(c: Context<ServiceEnv>, target: Target): Promise<Response> {
    const { file } = await receiveFile(context, c, {
      maxBytes: context.settings.maxFileBytes,
      allowMimeTypes: [],
    });
    try {
      const known = lookUpGroup(ledger.db, c.get('tenant').id, target.reference);
      const isHashOnly = (target.network ?? known?.network) === 'none';
      // On disk before the ledger says so; a name without a ledger entry is only wasted space.
      if (!isHashOnly) await file.incoming.keep();
      const entry: Entry = {
        fileNetwork: isHashOnly ? 'none' : undefined,
        file: { ...file.fingerprint, name: file.name, mimetype: file.mimetype },
      };
      return await store(c, target, entry, {
        stored: isHashOnly ? 'Hash registered in group (file not kept)' : 'File uploaded successfully',
        stamped: 'File uploaded and collection stamped successfully',
      });
    } finally {
      await file.incoming.discard();
    }
  }

  /** Enters a file in the group, stamps the group if that is asked for, and answers. */
  async function store(
    c: Context<ServiceEnv>,
    { reference, network, hold }: Target,
    entry: Entry,
    messages: { stored: string; stamped: string },
  ): Promise<Response> {
    const request = { tenantId: c.get('tenant').id, reference, statedNetwork: network, ...entry };
    const { kind, group, file } = await ledger.write((db) => storeFile(context, db, request, hold));
    const { db } = ledger;
    if (kind === 'exists') {
      throw new Refusal(409, 'File already exists in group', {
        hash: file.cid,
        group_id: group.groupId,
        is_stamped: findStamps(db, group.tenantId, file.cid).length > 0,
      });
    }
    hub.announce();
    let stamp: GroupStamp | undefined;
    let stampFailure: string | undefined;
    if (readBooleanHeader(c, 'stamp-immediately')) {
      try {
        stamp = await stamping.stampGroup(group, network);
      } catch (error) {
        // The file is stored, and that is what 201 says; the client can stamp the group later.
        if (!(error instanceof Refusal)) throw error;
        stampFailure = error.message;
      }
    }
    const isStamped = findStamps(db, group.tenantId, file.cid).length > 0;
    const stampedWell = stamp && !stamp.isPending;
    return c.json(
      {
        success: true,
        message: stampedWell
          ? messages.stamped
          : [messages.stored, stamp?.message ?? stampFailure].filter(Boolean).join('. '),
        ...fileFacts(context, file),
        group_id: group.groupId,
        is_stamped: isStamped,
        transaction_id: stamp?.transactionId ?? null,
        postmark_hash: stamp?.postmarkCid ?? null,
        ...(stamp && { files_stamped: stamp.filesStamped, pending: stamp.isPending }),
        verifyUrl: `${shareUrl(context)}/verify/${file.cid}`,
      },
      201,
    );
  }

  /** On which network (null: not settled) the tenant holds the bytes of a CID, and under which name. */
  function findHeldFile(
    tenantId: string,
    cid: string,
  ): { network: Network | null; name: string } | undefined {
    const files = findFilesByCid(ledger.db, tenantId, cid).filter((file) => file.network !== 'none');
    // Of a file that is private in one group and public in another, the public one says what is true.
    const file = files.find((each) => each.network === 'public') ?? files[0];
    if (file) return { network: file.network, name: file.name };
    return findUngroupedUpload(ledger.db, tenantId, cid);
  }
}

/** @throws Refusal 400 when the text is no CID, has no CIDv0 form, or is that of the empty file. */
export function requireStampableCid(text: string): string {
  const cid = normalizeCid(text.trim());
  if (cid === nullCid)
    throw new Refusal(400, 'Empty content cannot be registered: this is the CID of the empty file.');
  if (cid) return cid;
  const shown = text.slice(0, 100);
  throw new Refusal(
    400,
    parseCid(text.trim())
      ? `Not a CID of a file's dag-pb tree: "${shown}" has no CIDv0 form. Send the file itself, or its CIDv0.`
      : `Not a CID: "${shown}". Expected a CIDv0 ("Qm…", 46 characters) or its CIDv1 form.`,
  );
}
