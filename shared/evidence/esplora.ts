/**
 * Bitcoin, read through servers with the Esplora HTTP API (github.com/Blockstream/esplora, API.md). What can be recomputed is: a
 * transaction is what its bytes hash to, a block is what its header hashes to, with work in it, and a transaction is in a block
 * when its Merkle branch leads to the header. Left to a server's word is whether a block is in the best chain, and how deep.
 */
import { concatBytes, hexToBytes } from '@noble/hashes/utils.js';
import * as v from 'valibot';

import { HashmarkError, messageOf } from '../errors.ts';
import { readAtMost } from '../read-at-most.ts';
import { hasWork, headerBytes, readBitcoinHeader } from './bitcoin-header.ts';
import { doubleSha256, toName } from './bitcoin-script.ts';
import { type RawBitcoinTransaction, readBitcoinTransaction } from './bitcoin-transaction.ts';
import { type Agreement, askAll, type Fetch } from './json-rpc.ts';

/** What evidence needs of a Bitcoin transaction: its own bytes say it, but for the block. Plain JSON. */
export interface BitcoinTransaction extends RawBitcoinTransaction {
  /** The block that holds it, as the server says; absent while it is in none. */
  block?: { height: number; hash: string };
}

/** A block whose header was hashed and has work in it, and which holds the transaction that was asked about. */
export interface BitcoinBlock {
  hash: string;
  /** The header's own time, Unix seconds. */
  timeSeconds: number;
}

/** Reads Bitcoin; every answer says who gave it. */
export interface BitcoinReader {
  /** Null when the server knows no such transaction. */
  transaction(txid: string): Promise<Agreement<BitcoinTransaction | null>>;
  /** The first transaction in a block with an output of this script: lowest height, then lowest txid. Null when none has. */
  firstPayment(target: { address: string; script: string }): Promise<Agreement<BitcoinTransaction | null>>;
  /** The block at this height of the best chain, null when it does not hold the transaction. */
  blockOf(txid: string, height: number): Promise<Agreement<BitcoinBlock | null>>;
  /** The highest block that every server which answers has. */
  tip(): Promise<Agreement<number>>;
}

const timeoutMs = 20_000;
/** A page of 25 transactions of the largest size that a block allows is smaller. */
const answerLimitBytes = 64 * 1024 * 1024;
/** Transactions of one address that are looked through; an address made for one root has a few, unless somebody floods it. */
const maxPages = 40;
const pageSize = 25;

const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const script = v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{2})*$/));
const height = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const transactionHex = v.pipe(
  v.string(),
  v.nonEmpty(),
  v.regex(/^(?:[0-9a-f]{2})*$/),
  v.transform(hexToBytes),
);
const statusSchema = v.pipe(
  v.object({
    confirmed: v.boolean(),
    block_height: v.nullish(height),
    block_hash: v.nullish(hash),
  }),
  v.transform(({ confirmed, block_height: height, block_hash: hash }) =>
    confirmed && typeof height === 'number' && hash ? { height, hash } : undefined,
  ),
);
const listedSchema = v.object({
  txid: hash,
  vout: v.array(v.object({ scriptpubkey: script })),
  status: statusSchema,
});
type Listed = v.InferOutput<typeof listedSchema>;
const branchSchema = v.object({
  block_height: height,
  merkle: v.pipe(v.array(hash), v.maxLength(32)),
  pos: height,
});
const headerSchema = v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-f]{${2 * headerBytes}}$`)));

interface Server {
  label: string;
  /** The parsed answer, undefined for 404. */
  json<S extends v.GenericSchema>(path: string, schema: S): Promise<v.InferOutput<S> | undefined>;
  text<S extends v.GenericSchema>(path: string, schema: S): Promise<v.InferOutput<S> | undefined>;
}

/**
 * @param baseUrls for instance `https://blockstream.info/api`; all are asked, and must agree
 * @param easiest nBits of the easiest target that a block may have; what Bitcoin had at its time when absent
 */
export function createBitcoinReader(
  baseUrls: readonly string[],
  fetch: Fetch,
  easiest?: number,
): BitcoinReader {
  const servers = baseUrls.map((url) => createServer(url, fetch));
  return {
    transaction: (txid) =>
      askAll(servers, async (server) => {
        const raw = await readRaw(server, txid);
        const block = raw && (await server.json(`tx/${txid}/status`, statusSchema));
        return raw ? { ...raw, ...(block ? { block } : {}) } : null;
      }),
    firstPayment: (target) => askAll(servers, (server) => findFirstPayment(server, target)),
    blockOf: (txid, atHeight) => askAll(servers, (server) => readBlock(server, txid, atHeight, easiest)),
    tip: async () => {
      const tips = await askAll(servers, async (server) => {
        const numberText = v.pipe(v.string(), v.regex(/^\d{1,9}$/), v.transform(Number));
        const tip = await server.text('blocks/tip/height', numberText);
        if (tip === undefined) throw malformed(server, 'no height');
        return tip;
      });
      // Servers are never at exactly the same block: what all of them have is the lowest of their tips.
      if (tips.kind !== 'disagreement') return tips;
      return {
        kind: 'agreed',
        value: Math.min(...tips.answers.map(({ value }) => value)),
        endpoints: tips.answers.map(({ endpoint }) => endpoint),
        failures: tips.failures,
      };
    },
  };
}

/** What the transaction's own bytes say; undefined when the server has none of that name. */
async function readRaw(server: Server, txid: string): Promise<RawBitcoinTransaction | undefined> {
  const bytes = await server.text(`tx/${txid}/hex`, transactionHex);
  if (!bytes) return undefined;
  let raw: RawBitcoinTransaction;
  try {
    raw = readBitcoinTransaction(bytes);
  } catch (cause) {
    throw malformed(server, `bytes that are no transaction for ${txid}: ${messageOf(cause)}`);
  }
  if (raw.txid !== txid) throw malformed(server, `transaction ${raw.txid} for ${txid}`);
  return raw;
}

