import type { MirrorState } from '../../messages.ts';
import { Button } from '../../ui/Button.tsx';
import { formatCount, formatNumber } from '../../ui/format.ts';
import { Hash } from '../../ui/Hash.tsx';
import { GroupIcon, RetryIcon } from '../../ui/Icon.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { Empty, Facts, Loading } from '../../ui/parts.tsx';
import { Time } from '../../ui/Time.tsx';
import type { OptionsStore } from './store.ts';

/** Whose stamps are trusted, and how fresh the mirror of each is. */
export function IssuersSection({ store }: { store: OptionsStore }) {
  const issuers = store.mirror.data.value;
  const error = store.mirror.error.value;
  const problem = store.actions.problemOf('mirror');
  const isBusy = store.actions.isBusy('mirror');
  return (
    <section class="settings" aria-labelledby="issuers-heading">
      <div class="settings-head">
        <h2 id="issuers-heading">Issuers you trust</h2>
        <p class="secondary">
          Hashmark reads what they wrote on their chain and keeps a copy here, the mirror. Hashes on pages are
          compared with it, so nobody learns what you look at.
        </p>
        {!!issuers?.length && (
          <Button size="small" isBusy={isBusy} onClick={() => void store.refreshMirror()}>
            {!isBusy && <RetryIcon size={14} />}
            {isBusy ? 'Reading the chains' : 'Read again now'}
          </Button>
        )}
      </div>
      <div class="card rows">
        {problem && (
          <div class="settings-card">
            <Notice tone="unchecked" title="The mirror could not be refreshed" role="alert">
              {problem.message}
            </Notice>
          </div>
        )}
        {!issuers && !error && <Loading text="Opening the mirror" />}
        {!issuers && error && (
          <div class="settings-card">
            <Notice tone="unchecked" title="The mirror could not be opened" role="alert">
              {error.message}
            </Notice>
          </div>
        )}
        {issuers?.length === 0 && (
          <Empty icon={GroupIcon} title="No issuers yet">
            <p>Pair with your companion: the contract that it stamps to is the first one on this list.</p>
          </Empty>
        )}
        {issuers?.map((issuer) => (
          <IssuerCard key={issuer.issuerKey} issuer={issuer} nowMs={store.nowMs.value} />
        ))}
      </div>
    </section>
  );
}

function IssuerCard({ issuer, nowMs }: { issuer: MirrorState; nowMs: number }) {
  const { issuerName, chainName, isLocal, contract, stampCount, lastBlock, syncedAtMs, problem, isSyncing } =
    issuer;
  return (
    <article class="settings-card stack" aria-label={issuerName}>
      <h3 class="issuer-name">
        <bdi>{issuerName}</bdi>
        {isLocal && <span class="tag">this computer only</span>}
        {isSyncing && (
          <span class="issuer-syncing small secondary">
            <span class="spinner" />
            reading
          </span>
        )}
      </h3>
      {problem && (
        <Notice tone="unchecked" title="Last read failed">
          {problem}
        </Notice>
      )}
      <Facts
        entries={[
          ['Chain', chainName],
          ['Contract', <Hash key="contract" value={contract} noun="contract address" />],
          [
            'Mirror',
            `${formatCount(stampCount, 'stamp')}${lastBlock === undefined ? '' : `, up to block ${formatNumber(lastBlock)}`}`,
          ],
          [
            'Last read',
            syncedAtMs === undefined ? 'never' : <Time key="time" timeMs={syncedAtMs} nowMs={nowMs} />,
          ],
        ]}
      />
    </article>
  );
}
