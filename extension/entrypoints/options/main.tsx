import { render } from 'preact';
import { browser } from 'wxt/browser';

import { onChange } from '../../changes.ts';
import { ask } from '../../messaging.ts';
import { saveBlob } from '../../stamping/save/save-blob.ts';
import { Options } from './Options.tsx';
import { createOptionsStore } from './store.ts';

const manifest = browser.runtime.getManifest();
const atInstall = new Set<string>(manifest.host_permissions ?? []);

const store = createOptionsStore({
  ask,
  onChange,
  async ownTabId() {
    const tab = await browser.tabs.getCurrent();
    return tab?.id ?? -1;
  },
  version: manifest.version,
  canCapturePages: manifest.optional_permissions?.includes('pageCapture') ?? false,
  async grantedPermissions() {
    const { origins = [], permissions = [] } = await browser.permissions.getAll();
    return {
      origins: origins.filter((origin: string) => !atInstall.has(origin)),
      permissions: (permissions as string[]).includes('pageCapture') ? ['pageCapture'] : [],
    };
  },
  requestPermissions: (wanted) => browser.permissions.request(wanted),
  async removePermissions(given) {
    await browser.permissions.remove(given);
  },
  onPermissionsChange(callback) {
    browser.permissions.onAdded.addListener(callback);
    browser.permissions.onRemoved.addListener(callback);
    return () => {
      browser.permissions.onAdded.removeListener(callback);
      browser.permissions.onRemoved.removeListener(callback);
    };
  },
  saveFile: (name, text) => saveBlob(document, new Blob([text]), name),
  now: Date.now,
});

const stop = store.start();
addEventListener('pagehide', stop, { once: true });
render(<Options store={store} />, document.getElementById('app') as HTMLElement);
// What the address names was not there yet when the browser looked for it.
if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
