import { useId, useState } from 'preact/hooks';

import { DropIcon } from './Icon.tsx';

export interface DropZoneProps {
  text: string;
  isLarge?: boolean;
  onFile: (file: File) => void;
}

/** Takes one file: dropped, or chosen by click or keyboard. */
export function DropZone({ text, isLarge, onFile }: DropZoneProps) {
  const id = useId();
  const [isOver, setOver] = useState(false);
  return (
    <label
      class="drop-zone"
      for={id}
      data-over={isOver ? '' : undefined}
      data-large={isLarge ? '' : undefined}
      onDragEnter={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragOver={(event) => event.preventDefault()}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const file = event.dataTransfer?.files[0];
        if (file) onFile(file);
      }}
    >
      <DropIcon size={isLarge ? 24 : 18} />
      <span>
        {text}
        <span class="secondary">
          , or <span class="drop-choose">choose one</span>
        </span>
      </span>
      <input
        id={id}
        type="file"
        class="visually-hidden"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file) onFile(file);
        }}
      />
    </label>
  );
}
