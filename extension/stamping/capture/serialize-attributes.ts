import { attributeOf, attributesOf, localNameOf } from './dom-access.ts';
import { escapeAttribute } from './html-text.ts';
import { absolute, type CssSurroundings, inlineCss, isLoadable } from './inline-css.ts';

/** Text that is known now, or once a resource was read. */
export type Part = string | Promise<string>;

/** Attributes that name another document: the link stays one, made absolute because the file lies elsewhere. */
const linkAttributes = new Set('action cite formaction href longdesc xlink:href'.split(' '));
/** Attributes that name bytes which the element shows. */
const resourceAttributes = new Set('background data poster src'.split(' '));
/** Of no use without scripts or network, or against the file opening alone. */
const droppedAttributes = new Set(
  'autoplay crossorigin fetchpriority integrity loading nonce ping referrerpolicy sizes srcdoc srcset'.split(
    ' ',
  ),
);
/** SVG elements whose link is a resource. */
const svgImages = new Set(['image', 'feImage']);

const fallbackTypes: Record<string, string> = { video: 'video/mp4', audio: 'audio/mpeg', track: 'text/vtt' };

export type Overrides = Record<string, Part | null>;

/**
 * The attributes of one element, with a space before each, in the order in which they stand in the page.
 *
 * @param overrides values that replace (or, for null, remove) what stands in the page, or are added after it
 */
export function serializeAttributes(
  element: Element,
  baseUrl: string,
  surroundings: CssSurroundings,
  overrides: Overrides = {},
): Part[] {
  const parts: Part[] = [];
  const open = { ...overrides };
  for (const { name, value } of attributesOf(element)) {
    // A page's attribute may be named anything that its parser took; what no parser gives back is left out.
    if (!/^[^\s"'<>/=\0]+$/.test(name)) continue;
    if (name in open) {
      const override = open[name];
      if (override !== null && override !== undefined) parts.push(write(name, override));
      delete open[name];
      continue;
    }
    const kept = keptValue(element, name.toLowerCase(), value, baseUrl, surroundings);
    if (kept !== undefined) parts.push(write(name, kept));
  }
  for (const [name, value] of Object.entries(open)) if (value !== null) parts.push(write(name, value));
  return parts;
}

function write(name: string, value: Part): Part {
  return typeof value === 'string'
    ? ` ${name}="${escapeAttribute(value)}"`
    : value.then((text) => ` ${name}="${escapeAttribute(text)}"`);
}

function keptValue(
  element: Element,
  name: string,
  value: string,
  baseUrl: string,
  surroundings: CssSurroundings,
): Part | undefined {
  if (name.startsWith('on') || name.startsWith('data-hashmark') || droppedAttributes.has(name))
    return undefined;
  if (name === 'style')
    return /url|image-set|src\(/i.test(value) ? inlineCss(value, baseUrl, surroundings) : value;
  const tag = localNameOf(element);
  const isLink = linkAttributes.has(name);
  if (!isLink && !resourceAttributes.has(name)) return value;
  if (name === 'data' && tag !== 'object') return value;

  const url = absolute(value, baseUrl);
  if (!url) return value;
  // It stays a link, so that it looks like one; it leads nowhere.
  if (/^(javascript|vbscript):/i.test(url)) return isLink ? '#' : undefined;
  const isResource = isLink ? svgImages.has(tag) : !(tag === 'iframe' || tag === 'frame');
  if (!isResource || !isLoadable(url)) return url;
  return surroundings.resources
    .dataUrl(url, fallbackTypes[tag] ?? attributeOf(element, 'type') ?? 'image/png')
    .then((dataUrl) => dataUrl ?? url);
}
