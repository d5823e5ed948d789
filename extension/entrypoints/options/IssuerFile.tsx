import { useRef } from 'preact/hooks';

import type { Issuer } from '../../../shared/evidence/issuer.ts';
import { Button } from '../../ui/Button.tsx';
import { formatCount } from '../../ui/format.ts';
import { Notice } from '../../ui/Notice.tsx';
import type { OptionsStore } from './store.ts';

/** Takes a list of issuers from a file, and makes one. */
export function IssuerFileButtons({ store }: { store: OptionsStore }) {
  const { editor, actions, issuers } = store;
  const input = useRef<HTMLInputElement>(null);
  const problem = actions.problemOf('issuer-file');
  const hasOwn = issuers.data.value?.some(({ source, trust }) => source === 'user' && trust !== 'removed');
  return (
    <>
      <Button size="small" onClick={() => input.current?.click()}>
        Import
      </Button>
      <input
        ref={input}
        type="file"
        class="visually-hidden"
        accept="application/json,.json"
        aria-label="File with a list of issuers"
        tabIndex={-1}
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          if (file) void editor.readFile(file);
          event.currentTarget.value = ''; // The same file may be chosen again.
        }}
      />
      {hasOwn && (
        <Button size="small" onClick={editor.exportFile}>
          Export
        </Button>
      )}
      {problem && (
        <div class="form-problem">
          <Notice tone="contradicted" title="The file was not read" role="alert">
            {problem.message}
          </Notice>
        </div>
      )}
    </>
  );
}

/** What a file would have the user trust, before anything of it is. */
export function IssuerFile({ store, issuers }: { store: OptionsStore; issuers: Issuer[] }) {
  const { editor, actions } = store;
  const problem = actions.problemOf('issuer');
  const isBusy = actions.isBusy('issuer');
  return (
    <div class="settings-card stack">
      <h3>{formatCount(issuers.length, 'issuer')} in this file</h3>
      <p class="secondary">
        Whoever you add can make hashes confirmed. Compare the contracts with what the issuers themselves
        publish.
      </p>
      <ul class="file-issuers">
        {issuers.map((issuer) => (
          <li key={`${issuer.chainId} ${issuer.contract}`}>
            <bdi>{issuer.name}</bdi>
            {editor.isKnown(issuer) && <span class="tag">on the list, will be changed</span>}
            <span class="small secondary">
              {issuer.chainName} ({issuer.chainId}), <span class="mono">{issuer.contract}</span>
            </span>
          </li>
        ))}
      </ul>
      {problem && (
        <Notice tone="contradicted" title="Not all were added" role="alert">
          {problem.message}
        </Notice>
      )}
      <div class="form-actions">
        <Button kind="primary" isBusy={isBusy} onClick={() => void editor.trustFile()}>
          {isBusy ? 'Asking the endpoints' : `Trust ${formatCount(issuers.length, 'issuer')}`}
        </Button>
        <Button kind="quiet" onClick={editor.close}>
          Cancel
        </Button>
      </div>
    </div>
  );
}
