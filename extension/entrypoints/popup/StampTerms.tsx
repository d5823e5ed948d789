import { LockIcon } from '../../ui/Icon.tsx';
import { methodTexts } from '../../ui/method.ts';
import { privacyTexts } from '../../ui/privacy.ts';
import { StampCosts } from './StampCosts.tsx';
import type { PopupStore } from './store.ts';

/** Under which terms the page will be stamped: what leaves this computer, who can fetch it, in which group it goes, what it costs. */
export function StampTerms({ store }: { store: PopupStore }) {
  return store.method.data.value === 'hash-only' ? (
    <div class="stamp-terms small secondary">
      <p>{methodTexts['hash-only'].short}</p>
      <StampCosts store={store} />
    </div>
  ) : (
    <UploadTerms store={store} />
  );
}

function UploadTerms({ store }: { store: PopupStore }) {
  const privacy = store.privacy.data.value;
  const groups = store.isConnected.value ? store.groups.data.value : undefined;
  return (
    <div class="stamp-terms small secondary">
      <p>{methodTexts.upload.short}</p>
      <StampCosts store={store} />
      {privacy && (
        <p class="stamp-privacy">
          {privacy === 'private' && <LockIcon size={13} />}
          <span>{privacyTexts[privacy].short}</span>
          <button type="button" class="text-button" onClick={store.openPrivacy}>
            Change<span class="visually-hidden"> who can fetch what you stamp</span>
          </button>
        </p>
      )}
      {!!groups?.length && (
        <label class="stamp-group">
          <span>Group</span>
          <select
            value={store.stampGroupId.value}
            dir="auto"
            onChange={(event) => {
              store.stampGroupId.value = event.currentTarget.value;
            }}
          >
            <option value="">Today’s stamps</option>
            {groups.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}
