import { useRef } from 'preact/hooks';

import { entriesOf, walkEntries, walkFiles } from '../../stamping/bulk/walk-entries.ts';
import { Button } from '../../ui/Button.tsx';
import { DropIcon } from '../../ui/Icon.tsx';
import { useDrop } from '../../ui/use-drop.ts';
import { largeTextCharacters } from './intake.ts';
import type { WorkbenchStore } from './store.ts';

/** Takes what is to be stamped: files, folders, lists, or digests from the clipboard. */
export function IntakePart({ store: { intake } }: { store: WorkbenchStore }) {
  const text = intake.text.value;
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLInputElement>(null);

  const takeData = (data: DataTransfer) => {
    const entries = entriesOf(data);
    const dropped = [...data.files];
    const text = data.getData('text/plain');
    if (entries.some((entry) => entry.isDirectory)) void intake.takeFound(walkEntries(entries));
    else if (dropped.length > 0) void intake.takeFiles([...walkFiles(dropped)]);
    else if (text.trim()) void intake.takeText(text);
  };
  const zone = useDrop(takeData);

  return (
    <section class="intake" aria-labelledby="intake-heading">
      <div class="check-head">
        <h1 id="intake-heading">Stamp many at once</h1>
        <p class="secondary">
          Files are hashed here. Only digests leave this computer: no content, no name, no path. Each gets a
          proof of its own, and the proof needs its file: keep it.
        </p>
      </div>
      <div class="drop-zone work-drop" {...zone}>
        <DropIcon size={24} />
        <p class="work-drop-text">Drop files, folders or a list of digests</p>
        <div class="form-actions">
          <Button onClick={() => files.current?.click()}>Choose files</Button>
          <Button onClick={() => folder.current?.click()}>Choose a folder</Button>
          <Button onClick={() => list.current?.click()}>Choose a list</Button>
        </div>
        <p class="small secondary">A list: SHA256SUMS in any of its forms, CSV with a column of digests</p>
        <Picker
          input={files}
          label="Files to stamp"
          onFiles={(chosen) => intake.takeFiles([...walkFiles(chosen)])}
        />
        <Picker
          input={folder}
          label="Folder to stamp"
          isFolder
          onFiles={(chosen) => intake.takeFound(toAsync(walkFiles(chosen)))}
        />
        <Picker
          input={list}
          label="List of digests"
          isSingle
          onFiles={([chosen]) => (chosen ? intake.takeList(chosen) : undefined)}
        />
      </div>
      <form
        class="field"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim()) void intake.takeField();
        }}
      >
        <label for="digests-input">Or paste digests</label>
        <textarea
          id="digests-input"
          class="input mono"
          rows={3}
          value={text}
          placeholder="64 hex digits a line, with or without a name"
          spellcheck={false}
          autocomplete="off"
          dir="ltr"
          onInput={(event) => {
            intake.text.value = event.currentTarget.value;
          }}
          onPaste={(event) => {
            const pasted = event.clipboardData?.getData('text/plain') ?? '';
            if (pasted.length < largeTextCharacters) return;
            event.preventDefault();
            const { value, selectionStart, selectionEnd } = event.currentTarget;
            void intake.takeText(value.slice(0, selectionStart) + pasted + value.slice(selectionEnd));
          }}
          // The page lets nothing be dropped elsewhere; a little text goes to where it was dropped.
          onDragOver={(event) => {
            if (!event.dataTransfer?.types.includes('Files')) event.stopPropagation();
          }}
          onDrop={(event) => {
            if (!event.dataTransfer) return;
            if (isLittleText(event.dataTransfer)) event.stopPropagation();
            else takeData(event.dataTransfer);
          }}
        />
        <div class="form-actions">
          <Button type="submit" isDisabled={!text.trim()}>
            Read digests
          </Button>
        </div>
      </form>
    </section>
  );
}

/** What the field itself can take. */
function isLittleText(data: DataTransfer): boolean {
  return !data.types.includes('Files') && data.getData('text/plain').length < largeTextCharacters;
}

interface PickerProps {
  input: { current: HTMLInputElement | null };
  label: string;
  isFolder?: boolean;
  isSingle?: boolean;
  onFiles: (files: File[]) => unknown;
}

/** The browser's own dialog behind a button. */
function Picker({ input, label, isFolder, isSingle, onFiles }: PickerProps) {
  return (
    <input
      ref={input}
      type="file"
      hidden
      aria-label={label}
      multiple={!isSingle}
      // Known to every browser, and to no standard.
      {...(isFolder ? { webkitdirectory: true } : {})}
      onChange={(event) => {
        const chosen = [...(event.currentTarget.files ?? [])];
        // The same choice again is a change, too.
        event.currentTarget.value = '';
        onFiles(chosen);
      }}
    />
  );
}

async function* toAsync<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}
