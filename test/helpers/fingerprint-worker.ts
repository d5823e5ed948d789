import { answerWorkerOrders } from '../../extension/stamping/fingerprint/answer-worker-orders.ts';

/** The worker's script without the extension around it, for pages that a test serves. */
answerWorkerOrders();
