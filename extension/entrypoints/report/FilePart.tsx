import { formatBytes } from '../../../shared/format.ts';
import { Button } from '../../ui/Button.tsx';
import { DropZone } from '../../ui/DropZone.tsx';
import { Hash } from '../../ui/Hash.tsx';
import { describeHashing } from '../../ui/hashing.ts';
import { Notice } from '../../ui/Notice.tsx';
import type { ReportStore } from './store.ts';

/** Holds a file of the user's against the hash. */
export function FilePart({ store }: { store: ReportStore }) {
  const file = store.file.value;
  const isMatch = store.isMatch.value;
  const noun = store.hash.value?.kind === 'digest' ? 'digest' : 'CID';
  if (!file)
    return (
      <DropZone
        text={`Drop a file to see whether this is its ${noun}`}
        onFiles={([file]) => file && store.checkFile(file)}
      />
    );
  const { name } = file;
  if (file.state === 'hashing') {
    return (
      <Notice
        tone="pending"
        title={`Computing the fingerprint of ${name}`}
        role="status"
        actions={
          <Button size="small" onClick={store.forgetFile}>
            Cancel
          </Button>
        }
      >
        {/* Only that it began is announced, not every step. */}
        <p aria-live="off">{describeHashing(file)}</p>
        <progress
          class="progress"
          value={file.bytesDone}
          max={Math.max(1, file.sizeBytes)}
          aria-label="Part of the file that was read"
        />
      </Notice>
    );
  }
  if (file.state === 'failed') {
    return (
      <Notice
        tone="unchecked"
        title={`${name} could not be read`}
        role="alert"
        actions={
          <Button size="small" onClick={store.forgetFile}>
            Choose another file
          </Button>
        }
      >
        {file.problem.message}
      </Notice>
    );
  }
  const { fingerprint } = file;
  const problem = store.actions.problemOf('file');
  const outcome = store.shownVerdict.value?.outcome;
  return (
    <Notice
      // Green stays for what a chain confirms: that a file is the one asked about says nothing of its stamp.
      tone={isMatch ? (outcome === 'confirmed' ? 'confirmed' : 'neutral') : 'contradicted'}
      title={isMatch ? 'This is the file' : 'This is a different file'}
      role="status"
      actions={
        <>
          {!isMatch && (
            <Button
              size="small"
              isBusy={store.actions.isBusy('file')}
              onClick={() => void store.showFile(fingerprint)}
            >
              Check this file instead
            </Button>
          )}
          <Button size="small" kind={isMatch ? 'plain' : 'quiet'} onClick={store.forgetFile}>
            {isMatch ? 'Check another file' : 'Choose another file'}
          </Button>
        </>
      }
    >
      <p>
        <strong>
          <bdi>{name}</bdi>
        </strong>{' '}
        ({formatBytes(fingerprint.sizeBytes)}){' '}
        {isMatch
          ? `has exactly this ${noun}: not one byte differs.`
          : `has another ${noun}: it was changed, or it never was the content of this one.`}
      </p>
      {!isMatch && (
        <p class="small secondary">
          Its {noun}: <Hash value={noun === 'CID' ? fingerprint.cid : fingerprint.digest} noun={noun} />
        </p>
      )}
      {problem && <p role="alert">That file could not be checked: {problem.message}</p>}
    </Notice>
  );
}
