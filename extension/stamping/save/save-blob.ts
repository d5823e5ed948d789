/** A download reads from the object URL for as long as it runs: a large file needs a while. */
export const keepUrlMs = 5 * 60_000;

/**
 * Saves a blob to the user's downloads, by a link that is clicked: that needs no permission, and a document.
 *
 * The type is withheld, because a browser changes a name whose extension it thinks does not fit the type.
 */
export function saveBlob(document: Document, bytes: Blob, name: string): void {
  const url = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), keepUrlMs);
}
