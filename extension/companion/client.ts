import * as v from 'valibot';

import { HashmarkError } from '../../shared/errors.ts';
import type { Issuer } from '../../shared/evidence/issuer.ts';
import { readAtMost } from '../../shared/read-at-most.ts';
import {
  authorityOf,
  embeddedAccount,
  type KeyholderState,
  keyholderError,
  keyholderState,
  normalizeCompanionUrl,
  pairFinishAnswer,
  pairStartAnswer,
  type StampCost,
  type StampKind,
  stampCostAnswer,
} from '../../shared/wire/companion.ts';
import { createSignedFetch, unreachable } from '../../shared/wire/companion-fetch.ts';
import {
  checkCompanionProof,
  createPairingHalf,
  derivePairingKeys,
  normalizePairingCode,
  proveExtension,
} from '../../shared/wire/companion-pairing.ts';
import { type EventStreamItem, readEventStream } from '../../shared/wire/event-stream.ts';
import type { CompanionState } from '../messages.ts';
import type { PairingStore, StoredPairing } from './pairing-store.ts';

export interface CompanionClientDeps {
  store: PairingStore;
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** The extension's own origin, as the browser sends it. */
  origin: string;
  /** False when the browser does not let the extension reach this URL: the user took the permission back. */
  mayReach: (url: string) => Promise<boolean>;
  /** Called when the pairing, or what is known of the companion, has changed. */
  onChange?: () => void;
  now?: () => number;
}

/** The extension's one client of the companion. Every failure is a HashmarkError that says which side failed. */
export interface CompanionClient {
  /**
   * Pairs with the companion at `url` by the code it shows, and replaces a former pairing.
   * @throws HashmarkError `malformed-code`, `bad-companion-url`, `companion-unreachable`, `pairing-blocked`,
   * `wrong-code`, `code-expired`, `code-used`, `too-many-tries`, `no-code`, `impostor`.
   */
  pair(url: string, code: string): Promise<void>;
  /** Forgets the pairing here, and tells the companion to forget it when it can be reached. */
  unpair(): Promise<void>;
  /** Name of the pairing, public and another for each pairing; undefined when not paired. */
  pairingName(): Promise<string | undefined>;
  /** How things stand; never throws. */
  state(): Promise<CompanionState>;
  /** A fetch that signs and checks, for paths or URLs of the companion: see `createSignedFetch`; also `not-paired`, `pairing-blocked`. */
  signedFetch(target: string, init?: RequestInit): Promise<Response>;
  /** Base URL for the Chainletter client: `http://127.0.0.1:PORT/keyholder/embedded/webhook`. Throws `not-paired`. */
  accountBaseUrl(): Promise<string>;
  /**
   * Base URL for the OriginStamp client, `http://127.0.0.1:PORT/keyholder/embedded`, and a fetch for it as
   * {@link signedFetch}, by the pairing as it is now: read once for as many requests as are made with it. Throws `not-paired`.
   */
  originstamp(): Promise<{ baseUrl: string; fetch: CompanionClient['signedFetch'] }>;
  /**
   * The account's events and signs of life, until `signal` aborts or the stream ends.
   * @param options.lastEventId replays what came after it.
   */
  openEvents(options: { lastEventId?: string; signal?: AbortSignal }): AsyncIterable<EventStreamItem>;
  /** What one stamp of the account costs now, on a chain that costs money; see {@link StampCost}. */
  stampCost(kind: StampKind): Promise<StampCost>;
  /** Name of the account's chain when a stamp on it costs money, as the companion last said. */
  costlyChain(): Promise<string | undefined>;
  /** The companion's own issuers, as it last named them: known even while it is off. Empty when not paired. */
  knownIssuers(): Promise<Issuer[]>;
}

/** A pairing answer is a few hundred bytes. */
const maxPairingAnswerBytes = 16 * 1024;
/** The companion only computes; a person waits. */
const pairingTimeoutMs = 10_000;

