import { defineUnlistedScript } from 'wxt/utils/define-unlisted-script';

import { createInPageCapture, type InPageCapture } from '../stamping/capture/in-page.ts';

// Injected on the user's request only, into the extension's isolated world, where the page sees nothing of it.
export default defineUnlistedScript(() => {
  (globalThis as { hashmarkCapture?: InPageCapture }).hashmarkCapture = createInPageCapture(document);
});