async function findFirstPayment(
  server: Server,
  { address, script }: { address: string; script: string },
): Promise<BitcoinTransaction | null> {
  const paying: Listed[] = [];
  let after = '';
  for (let page = 0; page < maxPages; page += 1) {
    const path = `address/${address}/txs/chain${after ? `/${after}` : ''}`;
    // An answer that is not there is none: an address that nobody paid has an empty list.
    const found = await server.json(path, v.pipe(v.array(listedSchema), v.maxLength(1_000)));
    if (!found) throw malformed(server, `HTTP 404 for the transactions of ${address}`);
    const pays = ({ vout }: Listed) => vout.some(({ scriptpubkey }) => scriptpubkey === script);
    paying.push(...found.filter((listed) => listed.status && pays(listed)));
    const last = found.at(-1)?.txid;
    if (found.length < pageSize || !last || last === after) return readFirst(server, paying, script);
    after = last;
  }
  throw new HashmarkError(
    'too-large',
    `${server.label}: address ${address} has more than ${maxPages * pageSize} transactions, too many to find the first.`,
  );
}

/** The first of those that were listed, held against its own bytes. */
async function readFirst(
  server: Server,
  listed: readonly Listed[],
  script: string,
): Promise<BitcoinTransaction | null> {
  const heightOf = ({ status }: Listed): number => status?.height ?? Infinity;
  const [first] = listed.toSorted(
    (a, b) => heightOf(a) - heightOf(b) || (a.txid < b.txid ? -1 : a.txid > b.txid ? 1 : 0),
  );
  if (!first) return null;
  const raw = await readRaw(server, first.txid);
  if (!raw?.outputScripts.includes(script)) {
    throw malformed(server, `${first.txid} as a payment that it is not`);
  }
  return { ...raw, ...(first.status ? { block: first.status } : {}) };
}

async function readBlock(
  server: Server,
  txid: string,
  atHeight: number,
  easiest: number | undefined,
): Promise<BitcoinBlock | null> {
  const blockHash = await server.text(`block-height/${atHeight}`, hash);
  if (blockHash === undefined) return null;
  const [header, branch] = await Promise.all([
    server.text(`block/${blockHash}/header`, headerSchema),
    server.json(`tx/${txid}/merkle-proof`, branchSchema),
  ]);
  if (header === undefined) throw malformed(server, `no header of block ${blockHash}`);
  if (!branch || branch.block_height !== atHeight) return null;
  const read = readBitcoinHeader(hexToBytes(header));
  if (read.hash !== blockHash) throw malformed(server, `a header that does not hash to block ${blockHash}`);
  if (!hasWork(read, easiest)) {
    throw malformed(server, `block ${blockHash}, which has less work in it than any of its time`);
  }
  if (branchRoot(txid, branch) !== read.merkleRoot) {
    throw malformed(server, `a Merkle branch of ${txid} that does not lead to block ${blockHash}`);
  }
  return { hash: blockHash, timeSeconds: read.timeSeconds };
}

/** The root that a branch of a block's tree leads to. */
function branchRoot(txid: string, { merkle, pos }: v.InferOutput<typeof branchSchema>): string {
  let node = fromName(txid);
  let position = pos;
  for (const sibling of merkle.map(fromName)) {
    node = doubleSha256(position % 2 === 1 ? concatBytes(sibling, node) : concatBytes(node, sibling));
    position = Math.floor(position / 2);
  }
  return toName(node);
}

function fromName(name: string): Uint8Array {
  return hexToBytes(name).reverse();
}

function createServer(baseUrl: string, fetchFn: Fetch): Server {
  const label = new URL(baseUrl).host;
  const prefix = baseUrl.replace(/\/+$/, '');
  const get = async (path: string): Promise<string | undefined> => {
    let response: Response;
    let text: string;
    try {
      response = await fetchFn(`${prefix}/${path}`, {
        signal: AbortSignal.timeout(timeoutMs),
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
      });
      text = new TextDecoder().decode(await readAtMost(response.body, answerLimitBytes));
    } catch (error) {
      const reason =
        (error as Error).name === 'TimeoutError' ? `no answer in ${timeoutMs / 1000} s` : messageOf(error);
      throw new HashmarkError('esplora-unreachable', `${label}: ${reason}`, { cause: error });
    }
    if (response.status === 404) return undefined;
    if (!response.ok) {
      throw new HashmarkError('esplora-refused', `${label} answered HTTP ${response.status} to ${path}`);
    }
    return text;
  };
  const server: Server = {
    label,
    async json(path, schema) {
      const text = await get(path);
      return text === undefined
        ? undefined
        : parse(server, path, v.pipe(v.string(), v.parseJson(), schema), text);
    },
    async text(path, schema) {
      const text = await get(path);
      return text === undefined ? undefined : parse(server, path, schema, text.trim());
    },
  };
  return server;
}

function parse<S extends v.GenericSchema>(
  server: Server,
  path: string,
  schema: S,
  text: string,
): v.InferOutput<S> {
  const read = v.safeParse(schema, text);
  if (read.success) return read.output;
  throw malformed(
    server,
    `something else than the answer to ${path} (${v.summarize(read.issues).slice(0, 300)})`,
  );
}

function malformed({ label }: { label: string }, what: string): HashmarkError {
  return new HashmarkError('esplora-malformed', `${label} gave ${what}.`);
}
