import { browser } from 'wxt/browser';
import { defineUnlistedScript } from 'wxt/utils/define-unlisted-script';

import { ask } from '../messaging.ts';
import { type PageVerifier, startPageVerifier } from '../verifying/in-page/page-verifier.ts';
import { isPageOrder } from '../verifying/page-orders.ts';

// Runs in pages of sites that the user switched on, in the extension's isolated world. It is injected at once when the
// switch is turned and registered for later visits: whichever comes second must find the first.
const running = globalThis as { hashmarkPageVerifier?: PageVerifier };

export default defineUnlistedScript(() => {
  if (running.hashmarkPageVerifier) return;
  const verifier = startPageVerifier({
    judge: (question) => ask('verify.page', question),
    readElsewhere: (url) => ask('verify.read', { url }),
    openReport: (hash, outcome) => void ask('report.open', { hash, outcome }),
  });
  running.hashmarkPageVerifier = verifier;
  browser.runtime.onMessage.addListener((message: unknown) => {
    if (!isPageOrder(message)) return undefined;
    if (message.hashmarkPage === 'recheck') verifier.recheck();
    if (message.hashmarkPage === 'stop') {
      verifier.stop();
      running.hashmarkPageVerifier = undefined;
    }
    return Promise.resolve(verifier.pageId);
  });
});
