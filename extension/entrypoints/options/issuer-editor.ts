import { signal } from '@preact/signals';

import { HashmarkError } from '../../../shared/errors.ts';
import type { Issuer } from '../../../shared/evidence/issuer.ts';
import { issuerKey } from '../../../shared/evidence/issuer.ts';
import { chainPresets } from '../../issuers/chain-presets.ts';
import type { IssuerView, Trust } from '../../issuers/issuer-book.ts';
import {
  type DraftField,
  type DraftProblems,
  emptyDraft,
  type IssuerDraft,
  readDraft,
  toDraft,
  toLines,
  toTexts,
} from '../../issuers/issuer-draft.ts';
import { readIssuerFile, toIssuerFile } from '../../issuers/issuer-file.ts';
import { originsOf } from '../../issuers/issuer-schema.ts';
import type { ask } from '../../messaging.ts';
import type { Actions } from '../../ui/actions.ts';
import type { Resource } from '../../ui/resource.ts';

/** What is open for typing. */
export type Editing =
  | { kind: 'new' }
  /** An issuer of the user's; its contract and chain stay as they are, since they are what was trusted. */
  | { kind: 'own'; key: string }
  /** More endpoints for a companion's issuer. */
  | { kind: 'endpoints'; key: string }
  /** Issuers that a file brought, not trusted yet. */
  | { kind: 'file'; issuers: Issuer[] };

export interface EditorDeps {
  ask: typeof ask;
  actions: Actions;
  issuers: Resource<IssuerView[]>;
  /** Must be called in a click; false when the user says no. */
  requestOrigins(origins: string[]): Promise<boolean>;
  saveFile(name: string, text: string): void;
}

/** No list of issuers is near as long; a file that is was chosen by mistake. */
const longestFileBytes = 1_000_000;

/** What the settings do about issuers. Every change that may ask the browser for permission has to be called in a click. */
export function createIssuerEditor({ ask, actions, issuers, requestOrigins, saveFile }: EditorDeps) {
  const editing = signal<Editing | undefined>(undefined);
  const draft = signal<IssuerDraft>(emptyDraft);
  const problems = signal<DraftProblems>({});
  const removed = signal<{ key: string; name: string; trust: Trust } | undefined>(undefined);

  function open(next: Editing | undefined, text: IssuerDraft = emptyDraft): void {
    actions.forget('issuer');
    problems.value = {};
    draft.value = text;
    editing.value = next;
  }

  /** Nothing may be awaited before: the browser asks only while the click lasts. */
  async function permit(of: readonly Parameters<typeof originsOf>[0][]): Promise<void> {
    const origins = [...new Set(of.flatMap(originsOf))];
    if (origins.length === 0 || (await requestOrigins(origins))) return;
    throw new HashmarkError(
      'permission-refused',
      `The browser did not give permission to read ${origins.map((it) => it.replace(/\/\*$/, '')).join(', ')}. Save again to be asked once more.`,
    );
  }

  return {
    editing,
    draft,
    problems,
    removed,

    add: () => open({ kind: 'new' }),
    edit: ({ key, issuer, source, extraRpcUrls }: IssuerView) =>
      source === 'user'
        ? open({ kind: 'own', key }, toDraft(issuer))
        : open({ kind: 'endpoints', key }, { ...emptyDraft, rpcUrls: extraRpcUrls.join('\n') }),
    close: () => open(undefined),

    type(field: DraftField, text: string) {
      draft.value = { ...draft.peek(), [field]: text } as IssuerDraft;
      const { [field]: _, ...others } = problems.peek();
      problems.value = others;
      actions.forget('issuer');
    },
    /** Fills in what is the same for every issuer of a known chain. */
    chooseChain(chainId: number) {
      const preset = chainPresets.find((it) => it.chainId === chainId);
      draft.value = preset
        ? { ...draft.peek(), ...toTexts(preset) }
        : { ...draft.peek(), chainId: '', chainName: '', rpcUrls: '', explorerTxUrl: '' };
      problems.value = {};
    },

    /** Call it in the click. */
    save() {
      const open = editing.peek();
      if (open?.kind === 'endpoints') return saveEndpoints(open.key);
      const read = readDraft(draft.peek());
      if ('problems' in read) {
        problems.value = read.problems;
        return Promise.resolve(false);
      }
      return actions.run('issuer', async () => {
        await permit([read.issuer]);
        issuers.accept(await ask('issuers.save', { issuer: read.issuer }));
        editing.value = undefined;
      });
    },

    setTrusted: (key: string, isTrusted: boolean) =>
      actions.run(`issuer ${key}`, async () =>
        issuers.accept(await ask('issuers.set-trust', { key, trust: isTrusted ? 'trusted' : 'off' })),
      ),
    remove: ({ key, trust, issuer: { name } }: IssuerView) =>
      actions.run(`issuer ${key}`, async () => {
        issuers.accept(await ask('issuers.set-trust', { key, trust: 'removed' }));
        removed.value = { key, name, trust };
      }),
    undoRemove() {
      const last = removed.peek();
      removed.value = undefined;
      if (!last) return;
      void actions.run(`issuer ${last.key}`, async () =>
        issuers.accept(await ask('issuers.set-trust', { key: last.key, trust: last.trust })),
      );
    },
    closeUndo: () => {
      removed.value = undefined;
    },
    forget: (key: string) =>
      actions.run(`issuer ${key}`, async () => issuers.accept(await ask('issuers.forget', { key }))),

    exportFile() {
      const own = (issuers.data.peek() ?? []).filter(
        ({ source, trust }) => source === 'user' && trust !== 'removed',
      );
      saveFile('hashmark-issuers.json', toIssuerFile(own.map(({ issuer }) => issuer)));
    },
    /** Shows what is in a file. Nobody is trusted by that. */
    readFile: (file: Blob) =>
      actions.run('issuer-file', async () => {
        if (file.size > longestFileBytes)
          throw new HashmarkError('not-an-issuer-file', 'This file is too large for a list of issuers.');
        open({ kind: 'file', issuers: readIssuerFile(await file.text()) });
      }),
    /** Call it in the click. Adds the file's issuers one after the other; those that cannot be confirmed are named. */
    trustFile: () =>
      actions.run('issuer', async () => {
        const open = editing.peek();
        if (open?.kind !== 'file') return;
        await permit(open.issuers);
        const left: Issuer[] = [];
        const reasons: string[] = [];
        for (const issuer of open.issuers) {
          try {
            issuers.accept(await ask('issuers.save', { issuer }));
          } catch (error) {
            left.push(issuer);
            reasons.push(`${issuer.name}: ${(error as Error).message}`);
          }
        }
        editing.value = left.length > 0 ? { kind: 'file', issuers: left } : undefined;
        if (left.length > 0) throw new HashmarkError('issuers-unconfirmed', reasons.join('\n'));
      }),
    /** True when the list has this issuer already, and saving it changes it. */
    isKnown: (issuer: Issuer) => (issuers.data.value ?? []).some(({ key }) => key === issuerKey(issuer)),
  };

  function saveEndpoints(key: string): Promise<boolean> {
    const rpcUrls = toLines(draft.peek().rpcUrls);
    return actions.run('issuer', async () => {
      if (rpcUrls.some((url) => !URL.canParse(url)))
        throw new HashmarkError('malformed-issuer', 'One line is no address. Write one RPC endpoint a line.');
      await permit([{ rpcUrls }]);
      issuers.accept(await ask('issuers.set-extra-rpc', { key, rpcUrls }));
      editing.value = undefined;
    });
  }
}
