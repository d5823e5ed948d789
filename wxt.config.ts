import preact from '@preact/preset-vite';
import { defineConfig } from 'wxt';

/** The companion's loopback origin: the only host that Hashmark may reach from the first day. */
const companionOrigin = 'http://127.0.0.1/*';

// Every permission here has a row, with its reason, in the README; a test compares the two.
export default defineConfig({
  srcDir: 'extension',
  publicDir: 'public',
  outDir: '.output',
  manifestVersion: 3,
  targetBrowsers: ['chrome', 'firefox'],
  modules: ['@wxt-dev/webextension-polyfill'],
  vite: () => ({ plugins: [preact()] }),
  manifest: ({ browser }) => ({
    name: 'Hashmark',
    description:
      'Prove that a file or a web page existed at a time, and check such proofs where you meet them.',
    permissions: [
      'activeTab',
      'alarms',
      'contextMenus',
      'notifications',
      'scripting',
      'storage',
      'unlimitedStorage',
      ...(browser === 'firefox' ? [] : ['offscreen']),
    ],
    host_permissions: [companionOrigin],
    optional_permissions: browser === 'firefox' ? [] : ['pageCapture'],
    optional_host_permissions: ['http://*/*', 'https://*/*'],
    action: { default_title: 'Hashmark' },
    content_security_policy: {
      // Loopback is reached over http: the Firefox default would upgrade other http hosts a user configures.
      // WebAssembly, and no other eval: the browser's own SHA-256 cannot be fed piece by piece, so large files need it.
      extension_pages:
        "script-src 'self' 'wasm-unsafe-eval'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    },
    ...(browser === 'firefox'
      ? {
          browser_specific_settings: {
            gecko: {
              id: 'hashmark@hashmark.invalid',
              strict_min_version: '142.0',
              data_collection_permissions: { required: ['none'] },
            },
          },
        }
      : { minimum_chrome_version: '120' }),
  }),
  zip: { excludeSources: ['.output/**', 'build/**', 'test/**', 'docs/**'] },
});
