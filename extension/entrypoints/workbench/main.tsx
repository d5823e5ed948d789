import { render } from 'preact';
import { browser } from 'wxt/browser';

import { readProofFile } from '../../../shared/evidence/proof-file.ts';
import { type ChainHint, verifyProof } from '../../../shared/evidence/verify-proof.ts';
import { embeddedAccount } from '../../../shared/wire/companion.ts';
import { onChange } from '../../changes.ts';
import { companionOrigins } from '../../companion/loopback-permission.ts';
import { fetchPlain } from '../../fetch-plain.ts';
import { ask } from '../../messaging.ts';
import { accountClient } from '../../proofs/account-proofs.ts';
import { openProofStore } from '../../proofs/proof-store.ts';
import { openBulkStore } from '../../stamping/bulk/bulk-store.ts';
import { fingerprintFiles } from '../../stamping/fingerprint-files.ts';
import { forgetSavedStreams, saveStream } from '../../ui/save-stream.ts';
import { createWorkbenchStore } from './store.ts';
import { Workbench } from './Workbench.tsx';

const proofs = openProofStore();

/** Where a root stands, by the proofs that were kept here, else by the companion's own service: it is on this computer. */
async function findHint(digest: string, root: string): Promise<ChainHint | undefined> {
  const own = (await proofs.find([digest])).get(digest)?.find(({ proof }) => proof.root === root);
  if (own)
    return { transaction: own.transaction, ...(own.chainId === undefined ? {} : { chainId: own.chainId }) };
  const { account } = await ask('companion.state');
  if (account !== embeddedAccount) return undefined; // Somebody else's service would learn what is looked at.
  const status = await (await accountClient()).digestStatus(digest);
  const transaction = status?.seeds.find((seed) => seed.root === root)?.transaction;
  return transaction ? { transaction } : undefined;
}

const store = createWorkbenchStore({
  ask,
  onChange,
  bulks: openBulkStore(),
  proofs,
  findHint,
  fingerprintFiles,
  readProof: readProofFile,
  verify: (question) => verifyProof({ ...question, fetch: fetchPlain }),
  saveStream,
  query: location.search,
  setQuery: (query) => history.pushState(null, '', query),
  setTitle: (title) => {
    document.title = title;
  },
  openPage: (path) => void browser.tabs.create({ url: browser.runtime.getURL(path) }),
  allowCompanion: () => browser.permissions.request({ origins: companionOrigins }),
  createId: () => crypto.randomUUID(),
  now: Date.now,
});

const stop = store.start();
addEventListener('popstate', () => store.readAddress(location.search));
addEventListener('pagehide', stop, { once: true });
// A file that misses the drop zone must not replace the workbench by its content.
for (const type of ['dragover', 'drop']) addEventListener(type, (event) => event.preventDefault());
// Nothing is there to forget where nothing was saved.
void forgetSavedStreams().catch(() => undefined);
render(<Workbench store={store} />, document.getElementById('app') as HTMLElement);
