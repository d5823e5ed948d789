import { defineBackground } from 'wxt/utils/define-background';

// Wiring only, and all of it in the first tick: a worker is woken only for listeners that are there by then.
export default defineBackground(() => {});
