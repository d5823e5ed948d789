import { useId, useState } from 'preact/hooks';

import type { ErrorData } from '../../shared/errors.ts';
import type { Privacy } from '../stamping/privacy.ts';
import { Button } from './Button.tsx';
import { Notice } from './Notice.tsx';
import { Switch } from './Switch.tsx';

export interface NewGroupFormProps {
  /** The user's choice for what is stamped: the form begins with it. */
  privacy: Privacy;
  isBusy: boolean;
  problem: ErrorData | undefined;
  onCreate: (name: string, network: 'public' | 'private') => void;
  onCancel: () => void;
}

/** Names a new group and chooses whether its files are published. */
export function NewGroupForm({ privacy, isBusy, problem, onCreate, onCancel }: NewGroupFormProps) {
  const id = useId();
  const [name, setName] = useState('');
  const [isPrivate, setPrivate] = useState(privacy === 'private');
  const trimmed = name.trim();
  return (
    <form
      class="new-group"
      onSubmit={(event) => {
        event.preventDefault();
        if (trimmed) onCreate(trimmed, isPrivate ? 'private' : 'public');
      }}
    >
      <div class="field">
        <label for={id}>Name of the group</label>
        <input
          id={id}
          class="input"
          value={name}
          dir="auto"
          autocomplete="off"
          placeholder="For instance: Contracts 2026"
          // The form was opened to type into it.
          ref={(input) => {
            if (input && !name) input.focus();
          }}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </div>
      <Switch
        label="Private"
        hint="Its files stay with the service and are not published."
        isOn={isPrivate}
        onChange={setPrivate}
      />
      {problem && (
        <Notice tone="contradicted" title="The group was not created" role="alert">
          {problem.message}
        </Notice>
      )}
      <div class="form-actions">
        <Button type="submit" kind="primary" isBusy={isBusy} isDisabled={!trimmed}>
          Create group
        </Button>
        <Button kind="quiet" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
