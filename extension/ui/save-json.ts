/** Hands a text to the user's downloads as a JSON file. For pages only: it needs a document. */
export function saveJson(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  link.download = name;
  link.click();
  // The download has taken the content by then; the page may stay open for days.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
