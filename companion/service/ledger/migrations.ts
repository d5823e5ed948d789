/**
 * The schema, one step per entry. A step that was released never changes: a new need is a new entry.
 * Times are Unix milliseconds unless the name says otherwise; CIDs are CIDv0 text; booleans are 0 and 1.
 */
export const migrations: string[] = [
  `
  CREATE TABLE tenants (
    id TEXT PRIMARY KEY,                -- shown as tenant_id in events
    name TEXT NOT NULL,
    api_key_hash BLOB NOT NULL UNIQUE,  -- SHA-256 of a random key: nothing to brute-force
    secret_key_hash BLOB NOT NULL,
    originstamp_key_hash BLOB UNIQUE,
    credits INTEGER,                    -- NULL: no budget configured
    created_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE groups (
    ref INTEGER PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants(id),
    group_id TEXT NOT NULL,             -- URL-safe, what the wire calls id
    name TEXT NOT NULL,
    network TEXT CHECK (network IN ('public', 'private', 'none')),  -- NULL: provisional, adopts the first one stated
    created_at INTEGER NOT NULL,
    UNIQUE (tenant_id, group_id),
    UNIQUE (tenant_id, name)
  ) STRICT;

  CREATE TABLE files (
    ref INTEGER PRIMARY KEY,
    group_ref INTEGER NOT NULL REFERENCES groups(ref),
    cid TEXT NOT NULL,
    digest TEXT,                        -- NULL: registered by CID, bytes never seen
    name TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    mimetype TEXT NOT NULL,
    network TEXT CHECK (network IN ('public', 'private', 'none')),  -- NULL: of a provisional group, unpublished
    keyvalues TEXT NOT NULL DEFAULT '{}',
    created_at INTEGER NOT NULL,
    deleted_at INTEGER,
    UNIQUE (group_ref, cid)
  ) STRICT;
  CREATE INDEX files_by_cid ON files (cid);
  CREATE INDEX files_by_digest ON files (digest) WHERE digest IS NOT NULL;

  -- Bytes that are on disk, by CID: what was uploaded, and the bundles we made.
  CREATE TABLE contents (
    cid TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    mimetype TEXT NOT NULL,
    is_bundle INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE anchors (
    ref INTEGER PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants(id),
    group_ref INTEGER REFERENCES groups(ref),
    chain_id INTEGER NOT NULL,
    contract TEXT NOT NULL,
    value TEXT NOT NULL,                -- the CID that goes on chain
    is_bundle INTEGER NOT NULL,
    network TEXT NOT NULL,              -- of the files it covers, for the events
    state TEXT NOT NULL CHECK (state IN ('built', 'sent', 'mined', 'final', 'failed')),
    tx_hash TEXT,
    tx_raw TEXT,                        -- signed; stored before it is sent, so that a restart sends the same one
    tx_nonce INTEGER,
    block_number INTEGER,
    block_hash TEXT,
    block_time_seconds INTEGER,
    log_index INTEGER,
    failure TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX anchors_open ON anchors (state) WHERE state IN ('built', 'sent', 'mined');
  CREATE INDEX anchors_by_value ON anchors (chain_id, contract, value);
  CREATE INDEX anchors_by_group ON anchors (group_ref);

  -- Which files an anchor covers.
  CREATE TABLE anchor_files (
    anchor_ref INTEGER NOT NULL REFERENCES anchors(ref),
    file_ref INTEGER NOT NULL REFERENCES files(ref),
    PRIMARY KEY (anchor_ref, file_ref)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX anchor_files_by_file ON anchor_files (file_ref);

  CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- commit order; never reused, so Last-Event-ID stays meaningful
    tenant_id TEXT NOT NULL REFERENCES tenants(id),
    type TEXT NOT NULL,
    data TEXT NOT NULL,
    timestamp INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX events_by_tenant ON events (tenant_id, id);

  -- Signed upload links that were handed out; the signature lives in the URL, the terms live here.
  CREATE TABLE upload_links (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants(id),
    terms TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    created_at INTEGER NOT NULL
  ) STRICT;

  -- Every transaction the local chain was given, with the time of its block: the node itself is a rebuildable view.
  CREATE TABLE chain_journal (
    seq INTEGER PRIMARY KEY,
    chain_id INTEGER NOT NULL,
    tx_hash TEXT NOT NULL UNIQUE,
    tx_raw TEXT NOT NULL,
    block_time_seconds INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  -- What came through a link: a repeat of the same bytes gets the same answer, and a file sent outside any group can be
  -- attached to one later.
  ALTER TABLE upload_links ADD COLUMN result TEXT;
  ALTER TABLE upload_links ADD COLUMN cid TEXT;
  ALTER TABLE upload_links ADD COLUMN network TEXT;
  CREATE INDEX upload_links_by_cid ON upload_links (cid) WHERE cid IS NOT NULL;

  -- Stamps that were asked for while no chain was configured; they become anchors when there is one.
  CREATE TABLE queued_stamps (
    group_ref INTEGER PRIMARY KEY REFERENCES groups(ref),
    tenant_id TEXT NOT NULL REFERENCES tenants(id),
    network TEXT,                       -- NULL: files of every network
    created_at INTEGER NOT NULL
  ) STRICT;
  `,
  `
  -- Short links that let one client in: claimed once, each then is one JWT until it expires or is revoked.
  CREATE TABLE tokens (
    ref INTEGER PRIMARY KEY AUTOINCREMENT,  -- in every JWT, so never reused
    tenant_id TEXT NOT NULL REFERENCES tenants(id),
    token_hash BLOB NOT NULL UNIQUE,        -- SHA-256 of a random token: nothing to brute-force
    group_name TEXT,                        -- NULL: not bound to a group
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    claimed_at INTEGER,
    revoked_at INTEGER
  ) STRICT;

  -- Public pages ask who wrote a value, on whatever chain.
  CREATE INDEX anchors_by_written_value ON anchors (value);
  `,
  `
  -- Public chains. A transaction that waited too long is replaced by one with the same nonce and a higher fee; either may
  -- be the one that gets into a block, so both are remembered.
  ALTER TABLE anchors ADD COLUMN tx_signed_at INTEGER;
  CREATE TABLE replaced_transactions (
    tx_hash TEXT PRIMARY KEY,
    anchor_ref INTEGER NOT NULL REFERENCES anchors(ref),
    tx_raw TEXT NOT NULL,
    tx_nonce INTEGER NOT NULL,
    replaced_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX replaced_transactions_by_anchor ON replaced_transactions (anchor_ref);

  -- The chain that a tenant's stamps go to; NULL: the service's default.
  ALTER TABLE tenants ADD COLUMN chain_id INTEGER;

  -- What was read of a public chain's final blocks: a cache, so that a restart does not read everything again.
  CREATE TABLE chain_logs (
    chain_id INTEGER NOT NULL,
    contract TEXT NOT NULL,
    value TEXT NOT NULL,
    block_number INTEGER NOT NULL,
    log_index INTEGER NOT NULL,
    tx_hash TEXT NOT NULL,
    PRIMARY KEY (chain_id, contract, value, block_number, log_index)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE chain_reads (
    chain_id INTEGER NOT NULL,
    contract TEXT NOT NULL,
    read_to INTEGER NOT NULL,           -- last block up to which every log is in chain_logs
    PRIMARY KEY (chain_id, contract)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- A tenant may be switched off, and may have a budget (credits): stamps are counted from the anchor after this one.
  ALTER TABLE tenants ADD COLUMN is_enabled INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE tenants ADD COLUMN credits_after_anchor INTEGER;
  CREATE INDEX anchors_by_tenant ON anchors (tenant_id, ref, state);

  -- A group's files in the order in which they came, page by page, without sorting the whole group for each.
  CREATE INDEX files_by_group ON files (group_ref, ref);

  -- What all contents take together, kept in step by the database itself: summing a million rows for every upload would
  -- take longer than the upload.
  CREATE TABLE content_totals (size_bytes INTEGER NOT NULL) STRICT;
  INSERT INTO content_totals SELECT coalesce(sum(size_bytes), 0) FROM contents;
  CREATE TRIGGER content_added AFTER INSERT ON contents
    BEGIN UPDATE content_totals SET size_bytes = size_bytes + NEW.size_bytes; END;
  CREATE TRIGGER content_removed AFTER DELETE ON contents
    BEGIN UPDATE content_totals SET size_bytes = size_bytes - OLD.size_bytes; END;
  `,
  `
  -- Resumable uploads through a link: at most one per link. Their bytes so far are files of their own.
  CREATE TABLE resumable_uploads (
    id TEXT PRIMARY KEY,
    link_id TEXT NOT NULL UNIQUE REFERENCES upload_links(id),
    size_bytes INTEGER NOT NULL,
    received_bytes INTEGER NOT NULL DEFAULT 0,  -- flushed to disk: where a restart goes on
    metadata TEXT NOT NULL,             -- JSON, as the sender gave it
    mimetype TEXT,                      -- judged by the first bytes, once they are here
    fingerprint TEXT,                   -- JSON, once all bytes are here
    finished_at INTEGER,
    active_at INTEGER NOT NULL          -- of the last byte: an upload that nobody goes on with is dropped
  ) STRICT;

  -- The anchors of a value on any chain, for verification by strangers.
  CREATE INDEX anchors_by_bare_value ON anchors (value);

  -- Live files per group and network, kept by triggers: counting a million rows for every status request is too slow.
  CREATE TABLE file_totals (
    group_ref INTEGER NOT NULL REFERENCES groups(ref),
    network TEXT NOT NULL,              -- '' while provisional
    files INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (group_ref, network)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO file_totals SELECT group_ref, coalesce(network, ''), count(*), sum(size_bytes)
    FROM files WHERE deleted_at IS NULL GROUP BY group_ref, coalesce(network, '');
  CREATE TRIGGER file_totals_insert AFTER INSERT ON files WHEN NEW.deleted_at IS NULL BEGIN
    INSERT INTO file_totals VALUES (NEW.group_ref, coalesce(NEW.network, ''), 1, NEW.size_bytes)
      ON CONFLICT DO UPDATE SET files = files + 1, bytes = bytes + excluded.bytes;
  END;
  CREATE TRIGGER file_totals_delete AFTER DELETE ON files WHEN OLD.deleted_at IS NULL BEGIN
    UPDATE file_totals SET files = files - 1, bytes = bytes - OLD.size_bytes
      WHERE group_ref = OLD.group_ref AND network = coalesce(OLD.network, '');
  END;
  CREATE TRIGGER file_totals_update AFTER UPDATE OF group_ref, network, size_bytes, deleted_at ON files BEGIN
    UPDATE file_totals SET files = files - 1, bytes = bytes - OLD.size_bytes
      WHERE OLD.deleted_at IS NULL AND group_ref = OLD.group_ref AND network = coalesce(OLD.network, '');
    INSERT INTO file_totals SELECT NEW.group_ref, coalesce(NEW.network, ''), 1, NEW.size_bytes WHERE NEW.deleted_at IS NULL
      ON CONFLICT DO UPDATE SET files = files + 1, bytes = bytes + excluded.bytes;
  END;
  `,
  `
  -- Hash-only stamps. Digests are numbered in the order in which they were accepted, so a seed is a range of numbers and
  -- belonging to one costs no row: every digest accepted while a seed is open is in it.
  CREATE TABLE digests (
    seq INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,        -- 32 bytes
    comment TEXT,                       -- the first submitter's
    tenant_id TEXT NOT NULL REFERENCES tenants(id),  -- the first submitter
    created_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE seeds (
    ref INTEGER PRIMARY KEY,
    seed_id TEXT NOT NULL UNIQUE,       -- lower-case UUID, as on the wire
    currency_id INTEGER NOT NULL,       -- as on the wire: 1 is an EVM chain
    first_seq INTEGER NOT NULL,
    last_seq INTEGER,                   -- NULL while it is open
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    chain_id INTEGER,                   -- that its root goes to: decided when it closes
    root TEXT,                          -- 64 hex digits, once the tree is built
    anchor_ref INTEGER REFERENCES anchors(ref),
    told_at INTEGER,                    -- when whoever waits for its final anchor was told; NULL again when that is gone
    UNIQUE (currency_id, first_seq)
  ) STRICT;
  CREATE UNIQUE INDEX seeds_open ON seeds (currency_id) WHERE last_seq IS NULL;
  CREATE INDEX seeds_by_anchor ON seeds (anchor_ref) WHERE anchor_ref IS NOT NULL;
  CREATE INDEX seeds_unsettled ON seeds (ref) WHERE told_at IS NULL;

  -- What an anchor puts on the chain: a CID through the contract ('mapping'), or the root of a seed as the input of a
  -- plain transaction ('root'): 64 hex digits as value, no group, and the contract names only whose wallet writes it.
  ALTER TABLE anchors ADD COLUMN kind TEXT NOT NULL DEFAULT 'mapping' CHECK (kind IN ('mapping', 'root'));
  ALTER TABLE anchors ADD COLUMN wallet TEXT;  -- that sent a root's transaction, once it is in a block

  -- What each tenant used in each month, UTC.
  CREATE TABLE originstamp_usage (
    tenant_id TEXT NOT NULL REFERENCES tenants(id),
    month TEXT NOT NULL,                -- YYYY-MM
    timestamps INTEGER NOT NULL DEFAULT 0,
    certificates INTEGER NOT NULL DEFAULT 0,
    credit_tenths INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, month)
  ) STRICT, WITHOUT ROWID;

  -- Who wants to hear of a digest's final anchor, and how far the telling is.
  CREATE TABLE notifications (
    ref INTEGER PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants(id),
    digest_seq INTEGER NOT NULL REFERENCES digests(seq),
    currency_id INTEGER NOT NULL,
    type INTEGER NOT NULL CHECK (type IN (0, 1)),  -- as on the wire: 0 mail, 1 webhook
    target TEXT NOT NULL,
    lane TEXT NOT NULL,                 -- a webhook's host, a mail's address: no lane keeps the others waiting
    tries INTEGER NOT NULL DEFAULT 0,
    next_try_at INTEGER,                -- NULL: the anchor is not final yet, or the telling has ended
    ended_at INTEGER,
    success INTEGER NOT NULL DEFAULT 0,
    failure TEXT,                       -- of the last try, for people
    created_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX notifications_of_digest ON notifications (digest_seq, currency_id);
  CREATE INDEX notifications_by_time ON notifications (type, next_try_at) WHERE next_try_at IS NOT NULL;
  CREATE INDEX notifications_by_lane ON notifications (type, lane, next_try_at) WHERE next_try_at IS NOT NULL;
  CREATE INDEX notifications_waiting ON notifications (currency_id, digest_seq) WHERE next_try_at IS NULL AND ended_at IS NULL;
  CREATE INDEX notifications_ended ON notifications (ended_at) WHERE ended_at IS NOT NULL;
  `,
  `
  -- Counted before a tenant may add to them.
  CREATE INDEX notifications_open ON notifications (tenant_id) WHERE ended_at IS NULL;
  `,
];
