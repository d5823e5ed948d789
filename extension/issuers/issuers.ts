import * as v from 'valibot';
import { browser } from 'wxt/browser';
import { HashmarkError } from '../../shared/errors.ts';
import type { Issuer } from '../../shared/evidence/issuer.ts';
import { issuerKey } from '../../shared/evidence/issuer.ts';
import { createMutex } from '../../shared/mutex.ts';
import { announce } from '../changes.ts';
import { companion } from '../companion/companion.ts';
import { fetchPlain } from '../fetch-plain.ts';
import type { Handlers } from '../messaging.ts';
import { checkEndpoints } from './check-issuer.ts';
import {
  type IssuerBook,
  type IssuerView,
  listIssuers,
  readBook,
  withExtraRpcUrls,
  withIssuer,
  withoutIssuer,
  withTrust,
} from './issuer-book.ts';
import { extraRpcUrls, issuerSchema } from './issuer-schema.ts';

const storageKey = 'issuers';

/** All issuers that the user trusts or once did. */
async function readIssuers(): Promise<IssuerView[]> {
  const [book, ofCompanion] = await Promise.all([readStored(), companion().knownIssuers()]);
  return listIssuers(book, ofCompanion);
}

/** The issuers whose records confirm. */
export async function trustedIssuers(): Promise<Issuer[]> {
  return (await readIssuers()).filter(({ trust }) => trust === 'trusted').map(({ issuer }) => issuer);
}

/** The issuers whose records are known and no longer confirm. */
export async function formerIssuers(): Promise<Issuer[]> {
  return (await readIssuers()).filter(({ trust }) => trust !== 'trusted').map(({ issuer }) => issuer);
}

/** What pages may ask about issuers. Every change replies with the whole list. */
export const issuerHandlers: Handlers = {
  'issuers.list': readIssuers,

  async 'issuers.save'({ issuer: given }) {
    const issuer = checked(issuerSchema, given);
    const key = issuerKey(issuer);
    if ((await readIssuers()).some((known) => known.key === key && known.source === 'companion')) {
      throw new HashmarkError(
        'issuer-known',
        `Contract ${issuer.contract} on chain ${issuer.chainId} is on the list already: your companion brought it.`,
      );
    }
    await checkEndpoints(issuer, issuer.rpcUrls, fetchPlain);
    return change((book) => withIssuer(book, issuer));
  },

  async 'issuers.set-trust'({ key, trust }) {
    const view = await required(key);
    return change((book) => withTrust(book, view, trust));
  },

  async 'issuers.forget'({ key }) {
    await required(key);
    return change((book) => withoutIssuer(book, key));
  },

  async 'issuers.set-extra-rpc'({ key, rpcUrls: given }) {
    const { issuer } = await required(key);
    const rpcUrls = checked(extraRpcUrls, given);
    await checkEndpoints(issuer, rpcUrls, fetchPlain);
    return change((book) => withExtraRpcUrls(book, key, rpcUrls));
  },
};

async function readStored(): Promise<IssuerBook> {
  return readBook((await browser.storage.local.get(storageKey))[storageKey]);
}

const oneAtATime = createMutex();

/** One change after the other: two pages of settings may be open. */
function change(edit: (book: IssuerBook) => IssuerBook): Promise<IssuerView[]> {
  return oneAtATime(async () => {
    await browser.storage.local.set({ [storageKey]: edit(await readStored()) });
    announce('issuers');
    return readIssuers();
  });
}

async function required(key: string): Promise<IssuerView> {
  const view = (await readIssuers()).find((it) => it.key === key);
  if (view) return view;
  throw new HashmarkError(
    'no-such-issuer',
    `There is no issuer ${key} on the list: it was removed meanwhile.`,
  );
}

function checked<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const read = v.safeParse(schema, value);
  if (read.success) return read.output;
  throw new HashmarkError('malformed-issuer', `The issuer was not saved: ${v.summarize(read.issues)}`);
}
