import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';

import { readBitcoinTransaction } from '../../shared/evidence/bitcoin-transaction.ts';
import type { Fetch } from '../../shared/evidence/json-rpc.ts';

/** A transaction of a made-up Bitcoin. */
export interface EsploraTransaction {
  /** Its bytes, without witnesses, hex. */
  raw: string;
  /** Absent: waits for a block. */
  height?: number;
  /** The address under which it is listed. */
  address?: string;
}

export interface EsploraWorld {
  transactions: EsploraTransaction[];
  tip?: number;
  /** Target of its blocks, nBits: one that takes a few tries when absent. */
  bits?: number;
  /** Unix seconds of a block. */
  timeOf?: (height: number) => number;
  /** Answers every request with this HTTP status. */
  status?: number;
  isDown?: boolean;
  /** Changes what is answered to a path; undefined leaves it. */
  meddle?: (path: string, answer: string) => string | undefined;
}

const name = (bytes: Uint8Array) => bytesToHex(bytes.slice().reverse());
const hash = (bytes: Uint8Array) => sha256(sha256(bytes));

/** What a test says is the easiest target: that of Bitcoin's regression test network. */
export const easiestBits = 0x207fffff;

/** As transactions are named. */
export const txidOf = (raw: string) => name(hash(hexToBytes(raw)));

/** An unsigned transaction with one input and outputs of these scripts, hex; another one for each number. */
export function unsignedTransaction(pays: readonly string[], number = 0): string {
  const byte = (value: number) => value.toString(16).padStart(2, '0');
  const outpoint = number.toString(16).padStart(72, '0');
  const outputs = pays.map((script) => `${'00'.repeat(8)}${byte(script.length / 2)}${script}`);
  return `01000000${'01'}${outpoint}00ffffffff${byte(pays.length)}${outputs.join('')}00000000`;
}

const mined = new Map<string, ReturnType<typeof mine>>();

/** A header of a block that holds one transaction beside another, and the branch to it. */
function mine(txid: string, height: number, timeSeconds: number, bits: number) {
  const sibling = hash(new TextEncoder().encode(`beside ${txid}`));
  const root = hash(new Uint8Array([...sibling, ...hexToBytes(txid).reverse()]));
  const header = new Uint8Array(80);
  header.set(root, 36);
  const view = new DataView(header.buffer);
  view.setUint32(0, height, true);
  view.setUint32(68, timeSeconds, true);
  view.setUint32(72, bits, true);
  // Enough for a test's target; for a harder one nobody here finds anything.
  for (let nonce = 0; nonce < 100 && (hash(header)[31] ?? 0) > 0x7f; nonce += 1)
    view.setUint32(76, nonce, true);
  return { header: bytesToHex(header), hash: name(hash(header)), merkle: [name(sibling)], pos: 1 };
}

/** `fetch` for servers by host, each with the paths of Esplora that evidence needs under `/api`. `asked` collects paths. */
export function fakeEsplora(worlds: Record<string, EsploraWorld>): { fetch: Fetch; asked: string[] } {
  const asked: string[] = [];
  const fetch: Fetch = async (input) => {
    const { host, pathname } = new URL(input);
    const world = worlds[host];
    asked.push(`${host}${pathname}`);
    if (!world || world.isDown) throw new TypeError('fetch failed');
    if (world.status) return new Response('busy', { status: world.status });
    const path = pathname.replace(/^\/api\//, '');
    const answer = answerTo(path, world);
    const changed = answer === undefined ? undefined : world.meddle?.(path, answer);
    const text = changed ?? answer;
    return text === undefined ? new Response('Not found', { status: 404 }) : new Response(text);
  };
  return { fetch, asked };
}

function answerTo(path: string, world: EsploraWorld): string | undefined {
  const { tip = 700_000, timeOf = (height) => 1_500_000_000 + height, bits = easiestBits } = world;
  const transactions = world.transactions.map((each) => ({ ...each, txid: txidOf(each.raw) }));
  const blockOf = ({ txid, height = 0 }: { txid: string; height?: number }) => {
    const key = [txid, height, timeOf(height), bits].join();
    const block = mined.get(key) ?? mine(txid, height, timeOf(height), bits);
    mined.set(key, block);
    return block;
  };
  const statusOf = (transaction: (typeof transactions)[number]) =>
    transaction.height === undefined
      ? { confirmed: false }
      : {
          confirmed: true,
          block_height: transaction.height,
          block_hash: blockOf(transaction).hash,
          block_time: timeOf(transaction.height),
        };
  const show = (transaction: (typeof transactions)[number]) => ({
    txid: transaction.txid,
    version: 1,
    vout: readBitcoinTransaction(hexToBytes(transaction.raw)).outputScripts.map((scriptpubkey) => ({
      scriptpubkey,
      value: 1,
    })),
    status: statusOf(transaction),
  });
  const [first, second = '', third, fourth, fifth] = path.split('/');
  const byId = transactions.find(({ txid }) => txid === second);
  if (path === 'blocks/tip/height') return String(tip);
  if (first === 'tx' && third === 'merkle-proof') {
    if (byId?.height === undefined) return undefined;
    const { merkle, pos } = blockOf(byId);
    return JSON.stringify({ block_height: byId.height, merkle, pos });
  }
  // A real server has a status for every name, and this one is not asked for unknown ones.
  if (first === 'tx' && third === 'status') return byId && JSON.stringify(statusOf(byId));
  if (first === 'tx' && third === 'hex') return byId?.raw;
  if (first === 'block-height') {
    const at = transactions.find(({ height }) => String(height) === second);
    return at && blockOf(at).hash;
  }
  if (first === 'block' && third === 'header') {
    const at = transactions.find((transaction) => blockOf(transaction).hash === second);
    return at && blockOf(at).header;
  }
  if (first === 'address' && third === 'txs' && fourth === 'chain') {
    // Newest first, 25 at a time.
    const listed = transactions
      .filter(({ address, height }) => address === second && height !== undefined)
      .toSorted((a, b) => (b.height ?? 0) - (a.height ?? 0));
    const from = fifth ? listed.findIndex(({ txid }) => txid === fifth) + 1 : 0;
    return JSON.stringify(listed.slice(from, from + 25).map(show));
  }
  return undefined;
}
