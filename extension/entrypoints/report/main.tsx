import { render } from 'preact';

import { onChange } from '../../changes.ts';
import { ask } from '../../messaging.ts';
import { fetchCertificate } from '../../proofs/account-proofs.ts';
import { fingerprintBlob } from '../../stamping/fingerprint-blob.ts';
import { saveBlob } from '../../stamping/save/save-blob.ts';
import { Report } from './Report.tsx';
import { createReportStore } from './store.ts';

const store = createReportStore({
  ask,
  onChange,
  query: location.search,
  setQuery: (query) => history.pushState(null, '', query),
  setTitle: (title) => {
    document.title = title;
  },
  fingerprint: fingerprintBlob,
  saveFile: (name, content) => saveBlob(document, content, name),
  fetchCertificate,
  now: Date.now,
});

const stop = store.start();
addEventListener('popstate', () => store.readAddress(location.search));
addEventListener('pagehide', stop, { once: true });
// A file that misses the drop zone must not replace the report by its content.
for (const type of ['dragover', 'drop']) addEventListener(type, (event) => event.preventDefault());
render(<Report store={store} />, document.getElementById('app') as HTMLElement);
