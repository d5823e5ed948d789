import { render } from 'preact';
import { browser } from 'wxt/browser';

import { onChange } from '../../changes.ts';
import { ask } from '../../messaging.ts';
import { Popup } from './Popup.tsx';
import { createPopupStore } from './store.ts';

const store = createPopupStore({
  ask,
  onChange,
  async activeTab() {
    const [tab] = await browser.tabs.query({ active: true, currentWindow: true });
    return tab?.id === undefined ? undefined : { id: tab.id, title: tab.title ?? '' };
  },
  requestOrigins: (origins) => browser.permissions.request({ origins }),
  openPage(path) {
    // The popup closes by itself when the tab gets the focus, except where it was opened as a tab.
    void browser.tabs.create({ url: browser.runtime.getURL(path) });
  },
  now: Date.now,
});

const stop = store.start();
addEventListener('pagehide', stop, { once: true });
render(<Popup store={store} />, document.getElementById('app') as HTMLElement);
