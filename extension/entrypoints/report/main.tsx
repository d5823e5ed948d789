import { render } from 'preact';

import { onChange } from '../../changes.ts';
import { ask } from '../../messaging.ts';
import { fingerprintBlob } from '../../stamping/fingerprint-blob.ts';
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
  saveFile(name, text) {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
    link.download = name;
    link.click();
    // The download has taken the content by then; the page may stay open for days.
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  },
  now: Date.now,
});

const stop = store.start();
addEventListener('popstate', () => store.readAddress(location.search));
addEventListener('pagehide', stop, { once: true });
// A file that misses the drop zone must not replace the report by its content.
for (const type of ['dragover', 'drop']) addEventListener(type, (event) => event.preventDefault());
render(<Report store={store} />, document.getElementById('app') as HTMLElement);
