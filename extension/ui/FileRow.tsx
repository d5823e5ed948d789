import { formatBytes } from '../../shared/format.ts';
import type { GroupFileView } from '../messages.ts';
import { ConfirmButton } from './ConfirmButton.tsx';
import { Hash } from './Hash.tsx';
import { ConfirmedIcon, DeleteIcon } from './Icon.tsx';
import { FileTypeIcon } from './KindIcon.tsx';

export interface FileRowProps {
  file: GroupFileView;
  onOpenReport: () => void;
  onDelete: () => void;
}

/** One file of a group. Only what is not stamped can be deleted: a stamp stays. */
export function FileRow({ file, onOpenReport, onDelete }: FileRowProps) {
  return (
    <li class="file">
      <span class="file-type">
        <FileTypeIcon mimetype={file.mimetype} size={15} />
      </span>
      <div class="file-main">
        <button
          type="button"
          class="file-name cut"
          dir="auto"
          title={`Open the report of ${file.name}`}
          onClick={onOpenReport}
        >
          {file.name}
        </button>
        <p class="file-facts small secondary">
          <span class="file-size">{formatBytes(file.sizeBytes)}</span>
          <Hash value={file.cid} noun="CID" isShort />
        </p>
      </div>
      {file.isStamped ? (
        <span class="file-state" data-tone="confirmed" title="Stamped on the chain">
          <ConfirmedIcon />
          <span class="visually-hidden">stamped</span>
        </span>
      ) : (
        <span class="file-state">
          <span class="tag">not stamped</span>
          <ConfirmButton
            size="small"
            iconLabel={`Delete ${file.name} from the group`}
            question="Delete it?"
            confirmLabel="Delete"
            onConfirm={onDelete}
          >
            <DeleteIcon size={14} />
          </ConfirmButton>
        </span>
      )}
    </li>
  );
}
