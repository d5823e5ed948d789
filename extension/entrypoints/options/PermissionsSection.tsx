import { ConfirmButton } from '../../ui/ConfirmButton.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { Switch } from '../../ui/Switch.tsx';
import { allSites } from '../../verifying/site-patterns.ts';
import type { OptionsStore } from './store.ts';

/** What the browser lets Hashmark do, with a switch for each thing beyond the least. */
export function PermissionsSection({ store }: { store: OptionsStore }) {
  const { actions, granted, site } = store;
  const isEverySiteOn = !!site.data.value?.isEnabledForAll && isGrantedEverywhere(store);
  const everySiteProblem = actions.problemOf('every-site');
  const captureProblem = actions.problemOf('page-capture');
  return (
    <section class="settings" aria-labelledby="permissions-heading">
      <div class="settings-head">
        <h2 id="permissions-heading">What Hashmark may do</h2>
        <p class="secondary">
          It starts with the least: the page you click on, and the companion on this computer. The rest is
          yours to give and to take back.
        </p>
      </div>
      <div class="card rows">
        <div class="settings-card stack">
          <Switch
            label="Check every site"
            hint="Looks for hashes on every page you open and marks those with a record. Off: only on sites where you switch it on in the popup."
            isOn={isEverySiteOn}
            isDisabled={actions.isBusy('every-site')}
            onChange={(isOn) => void store.setEverySite(isOn)}
          />
          {everySiteProblem && (
            <Notice tone="unchecked" title="Not switched" role="alert">
              {everySiteProblem.message}
            </Notice>
          )}
        </div>
        {store.canCapturePages && (
          <div class="settings-card stack">
            <Switch
              label="Complete captures"
              hint="Saves a stamped page with everything on it, also what the page itself may not read, as one MHTML file."
              isOn={!!granted.data.value?.permissions.includes('pageCapture')}
              isDisabled={actions.isBusy('page-capture')}
              onChange={(isOn) => void store.setPageCapture(isOn)}
            />
            {captureProblem && (
              <Notice tone="unchecked" title="Not switched" role="alert">
                {captureProblem.message}
              </Notice>
            )}
          </div>
        )}
        {store.allowedSites.value.length > 0 && (
          <div class="settings-card stack">
            <h3>Sites you allowed</h3>
            <ul class="allowed-sites">
              {store.allowedSites.value.map((origin) => (
                <li key={origin}>
                  <code class="cut">{origin.replace(/\/\*$/, '')}</code>
                  <ConfirmButton
                    size="small"
                    question="Take it back?"
                    confirmLabel="Remove"
                    isBusy={actions.isBusy(`site ${origin}`)}
                    onConfirm={() => void store.removeSite(origin)}
                  >
                    Remove
                  </ConfirmButton>
                </li>
              ))}
            </ul>
          </div>
        )}
      </div>
    </section>
  );
}

function isGrantedEverywhere({ granted }: OptionsStore): boolean {
  const origins = granted.data.value?.origins ?? [];
  return origins.includes('<all_urls>') || allSites.every((site) => origins.includes(site));
}
