import { CompanionNotice, CompanionStatus } from '../../ui/CompanionNotice.tsx';
import { ConfirmButton } from '../../ui/ConfirmButton.tsx';
import { Hash } from '../../ui/Hash.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { Facts, Loading } from '../../ui/parts.tsx';
import { Time } from '../../ui/Time.tsx';
import { PairForm } from './PairForm.tsx';
import type { OptionsStore } from './store.ts';

/** To what this browser is paired, or how to pair it. */
export function CompanionSection({ store }: { store: OptionsStore }) {
  const state = store.companion.data.value;
  const error = store.companion.error.value;
  const problem = store.actions.problemOf('unpair');
  return (
    <section class="settings" aria-labelledby="companion-heading">
      <div class="settings-head">
        <h2 id="companion-heading">Companion</h2>
        <p class="secondary">The program on this computer that holds the keys and stamps for you.</p>
      </div>
      <div class="card settings-card">
        {!state && !error && <Loading text="Asking the companion" />}
        {!state && error && (
          <Notice tone="unchecked" title="The extension does not answer" role="alert">
            {error.message}
          </Notice>
        )}
        {state && state.status !== 'not-paired' && (
          <div class="stack">
            <div class="paired-head">
              <CompanionStatus state={state} />
              <ConfirmButton
                question="Unpair this browser?"
                confirmLabel="Unpair"
                isBusy={store.actions.isBusy('unpair')}
                onConfirm={() => void store.unpair()}
              >
                Unpair
              </ConfirmButton>
            </div>
            {(state.status === 'unreachable' || state.status === 'blocked') && (
              <CompanionNotice
                state={state}
                onRetry={() => void store.companion.reload()}
                onAllow={() => void store.allowCompanion()}
                onOpenSettings={() => undefined}
              />
            )}
            {state.status === 'refused' && (
              <Notice tone="contradicted" title="The companion refused">
                {state.message ?? 'It no longer knows this browser.'} Pair again below to replace the pairing.
              </Notice>
            )}
            {state.status === 'connected' && (
              <p>
                Everything is ready.{' '}
                <a href={`${state.url}/demo`} target="_blank" rel="noreferrer">
                  Try it on the demo page
                </a>
                , or right-click any page and stamp it.
              </p>
            )}
            <Facts
              entries={[
                ['Address', state.url && <code>{state.url}</code>],
                ['Paired', state.pairedAtMs && <Time timeMs={state.pairedAtMs} nowMs={store.nowMs.value} />],
                ['Account', state.account && <bdi>{state.account}</bdi>],
                [
                  'Chain',
                  state.chain && (
                    <>
                      {state.chain.name} <span class="faint">({state.chain.id})</span>
                      {state.chain.isLocal && (
                        <p class="small secondary">
                          Runs on this computer only: its stamps prove nothing to strangers.
                        </p>
                      )}
                    </>
                  ),
                ],
                ['Contract', state.chain && <Hash value={state.chain.contract} noun="contract address" />],
                ['Version', state.version],
              ]}
            />
          </div>
        )}
        {problem && (
          <Notice tone="contradicted" title="Not unpaired" role="alert">
            {problem.message}
          </Notice>
        )}
        {(state?.status === 'not-paired' || state?.status === 'refused') && <PairForm store={store} />}
      </div>
    </section>
  );
}