/** A chain that does not answer is no reason to wait long. */
const costTimeoutMs = 5_000;

/** What a failure makes of the companion's state, where it is not just off. */
const failedStatuses: Record<string, CompanionState['status']> = {
  'companion-refused': 'refused',
  impostor: 'refused',
  'pairing-blocked': 'blocked',
};

export function createCompanionClient(deps: CompanionClientDeps): CompanionClient {
  const { store, fetch, origin, mayReach, onChange = () => undefined, now = Date.now } = deps;

  async function requirePairing(): Promise<StoredPairing> {
    const stored = await store.read();
    if (stored) return stored;
    throw new HashmarkError(
      'not-paired',
      'Hashmark is not paired with a companion. Start one with `npm start`, then paste its pairing code in the options.',
    );
  }

  /** Nothing answered: because nothing is there, or because the browser stands between? */
  async function explain(error: unknown, url: string): Promise<unknown> {
    if (!(error instanceof HashmarkError) || error.code !== 'companion-unreachable') return error;
    if (await mayReach(url)) return error;
    return new HashmarkError(
      'pairing-blocked',
      `The browser does not let Hashmark reach ${url}. Open Hashmark's settings and allow it there.`,
      { data: { url }, cause: error },
    );
  }

  function signBy({ url, pairing, key }: StoredPairing): CompanionClient['signedFetch'] {
    const signedFetch = createSignedFetch({ companionUrl: url, pairing, key, fetch, now });
    return async (target, init) => {
      try {
        return await signedFetch(target, init);
      } catch (error) {
        throw await explain(error, url);
      }
    };
  }

  const client: CompanionClient = {
    async pair(urlText, codeText) {
      const url = normalizeCompanionUrl(urlText);
      const code = normalizePairingCode(codeText);
      const half = await createPairingHalf();
      try {
        const post = <T>(path: string, body: unknown, schema: v.GenericSchema<unknown, T>) =>
          postPairing(fetch, url, path, body, schema);
        const started = await post(
          '/keyholder/pair/start',
          { publicKey: half.publicKey, nonce: half.nonce },
          pairStartAnswer,
        );
        const transcript = {
          authority: authorityOf(url),
          origin,
          extensionPublicKey: half.publicKey,
          companionPublicKey: started.publicKey,
          extensionNonce: half.nonce,
          companionNonce: started.nonce,
        };
        const keys = await derivePairingKeys(half, started.publicKey, code, transcript, false);
        const finished = await post(
          '/keyholder/pair/finish',
          { attempt: started.attempt, proof: await proveExtension(keys, transcript) },
          pairFinishAnswer,
        );
        if (!(await checkCompanionProof(keys, transcript, finished.pairing, finished.proof))) {
          throw impostor(url);
        }
        await store.write({ url, pairing: finished.pairing, key: keys.pairingKey, pairedAtMs: now() });
      } catch (error) {
        throw await explain(error, url);
      }
      // Its issuers are wanted at once: a page may be looked at before anything is stamped.
      await client.state();
      onChange();
    },

    async unpair() {
      if (!(await store.read())) return;
      try {
        await client.signedFetch('/keyholder/pairing', { method: 'DELETE' });
      } catch {
        // Off, or it forgot us first. Its key is worthless once ours is gone.
      }
      await store.clear();
      onChange();
    },

    pairingName: async () => (await store.read())?.pairing,

    async state() {
      const stored = await store.read();
      if (!stored) return { status: 'not-paired' };
      const { url, pairedAtMs } = stored;
      try {
        const { version, account, chain, issuers } = await readState(client);
        const state: KeyholderState = { version, account, chain, issuers };
        if (JSON.stringify(state) !== JSON.stringify(stored.lastState)) {
          // Only if nobody paired anew, or unpaired, while we asked.
          if ((await store.read())?.pairing === stored.pairing) {
            await store.write({ ...stored, lastState: state });
            onChange();
          }
        }
        return { status: 'connected', url, pairedAtMs, version, chain, account };
      } catch (error) {
        const { code, message } = error as HashmarkError;
        return { status: failedStatuses[code] ?? 'unreachable', message, url, pairedAtMs };
      }
    },

    async signedFetch(target, init) {
      return signBy(await requirePairing())(target, init);
    },

    async accountBaseUrl() {
      return `${baseUrlOf(await requirePairing())}/webhook`;
    },

    async originstamp() {
      const stored = await requirePairing();
      return { baseUrl: baseUrlOf(stored), fetch: signBy(stored) };
    },

    async *openEvents({ lastEventId, signal }) {
      const headers = new Headers({ accept: 'text/event-stream' });
      if (lastEventId) headers.set('last-event-id', lastEventId);
      const url = `${await client.accountBaseUrl()}/events/stream`;
      const answer = await client.signedFetch(url, { headers, signal: signal ?? null });
      if (answer.status !== 200 || !answer.body) {
        throw new HashmarkError(
          'service-failed',
          `The event stream could not be opened: the service answered ${answer.status}. It is tried again later.`,
          { data: { status: answer.status } },
        );
      }
      yield* readEventStream(answer.body);
    },

    async stampCost(kind) {
      const answer = await client.signedFetch(`/keyholder/stamp-cost?kind=${kind}`, {
        signal: AbortSignal.timeout(costTimeoutMs),
      });
      const json: unknown = await answer.json();
      const cost = v.safeParse(stampCostAnswer, json);
      if (answer.ok && cost.success) return cost.output;
      const refusal = v.safeParse(keyholderError, json);
      throw new HashmarkError(
        'cost-unknown',
        `What a stamp costs now could not be read: ${refusal.success ? refusal.output.message : 'the companion is of another version.'}`,
        { data: { status: answer.status } },
      );
    },

    async costlyChain() {
      const { chain } = (await store.read())?.lastState ?? {};
      return chain?.isLocal === false ? chain.name : undefined;
    },

    async knownIssuers() {
      return (await store.read())?.lastState?.issuers ?? [];
    },
  };
  return client;
}

