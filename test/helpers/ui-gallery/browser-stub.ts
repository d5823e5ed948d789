/**
 * Stands in for the extension's `browser` when its pages are opened outside of an extension: the background's answers
 * come from the scenario that was put into the page before its scripts ran.
 */
import type { Scenario } from './scenarios.ts';

declare global {
  var hashmarkScenario: Scenario;
}

const { replies, tabTitle = 'An example page', origins = [] } = globalThis.hashmarkScenario;
const noListener = { addListener() {}, removeListener() {} };

export const browser = {
  runtime: {
    getURL: (path: string) => path,
    getManifest: () => ({
      version: '0.1.0',
      host_permissions: ['http://127.0.0.1/*'],
      optional_permissions: ['pageCapture'],
    }),
    sendMessage({ hashmark }: { hashmark: keyof typeof replies }) {
      const answer = replies[hashmark];
      if (answer === 'never') return new Promise(() => {});
      return Promise.resolve(answer ?? { error: { code: 'no-reply', message: `No reply to ${hashmark}.` } });
    },
  },
  tabs: {
    query: () => Promise.resolve([{ id: 7, title: tabTitle }]),
    getCurrent: () => Promise.resolve({ id: 8 }),
    create: () => Promise.resolve({}),
  },
  permissions: {
    request: () => Promise.resolve(true),
    remove: () => Promise.resolve(true),
    contains: () => Promise.resolve(true),
    getAll: () => Promise.resolve({ origins, permissions: [] }),
    onAdded: noListener,
    onRemoved: noListener,
  },
};
