import { Button } from '../../ui/Button.tsx';
import { formatCount, formatHost } from '../../ui/format.ts';
import { StampIcon } from '../../ui/Icon.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { OutcomeBadge } from '../../ui/OutcomeIcon.tsx';
import { countOutcomes, sortWorstFirst } from '../../ui/outcome.ts';
import { Switch } from '../../ui/Switch.tsx';
import { VerdictRow } from '../../ui/VerdictRow.tsx';
import { StampMethod } from './StampMethod.tsx';
import { StampTerms } from './StampTerms.tsx';
import type { PopupStore } from './store.ts';

/** The page in front of the user: stamp it, and what its hashes are worth. */
export function PagePanel({ store }: { store: PopupStore }) {
  const site = store.site.data.value;
  const { actions } = store;
  const problem = actions.problemOf('stamp-page');
  const isImpossible = site?.isPossible === false;
  return (
    <section class="card page-panel" aria-labelledby="page-heading">
      <div class="page-head">
        <h2 id="page-heading" class="cut" dir="auto" title={store.tab.value?.title}>
          {store.tab.value?.title || 'This page'}
        </h2>
        <p class="small secondary cut" title={site?.origin ?? undefined}>
          {site?.origin ? formatHost(site.origin) : isImpossible ? 'A page of the browser' : ' '}
        </p>
      </div>
      {isImpossible ? (
        <p class="page-note small secondary">
          The browser lets no extension read this page, so it can be neither stamped nor checked.
        </p>
      ) : (
        <div class="page-stamp">
          <StampMethod store={store} />
          <Button
            kind="primary"
            isWide
            isBusy={actions.isBusy('stamp-page')}
            isDisabled={!store.tab.value || store.companion.data.value?.status === 'not-paired'}
            onClick={store.stampPage}
          >
            {!actions.isBusy('stamp-page') && <StampIcon />}
            {actions.isBusy('stamp-page') ? 'Capturing the page' : 'Stamp this page'}
          </Button>
          <StampTerms store={store} />
          {problem && (
            <Notice tone="contradicted" title="The page was not stamped" role="alert">
              {problem.message}
            </Notice>
          )}
        </div>
      )}
      {site && !isImpossible && <Checking store={store} />}
    </section>
  );
}

function Checking({ store }: { store: PopupStore }) {
  const site = store.site.data.value;
  const { actions } = store;
  const problem = actions.problemOf('site');
  if (!site) return null;
  const host = site.origin ? formatHost(site.origin) : 'this site';
  const isOn = site.isPermitted && (site.isEnabledForSite || site.isEnabledForAll);
  const isOnForAll = site.isEnabledForAll && site.isPermittedForAll;
  const isTakenBack = !site.isPermitted && (site.isEnabledForSite || site.isEnabledForAll);
  return (
    <div class="checking">
      <Switch
        label={`Check hashes on ${host}`}
        hint={
          isOnForAll
            ? 'On, because every site is checked.'
            : 'Compared on this computer: nothing about the page leaves it.'
        }
        isOn={isOn}
        isDisabled={actions.isBusy('site') || isOnForAll}
        onChange={(on) => void store.setSite('site', on)}
      />
      {isTakenBack && (
        <Notice tone="unfamiliar" title="Permission taken back">
          The browser no longer lets Hashmark read {host}. Turn the switch on to be asked again.
        </Notice>
      )}
      {problem && (
        <Notice tone="unchecked" title="Not switched" role="alert">
          {problem.message}
        </Notice>
      )}
      {isOn && <Verdicts store={store} />}
      <Switch
        label="Check every site"
        isOn={isOnForAll}
        isDisabled={actions.isBusy('site')}
        onChange={(on) => void store.setSite('all', on)}
      />
    </div>
  );
}

function Verdicts({ store }: { store: PopupStore }) {
  const found = store.verdicts.data.value;
  const error = store.verdicts.error.value;
  if (!found) {
    return error ? (
      <Notice tone="unchecked" title="The page's verdicts could not be had" role="alert">
        {error.message}
      </Notice>
    ) : null;
  }
  const { verdicts, candidateCount, isIncomplete, reason, notice, isListCut } = found;
  return (
    <div class="verdicts">
      {isIncomplete && (
        <Notice tone="unchecked" title="Not everything could be checked">
          {reason ?? 'The record of your issuers could not be read, so a missing badge proves nothing.'}
        </Notice>
      )}
      {notice && (
        <Notice tone="unfamiliar" title="This page interferes">
          {notice}
        </Notice>
      )}
      {isListCut && (
        <Notice tone="unchecked" title="Not every verdict could be kept">
          The browser has no room left for this list. The badges beside the hashes are right. Close tabs that
          you no longer need, then reload this page to see all of them here.
        </Notice>
      )}
      {verdicts.length === 0 ? (
        !isIncomplete &&
        !isListCut && (
          <p class="small secondary">
            {candidateCount === 0
              ? 'No hash stands on this page.'
              : `${formatCount(candidateCount, 'hash', 'hashes')} on this page, none with a record.`}
          </p>
        )
      ) : (
        <>
          <p class="verdict-counts" role="status">
            {countOutcomes(verdicts).map(({ outcome, count }) => (
              <OutcomeBadge key={outcome} outcome={outcome} count={count} />
            ))}
            <span class="small secondary">of {formatCount(candidateCount, 'hash', 'hashes')} seen</span>
          </p>
          <ul class="verdict-list rows">
            {sortWorstFirst(verdicts).map((verdict) => (
              <li key={`${verdict.hash.value} ${verdict.outcome} ${verdict.reason}`}>
                <VerdictRow
                  verdict={verdict}
                  nowMs={store.nowMs.value}
                  onOpen={() => store.openVerdict(verdict)}
                />
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
