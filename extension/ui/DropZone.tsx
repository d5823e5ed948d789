import { DropIcon } from './Icon.tsx';
import { useDrop } from './use-drop.ts';

export interface DropZoneProps {
  text: string;
  /** Below the text, in small. */
  hint?: string | undefined;
  isLarge?: boolean;
  /** Takes several files at once; else the first of them. */
  isMultiple?: boolean;
  /** At least one. */
  onFiles: (files: File[]) => void;
}

/** Takes files: dropped, or chosen by click or keyboard. */
export function DropZone({ text, hint, isLarge, isMultiple, onFiles }: DropZoneProps) {
  const take = (files: FileList | null) => {
    const given = [...(files ?? [])].slice(0, isMultiple ? undefined : 1);
    if (given.length > 0) onFiles(given);
  };
  const drop = useDrop(({ files }) => take(files));
  return (
    <label class="drop-zone" data-large={isLarge ? '' : undefined} {...drop}>
      <DropIcon size={isLarge ? 24 : 18} />
      <span>
        {text}
        <span class="secondary">
          , or <span class="drop-choose">{isMultiple ? 'choose' : 'choose one'}</span>
        </span>
        {hint && <span class="drop-hint small secondary">{hint}</span>}
      </span>
      <input
        type="file"
        class="visually-hidden"
        multiple={isMultiple}
        onChange={({ currentTarget: input }) => {
          take(input.files);
          // The same choice again is a change, too.
          input.value = '';
        }}
      />
    </label>
  );
}
