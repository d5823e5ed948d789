import { formatBytes } from '../../../shared/format.ts';
import type { TableChoice } from '../../stamping/bulk/read-list.ts';
import { Button } from '../../ui/Button.tsx';
import { formatCount, formatNumber } from '../../ui/format.ts';
import { describeHashing } from '../../ui/hashing.ts';
import { Notice } from '../../ui/Notice.tsx';
import type { ListSource, ReadyDraft } from './intake.ts';
import { RowTable } from './RowTable.tsx';
import type { WorkbenchStore } from './store.ts';

/** What was given, read and ready to be stamped, or on its way there. */
export function DraftPart({ store }: { store: WorkbenchStore }) {
  const { intake } = store;
  const draft = intake.draft.value;
  if (!draft) return null;
  if (draft.state === 'ready') return <ReadyPart store={store} draft={draft} />;
  const cancel = (
    <Button size="small" onClick={intake.discard}>
      {draft.state === 'failed' ? 'Choose something else' : 'Cancel'}
    </Button>
  );
  return (
    <section class="intake">
      <h1 class="visually-hidden">Stamp many at once</h1>
      {draft.state === 'failed' && (
        <Notice tone="unchecked" title={`${draft.name} cannot be stamped`} role="alert" actions={cancel}>
          {draft.problem.message}
        </Notice>
      )}
      {draft.state === 'reading' && (
        <Notice tone="pending" title={`Reading ${draft.name}`} role="status" actions={cancel} />
      )}
      {draft.state === 'hashing' && (
        <Notice tone="pending" title="Computing digests" role="status" actions={cancel}>
          {/* Only that it began is announced: the numbers change with every frame. */}
          <p aria-live="off">
            {formatNumber(draft.hashed)} of {formatCount(draft.found, 'file')} hashed,{' '}
            {describeHashing(draft) ?? `${formatBytes(draft.bytesDone)} read`}
          </p>
          <progress
            class="progress"
            value={draft.bytesDone}
            max={Math.max(1, draft.sizeBytes)}
            aria-label="Bytes hashed of the files found"
          />
        </Notice>
      )}
    </section>
  );
}

function ReadyPart({ store, draft }: { store: WorkbenchStore; draft: ReadyDraft }) {
  const { intake, actions, companion } = store;
  const count = draft.rows.length;
  const problem = actions.problemOf('stamp');
  const chain = companion.data.value?.chain;
  return (
    <section class="intake" aria-labelledby="draft-heading">
      <div class="list-head">
        <div class="list-title">
          <h1 id="draft-heading" class="cut" title={draft.name} aria-describedby="draft-content">
            <bdi>{draft.name}</bdi>
          </h1>
          <p id="draft-content" class="secondary">
            {formatCount(count, 'digest')}
            {draft.source?.kind === 'text' && describeText(draft.source)}
            {draft.duplicateCount > 0 && `, ${formatCount(draft.duplicateCount, 'repetition')} left out`}
          </p>
        </div>
        <div class="form-actions">
          <Button kind="quiet" onClick={intake.discard}>
            Discard
          </Button>
          <Button
            kind="primary"
            isBusy={actions.isBusy('stamp')}
            isDisabled={count === 0}
            onClick={() => void store.stampDraft()}
          >
            Stamp {formatCount(count, 'digest')}
          </Button>
        </div>
      </div>
      <p class="small secondary">
        Only these digests leave this computer. Names stay here.
        {chain &&
          (chain.isLocal
            ? ` They are anchored on ${chain.name}, which runs on this computer only and proves nothing to strangers.`
            : ` They are anchored on ${chain.name}; that costs one transaction for all digests of a seed.`)}
      </p>
      {problem && (
        <Notice tone="contradicted" title="Not handed over" role="alert">
          {problem.message}
        </Notice>
      )}
      {draft.source?.kind === 'file' && (
        <Notice
          tone="neutral"
          title="Read as a list"
          actions={
            <Button size="small" onClick={intake.hashListFile}>
              Stamp the file itself
            </Button>
          }
        >
          {`The digests in ${draft.source.file.name} will be stamped, not the file.`}
        </Notice>
      )}
      {draft.table && <Columns draft={draft.table} onChoose={intake.choose} />}
      <Problems draft={draft} />
      {count > 0 && <RowTable table={intake.table} onOpen={store.openReport} />}
    </section>
  );
}

function describeText({ lineCount, sizeBytes }: ListSource & { kind: 'text' }): string {
  return ` from ${formatCount(lineCount, 'pasted line')} (${formatBytes(sizeBytes)})`;
}

function Columns({
  draft: { kind, choice },
  onChoose,
}: {
  draft: NonNullable<ReadyDraft['table']>;
  onChoose: (change: Partial<TableChoice>) => void;
}) {
  return (
    <fieldset class="columns">
      <legend class="visually-hidden">Columns of the table</legend>
      <label>
        <span>Digests are in</span>
        <select
          class="input"
          value={choice.digestColumn}
          onChange={(event) => onChoose({ digestColumn: Number(event.currentTarget.value) })}
        >
          {kind.columns.map(({ index, label, digestCount }) => (
            <option key={index} value={index} disabled={digestCount === 0}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>Names are in</span>
        <select
          class="input"
          value={choice.nameColumn ?? ''}
          onChange={({ currentTarget: { value } }) =>
            onChoose({ nameColumn: value === '' ? undefined : Number(value) })
          }
        >
          <option value="">no column</option>
          {kind.columns.map(({ index, label }) => (
            <option key={index} value={index}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label class="columns-heading">
        <input
          type="checkbox"
          checked={choice.hasHeading}
          onChange={(event) => onChoose({ hasHeading: event.currentTarget.checked })}
        />
        <span>The first line is a heading</span>
      </label>
    </fieldset>
  );
}

/** What is not among the rows, and why. */
function Problems({ draft: { unreadable, unreadableCount, problems } }: { draft: ReadyDraft }) {
  if (unreadableCount === 0 && problems.length === 0) return null;
  return (
    <Notice
      tone="unfamiliar"
      title={
        unreadableCount > 0
          ? `${formatCount(unreadableCount, 'line')} without a digest`
          : `${formatCount(problems.length, 'file')} could not be read`
      }
    >
      <details class="fold">
        <summary>{unreadableCount > 0 ? 'They will not be stamped' : 'Which, and why'}</summary>
        <ul>
          {unreadable.map(({ line, text }) => (
            <li key={line}>
              Line {formatNumber(line)}: <code>{text || '(empty)'}</code>
            </li>
          ))}
          {problems.slice(0, 100).map(({ path, message }) => (
            <li key={path}>
              <bdi>{path}</bdi>: {message}
            </li>
          ))}
        </ul>
      </details>
    </Notice>
  );
}
