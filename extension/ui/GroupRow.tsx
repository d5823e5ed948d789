import { useId } from 'preact/hooks';

import type { ErrorData } from '../../shared/errors.ts';
import type { GroupFileView, GroupView } from '../messages.ts';
import { Button } from './Button.tsx';
import { FileRow } from './FileRow.tsx';
import { formatCount } from './format.ts';
import { ChevronIcon, LockIcon, StampIcon } from './Icon.tsx';
import { Notice } from './Notice.tsx';
import { Loading } from './parts.tsx';

/** The files of an open group. */
export interface GroupContent {
  files: GroupFileView[] | undefined;
  error: ErrorData | undefined;
}

export interface GroupRowProps {
  group: GroupView;
  isOpen: boolean;
  /** Present once the group was opened. */
  content: GroupContent | undefined;
  isStamping: boolean;
  /** Why the last try to stamp it, or to delete from it, failed. */
  problem: ErrorData | undefined;
  onToggle: () => void;
  onStamp: () => void;
  onReload: () => void;
  onOpenReport: (cid: string) => void;
  onDeleteFile: (cid: string) => void;
}

/** One group: folded to a line, or open with its files and the button that stamps what is new. */
export function GroupRow({ group, isOpen, content, isStamping, problem, ...actions }: GroupRowProps) {
  const id = useId();
  const files = content?.files;
  const unstamped = files?.filter(({ isStamped }) => !isStamped).length;
  return (
    <div class="group" data-open={isOpen ? '' : undefined}>
      <h3>
        <button
          type="button"
          class="group-head"
          aria-expanded={isOpen}
          aria-controls={isOpen ? id : undefined}
          onClick={actions.onToggle}
        >
          <span class="group-chevron">
            <ChevronIcon size={14} />
          </span>
          <span class="cut" dir="auto" title={group.name}>
            {group.name}
          </span>
          {group.network === 'private' && (
            <span class="faint" title="Private: its files are not published">
              <LockIcon size={13} />
              <span class="visually-hidden">private</span>
            </span>
          )}
          <span class="group-count small secondary">{formatCount(group.fileCount, 'file')}</span>
        </button>
      </h3>
      {isOpen && (
        <div id={id} class="group-body">
          {problem && (
            <Notice tone="contradicted" title="That did not work" role="alert">
              {problem.message}
            </Notice>
          )}
          {content?.error && !files && (
            <Notice
              tone="unchecked"
              title="The files could not be listed"
              actions={
                <Button size="small" onClick={actions.onReload}>
                  Try again
                </Button>
              }
            >
              {content.error.message}
            </Notice>
          )}
          {!files && !content?.error && <Loading text="Listing files" />}
          {files?.length === 0 && <p class="small secondary">No files yet. What you stamp lands here.</p>}
          {files && files.length > 0 && (
            <ul class="files">
              {files.map((file) => (
                <FileRow
                  key={file.cid}
                  file={file}
                  onOpenReport={() => actions.onOpenReport(file.cid)}
                  onDelete={() => actions.onDeleteFile(file.cid)}
                />
              ))}
            </ul>
          )}
          {!!unstamped && (
            <Button size="small" isBusy={isStamping} onClick={actions.onStamp}>
              {!isStamping && <StampIcon size={14} />}
              {isStamping ? 'Stamping' : `Stamp ${formatCount(unstamped, 'new file')}`}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}
