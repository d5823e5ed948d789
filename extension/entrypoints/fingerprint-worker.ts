import { defineUnlistedScript } from 'wxt/utils/define-unlisted-script';

import { answerWorkerOrders } from '../stamping/fingerprint/answer-worker-orders.ts';

// A script with an address of its own: pages, the hidden document and Firefox's event page all start it as a worker.
export default defineUnlistedScript(() => answerWorkerOrders());
