/**
 * A page may change a style sheet by script without its text changing (that is how most style libraries work), so the
 * text that was sent is not always what the page shows.
 */

/** The rules of a sheet as they are now, or undefined when the page may not read them (another site's sheet). */
export function liveRules(sheet: CSSStyleSheet | null): string[] | undefined {
  try {
    return sheet ? [...sheet.cssRules].map((rule) => rule.cssText) : undefined;
  } catch {
    return undefined; // SecurityError: the sheet is another site's.
  }
}

/**
 * The text of a sheet that shows what `live` shows: the source where the two agree, because it keeps what the browser
 * does not know; the live rules where a script changed them.
 */
export function currentCss(source: string, live: string[] | undefined): string {
  if (!live) return source;
  const parsed = new CSSStyleSheet();
  parsed.replaceSync(source);
  // A constructed sheet drops its imports, so they cannot be compared.
  const withoutImports = (rules: string[]) => rules.filter((rule) => !rule.startsWith('@import')).join('\n');
  return withoutImports(liveRules(parsed) ?? []) === withoutImports(live) ? source : live.join('\n');
}
