/** What code that a test sends into the extension finds there under its native name. */
declare const chrome: typeof import('@wxt-dev/browser')['browser'];
