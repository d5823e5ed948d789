import type { ComponentChildren } from 'preact';

import { chainPresets } from '../../issuers/chain-presets.ts';
import type { DraftField } from '../../issuers/issuer-draft.ts';
import { Button } from '../../ui/Button.tsx';
import { Notice } from '../../ui/Notice.tsx';
import type { Editing } from './issuer-editor.ts';
import type { OptionsStore } from './store.ts';

export interface IssuerFormProps {
  store: OptionsStore;
  editing: Exclude<Editing, { kind: 'file' }>;
  /** Of the issuer that is changed. */
  name?: string;
}

/** Where an issuer is written down, or changed. */
export function IssuerForm({ store, editing, name }: IssuerFormProps) {
  const { editor, actions } = store;
  const problem = actions.problemOf('issuer');
  const isBusy = actions.isBusy('issuer');
  return (
    <form
      class="settings-card stack"
      aria-label={name ? `Change ${name}` : 'Add an issuer'}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!isBusy) void editor.save();
      }}
    >
      <h3>{name ?? 'Add an issuer'}</h3>
      {editing.kind === 'endpoints' ? (
        <Endpoints
          store={store}
          label="More RPC endpoints"
          hint="One a line, of the same chain. What several agree on needs less belief than the word of one."
        />
      ) : (
        <IssuerFields store={store} isNew={editing.kind === 'new'} />
      )}
      {problem && (
        <Notice tone="contradicted" title="Not saved" role="alert">
          {problem.message}
        </Notice>
      )}
      <div class="form-actions">
        <Button type="submit" kind="primary" isBusy={isBusy}>
          {isBusy ? 'Asking the endpoints' : editing.kind === 'new' ? 'Trust this issuer' : 'Save'}
        </Button>
        <Button kind="quiet" onClick={editor.close}>
          Cancel
        </Button>
      </div>
    </form>
  );
}

function IssuerFields({ store, isNew }: { store: OptionsStore; isNew: boolean }) {
  const { editor } = store;
  const draft = editor.draft.value;
  const preset = chainPresets.find(({ chainId }) => String(chainId) === draft.chainId);
  return (
    <>
      <TextField store={store} field="name" label="Name" placeholder="For instance: University of Example" />
      {isNew ? (
        <>
          <Field label="Chain" id="issuer-chain">
            <select
              id="issuer-chain"
              class="input"
              value={preset?.chainId ?? ''}
              onChange={(event) => editor.chooseChain(Number(event.currentTarget.value))}
            >
              <option value="">Another chain</option>
              {chainPresets.map(({ chainId, chainName }) => (
                <option key={chainId} value={chainId}>
                  {chainName} ({chainId})
                </option>
              ))}
            </select>
          </Field>
          <div class="field-pair">
            <TextField store={store} field="chainId" label="Chain id" isNumber placeholder="8453" />
            <TextField store={store} field="chainName" label="Name of the chain" placeholder="Base" />
          </div>
          <TextField store={store} field="contract" label="Contract" isCode placeholder="0x…" />
        </>
      ) : (
        <p class="small secondary">
          Contract and chain stay as they are: they are what you trust. For another contract add another
          issuer.
        </p>
      )}
      <TextField
        store={store}
        field="wallet"
        label="Wallet (if you like)"
        isCode
        placeholder="0x…"
        hint="The address that the issuer sends from. With it, roots of seeds that it writes outside its contract count as its own, too."
      />
      <TextField
        store={store}
        field="startBlock"
        label="Start block"
        isNumber
        hint="The block in which the contract was made. 0 reads the whole chain, which can take hours."
      />
      <Endpoints
        store={store}
        label="RPC endpoints"
        hint="One a line. All of them are asked: what several agree on needs less belief than the word of one."
      />
      <TextField
        store={store}
        field="gatewayUrl"
        label="Gateway"
        isCode
        placeholder="https://ipfs.io/ipfs/"
        hint="A CID is put behind it. What it serves is hashed here, so it need not be trusted."
      />
      <TextField
        store={store}
        field="explorerTxUrl"
        label="Explorer (if you like)"
        isCode
        placeholder="https://basescan.org/tx/"
        hint="A transaction is put behind it, for the link in reports."
      />
      <div class="field-pair">
        <Field label="A block is final" id="issuer-finality">
          <select
            id="issuer-finality"
            class="input"
            value={draft.finality}
            onChange={(event) => editor.type('finality', event.currentTarget.value)}
          >
            <option value="finalized">when the chain calls it finalized</option>
            <option value="safe">when the chain calls it safe</option>
            <option value="confirmations">after a number of blocks</option>
          </select>
        </Field>
        {draft.finality === 'confirmations' && (
          <TextField store={store} field="blocks" label="Number of blocks" isNumber />
        )}
      </div>
    </>
  );
}

function Endpoints({ store, label, hint }: { store: OptionsStore; label: string; hint: string }) {
  const { draft, problems, type } = store.editor;
  const problem = problems.value.rpcUrls;
  return (
    <Field label={label} id="issuer-rpcUrls" hint={hint} problem={problem}>
      <textarea
        id="issuer-rpcUrls"
        class="input mono"
        rows={3}
        value={draft.value.rpcUrls}
        spellcheck={false}
        dir="ltr"
        placeholder="https://"
        aria-invalid={problem ? true : undefined}
        aria-describedby="issuer-rpcUrls-hint"
        onInput={(event) => type('rpcUrls', event.currentTarget.value)}
      />
    </Field>
  );
}

interface TextFieldProps {
  store: OptionsStore;
  field: DraftField;
  label: string;
  hint?: string;
  placeholder?: string;
  isNumber?: boolean;
  isCode?: boolean;
}

function TextField({ store, field, label, hint, placeholder, isNumber, isCode }: TextFieldProps) {
  const { draft, problems, type } = store.editor;
  const id = `issuer-${field}`;
  const problem = problems.value[field];
  return (
    <Field label={label} id={id} hint={hint} problem={problem}>
      <input
        id={id}
        class={isCode ? 'input mono' : 'input'}
        value={draft.value[field]}
        placeholder={placeholder}
        autocomplete="off"
        spellcheck={false}
        inputMode={isNumber ? 'numeric' : undefined}
        dir={isCode || isNumber ? 'ltr' : 'auto'}
        aria-invalid={problem ? true : undefined}
        aria-describedby={hint || problem ? `${id}-hint` : undefined}
        onInput={(event) => type(field, event.currentTarget.value)}
      />
    </Field>
  );
}

function Field({
  label,
  id,
  hint,
  problem,
  children,
}: {
  label: string;
  id: string;
  hint?: string;
  problem?: string;
  children: ComponentChildren;
}) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      {(problem || hint) && (
        <p
          id={`${id}-hint`}
          class={problem ? 'small toned' : 'small secondary'}
          data-tone={problem ? 'contradicted' : undefined}
          role={problem ? 'alert' : undefined}
        >
          {problem ?? hint}
        </p>
      )}
    </div>
  );
}
