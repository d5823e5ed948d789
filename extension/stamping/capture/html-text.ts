// Serialising HTML: https://html.spec.whatwg.org/multipage/parsing.html#serialising-html-fragments

/** Elements without content and end tag. */
export const voidElements = new Set(
  'area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr'.split(
    ' ',
  ),
);

/** Elements whose text the parser takes literally. */
export const literalTextElements = new Set('style xmp iframe noembed noframes plaintext'.split(' '));

/** A first line break inside these is eaten by the parser, so one that is there needs another before it. */
export const lineBreakEaters = new Set(['pre', 'textarea', 'listing']);

const textEscapes: Record<string, string> = {
  '&': '&amp;',
  '\u00a0': '&nbsp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

export function escapeText(text: string): string {
  return text.replaceAll(/[&\u00a0<>]/g, (character) => textEscapes[character] ?? character);
}

export function escapeAttribute(text: string): string {
  return text.replaceAll(/[&\u00a0<>"]/g, (character) => textEscapes[character] ?? character);
}

/**
 * Text of an element that takes it literally. Where a script put such an element, the parser may not know it as one (inside
 * a title or an SVG, for instance): so nothing in it may begin a tag, which then shows as `&lt;`.
 */
export function escapeLiteral(text: string): string {
  return text.replaceAll(/<(?=[a-z/!?]|$)/gi, '&lt;');
}

/** Text that may stand inside `<style>`: CSS reads `<\/style` as `</style`, and the parser does not end there. */
export function escapeStyle(css: string): string {
  return css.replaceAll(/<\/(?=style)/gi, '<\\/');
}
