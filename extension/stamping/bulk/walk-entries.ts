/** A file with the path under which it was found. */
export interface FoundFile {
  file: File;
  /** For people: `folder/name`. */
  path: string;
}

/** Folders in folders in folders: a loop of links would never end. */
const deepest = 64;

/**
 * Every file among what was dropped, folders walked through, in the order in which a file manager lists them. Call
 * `entriesOf` in the drop event itself: its data is gone after it.
 */
export async function* walkEntries(
  entries: readonly FileSystemEntry[],
  depth = 0,
): AsyncGenerator<FoundFile> {
  for (const entry of entries) {
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) =>
        (entry as FileSystemFileEntry).file(resolve, reject),
      );
      yield { file, path: entry.fullPath.replace(/^\//, '') };
    } else if (depth < deepest) {
      yield* walkEntries(await listFolder(entry as FileSystemDirectoryEntry), depth + 1);
    }
  }
}

/** What was dropped, folders as folders. Empty for text and links. */
export function entriesOf(data: DataTransfer): FileSystemEntry[] {
  return [...data.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
}

/** A reader gives some entries at a time (a hundred in Chromium), and none at the end. */
async function listFolder(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const entries: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) break;
    entries.push(...some);
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Every file of a file picker, or of a folder picker. */
export function* walkFiles(files: Iterable<File>): Generator<FoundFile> {
  for (const file of files) yield { file, path: file.webkitRelativePath || file.name };
}
