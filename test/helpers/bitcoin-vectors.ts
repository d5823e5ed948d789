import { readFileSync } from 'node:fs';

const file = JSON.parse(readFileSync(new URL('../vectors/bitcoin.json', import.meta.url), 'utf8')) as {
  transactions: { txid: string; raw: string }[];
  headers: { hash: string; height: number; time: number; raw: string }[];
};

/** Headers of real blocks. */
export const realHeaders = file.headers;

/** The bytes of a real transaction, hex. */
export function realTransaction(txid: string): string {
  const found = file.transactions.find((each) => each.txid === txid);
  if (!found) throw new Error(`There is no transaction ${txid}.`);
  return found.raw;
}
