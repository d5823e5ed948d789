import { signal } from '@preact/signals';

import { HashmarkError } from '../../../shared/errors.ts';
import { toLines } from '../../issuers/issuer-draft.ts';
import type { ask } from '../../messaging.ts';
import type { Actions } from '../../ui/actions.ts';

export interface EsploraEditorDeps {
  ask: typeof ask;
  actions: Actions;
  /** Must be called in a click; false when the user says no. */
  requestOrigins(origins: string[]): Promise<boolean>;
}

/** What the settings do about the servers through which Bitcoin is read. */
export function createEsploraEditor({ ask, actions, requestOrigins }: EsploraEditorDeps) {
  const saved = signal<string[] | undefined>(undefined);
  /** One URL a line, as it is being typed. */
  const text = signal('');

  function accept(urls: string[]): void {
    saved.value = urls;
    text.value = urls.join('\n');
  }

  return {
    saved,
    text,
    isChanged: () => saved.value !== undefined && toLines(text.value).join('\n') !== saved.value.join('\n'),
    load: () => actions.run('esplora', async () => accept(await ask('proof.esplora'))),
    edit(typed: string) {
      text.value = typed;
      actions.forget('esplora');
    },
    /** Call it in the click: the browser asks for the servers' hosts. */
    save: () =>
      actions.run('esplora', async () => {
        const urls = toLines(text.peek());
        const origins = hostPatterns(urls);
        // Nothing is awaited before the request: the browser asks only while the click lasts.
        if (origins.length > 0 && !(await requestOrigins(origins))) {
          throw new HashmarkError(
            'permission-refused',
            `The browser did not give permission to ask ${origins.join(', ')}. Save again to be asked once more.`,
          );
        }
        accept(await ask('proof.set-esplora', { urls }));
      }),
  };
}

/** Addresses that are none are left to the check that says so. */
function hostPatterns(urls: readonly string[]): string[] {
  const hosts = urls
    .filter((url) => URL.canParse(url))
    .map((url) => new URL(url))
    .filter(({ protocol }) => protocol === 'https:' || protocol === 'http:')
    .map(({ protocol, hostname }) => `${protocol}//${hostname}/*`);
  return [...new Set(hosts)];
}