function baseUrlOf({ url, lastState }: StoredPairing): string {
  return `${url}/keyholder/${encodeURIComponent(lastState?.account ?? embeddedAccount)}`;
}

async function readState(client: CompanionClient): Promise<KeyholderState> {
  const answer = await client.signedFetch('/keyholder/state');
  try {
    return v.parse(keyholderState, await answer.json());
  } catch (cause) {
    throw new HashmarkError(
      'companion-refused',
      'The companion speaks another version of this protocol. Update the extension and the companion from the same source.',
      { cause },
    );
  }
}

async function postPairing<T>(
  fetch: CompanionClientDeps['fetch'],
  url: string,
  path: string,
  body: unknown,
  schema: v.GenericSchema<unknown, T>,
): Promise<T> {
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(pairingTimeoutMs),
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
    });
    text = new TextDecoder().decode(await readAtMost(answer.body, maxPairingAnswerBytes));
  } catch (cause) {
    throw unreachable(url, cause);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw impostor(url);
  }
  if (!answer.ok) {
    const refusal = v.safeParse(keyholderError, json);
    if (!refusal.success) throw impostor(url);
    const { code, message, data } = refusal.output;
    throw new HashmarkError(code === 'starting' ? 'companion-unreachable' : code, message, { data });
  }
  const parsed = v.safeParse(schema, json);
  if (!parsed.success) throw impostor(url);
  return parsed.output;
}

function impostor(url: string): HashmarkError {
  return new HashmarkError(
    'impostor',
    `Something answers at ${url}, but it is not the companion that showed this code: another program may have taken its port. The code was not sent to it. Compare the address with what \`npm start\` prints.`,
    { data: { url } },
  );
}
