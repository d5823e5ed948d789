import type { IssuerView } from '../../issuers/issuer-book.ts';
import { Button } from '../../ui/Button.tsx';
import { formatCount, formatHost, formatNumber } from '../../ui/format.ts';
import { Hash } from '../../ui/Hash.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { Facts } from '../../ui/parts.tsx';
import { Switch } from '../../ui/Switch.tsx';
import { Time } from '../../ui/Time.tsx';
import type { OptionsStore } from './store.ts';

/** One issuer: what it is, how fresh its copy is, and whether it is trusted. */
export function IssuerCard({ store, view }: { store: OptionsStore; view: IssuerView }) {
  const { editor, actions } = store;
  const { key, issuer, source, trust } = view;
  const copy = store.mirror.data.value?.find(({ issuerKey }) => issuerKey === key);
  const failure = actions.problemOf(`issuer ${key}`);
  const isTrusted = trust === 'trusted';
  return (
    <article class="settings-card stack" aria-label={issuer.name}>
      <h3 class="issuer-name">
        <bdi>{issuer.name}</bdi>
        {issuer.isLocal && (
          <span class="tag">{source === 'companion' ? 'this computer only' : 'a local chain'}</span>
        )}
        {copy?.isSyncing && (
          <span class="issuer-syncing small secondary">
            <span class="spinner" />
            reading
          </span>
        )}
      </h3>
      {isTrusted && copy?.problem && (
        <Notice tone="unchecked" title="Last read failed">
          {copy.problem}
        </Notice>
      )}
      <Facts
        entries={[
          ['Chain', `${issuer.chainName} (${issuer.chainId})`],
          ['Contract', <Hash key="contract" value={issuer.contract} noun="contract address" />],
          ['Read through', issuer.rpcUrls.map(formatHost).join(', ')],
          [
            'Mirror',
            copy &&
              `${formatCount(copy.stampCount, 'stamp')}${copy.lastBlock === undefined ? '' : `, up to block ${formatNumber(copy.lastBlock)}`}`,
          ],
          [
            'Last read',
            copy &&
              (copy.syncedAtMs === undefined ? (
                'never'
              ) : (
                <Time key="time" timeMs={copy.syncedAtMs} nowMs={store.nowMs.value} />
              )),
          ],
        ]}
      />
      <Switch
        label="Trust this issuer"
        hint={
          isTrusted
            ? 'Its records confirm.'
            : 'Off: what only this issuer stamped is unfamiliar. Its copy is kept and read no more.'
        }
        isOn={isTrusted}
        isDisabled={actions.isBusy(`issuer ${key}`)}
        onChange={(isOn) => void editor.setTrusted(key, isOn)}
      />
      {failure && (
        <Notice tone="contradicted" title="That did not work" role="alert">
          {failure.message}
        </Notice>
      )}
      <div class="form-actions">
        <Button size="small" onClick={() => editor.edit(view)}>
          {source === 'user' ? 'Edit' : 'More RPC endpoints'}
        </Button>
        {source === 'user' && (
          <Button size="small" onClick={() => void editor.remove(view)}>
            Remove
          </Button>
        )}
      </div>
    </article>
  );
}
