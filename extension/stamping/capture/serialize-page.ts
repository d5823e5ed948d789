import {
  adoptedSheetsOf,
  attributeOf,
  baseUrlOf,
  childrenOf,
  compatModeOf,
  doctypeOf,
  documentUrlOf,
  fontsOf,
  localNameOf,
  namespaceOf,
  nodeTypeOf,
  parentOf,
  rootElementOf,
} from './dom-access.ts';
import {
  escapeAttribute,
  escapeLiteral,
  escapeStyle,
  escapeText,
  lineBreakEaters,
  literalTextElements,
  voidElements,
} from './html-text.ts';
import { absolute, type CssSurroundings, decodeCss, inlineCss } from './inline-css.ts';
import { createLoadedFonts } from './loaded-fonts.ts';
import type { Resources } from './resources.ts';
import { type Overrides, type Part, serializeAttributes } from './serialize-attributes.ts';
import { currentCss, liveRules } from './style-sheets.ts';

export interface SerializeOptions {
  resources: Resources;
  /** The shadow root of an element, closed ones too where the browser allows it. */
  shadowRootOf: (element: Element) => ShadowRoot | null;
}

/** Frames inside frames: a page deeper than this is a loop. */
const deepestFrame = 8;
const htmlNamespace = 'http://www.w3.org/1999/xhtml';

/** Elements that do nothing without scripts, or that our own badges stand in. */
const droppedElements = new Set(['base', 'noscript', 'script', 'template']);
const isOwnElement = (tag: string) => tag.startsWith('hashmark-');
/** `rel` values that only prepare for loading or would load something else. */
const droppedLinks =
  /\b(alternate stylesheet|dns-prefetch|import|manifest|modulepreload|preconnect|prefetch|preload|prerender)\b/;
const droppedMeta =
  /^(content-security-policy|content-security-policy-report-only|refresh|content-type|origin-trial)$/i;

/**
 * What the file may do when it is opened: show. Resources that stayed URLs may load, since the picture would have holes
 * otherwise; nothing runs, nothing is sent.
 */
const fileRules = [
  "default-src 'none'",
  "script-src 'none'",
  "style-src 'unsafe-inline' data: http: https:",
  'img-src data: http: https:',
  'media-src data: http: https:',
  'font-src data: http: https:',
  'frame-src data: http: https:',
  'object-src data:',
  "form-action 'none'",
  "base-uri 'none'",
].join('; ');

interface Scope extends CssSurroundings, SerializeOptions {
  baseUrl: string;
  frameDepth: number;
}

/**
 * The page as one HTML text that opens alone: what it shows now, without scripts, and with images, styles and fonts
 * inside. The same state gives the same text: no time, no random value and no order of arrival gets into it.
 *
 * The tree is walked in one go, without waiting, so that the text shows one moment; only bytes are waited for.
 *
 * Why not a library: of those with a licence we can take, rrweb-snapshot keeps a tree for replaying (no fonts, no CSS
 * resources, images re-encoded), and the archivers that inline everything are AGPL.
 */
export async function serializePage(document: Document, options: SerializeOptions): Promise<string> {
  const parts = documentParts(document, options, 0);
  const texts = await Promise.all(parts);
  // Only now is it known what could not be read.
  const missing = options.resources.missing().map((what) => metaTag('hashmark-missing', what));
  return texts.join('').replace(missingMark, () => missing.join(''));
}

const missingMark = '<!--hashmark-missing-->';

function documentParts(document: Document, options: SerializeOptions, frameDepth: number): Part[] {
  const root = rootElementOf(document);
  const scope: Scope = {
    ...options,
    baseUrl: baseUrlOf(document),
    isFontLoaded: createLoadedFonts(fontsOf(document)),
    frameDepth,
  };
  const parts: Part[] = [doctypeText(document)];
  if (!root) return parts;
  const head = [
    '<meta charset="utf-8">',
    `<meta http-equiv="content-security-policy" content="${escapeAttribute(fileRules)}">`,
    ...(frameDepth === 0 ? [metaTag('hashmark-source', documentUrlOf(document)), missingMark] : []),
  ].join('');
  const adopted = adoptedStyles(adoptedSheetsOf(document), scope);
  const ownHead = leadingHead(root);
  const newHead = ownHead ? [] : ['<head>', head, ...adopted, '</head>'];
  const isWhole = localNameOf(root) === 'html';
  if (!isWhole) parts.push(...newHead);
  walk(root, scope, parts, (element, position) => {
    if (element === root && position === 'start' && isWhole) return newHead;
    if (element === ownHead) return position === 'start' ? [head] : adopted;
    return [];
  });
  return parts;
}

/**
 * The page's head when nothing stands before it. A script can put one anywhere, but the parser makes no head of what comes
 * after content, and without a head no rules hold for the file.
 */
function leadingHead(root: Element): Element | undefined {
  const first = childrenOf(root).find(
    (child) => isElement(child) || (nodeTypeOf(child) === Node.TEXT_NODE && /\S/.test((child as Text).data)),
  );
  return first && isElement(first) && localNameOf(first) === 'head' ? first : undefined;
}

/** Quirks mode hangs on the doctype, and without one a file always has it. */
function doctypeText(document: Document): string {
  const doctype = doctypeOf(document);
  if (!doctype) return compatModeOf(document) === 'BackCompat' ? '' : '<!DOCTYPE html>';
  const { name, publicId, systemId } = doctype;
  const ids = publicId
    ? ` PUBLIC "${publicId}"${systemId ? ` "${systemId}"` : ''}`
    : systemId
      ? ` SYSTEM "${systemId}"`
      : '';
  return /[<>]/.test(name + ids) ? '<!DOCTYPE html>' : `<!DOCTYPE ${name}${ids}>`;
}

function metaTag(name: string, content: string): string {
  return `<meta name="${name}" content="${escapeAttribute(content)}">`;
}

type Additions = (element: Element, position: 'start' | 'end') => Part[];

/** Not recursive: a page can nest deeper than a stack of calls. */
function walk(root: Node, scope: Scope, parts: Part[], additions: Additions = () => []): void {
  const stack: (Node | (() => void))[] = [root];
  for (let next = stack.pop(); next; next = stack.pop()) {
    if (typeof next === 'function') {
      next();
      continue;
    }
    const type = nodeTypeOf(next);
    if (type === Node.TEXT_NODE || type === Node.CDATA_SECTION_NODE) {
      const parent = parentOf(next);
      const isLiteral =
        parent && isElement(parent) && isHtml(parent) && literalTextElements.has(localNameOf(parent));
      const text = (next as Text).data;
      parts.push(isLiteral ? escapeLiteral(text) : escapeText(text));
    } else if (isElement(next)) {
      const element = next;
      const content = startElement(element, scope, parts);
      if (!content) continue;
      parts.push(...additions(element, 'start'));
      stack.push(() => parts.push(...additions(element, 'end'), `</${tagOf(element)}>`));
      stack.push(...content.reverse());
    }
    // Comments are left out: a reader does not see them, and servers like to put times into them.
  }
}

/** Writes everything up to the children, and returns these; undefined when the element is complete or left out. */
function startElement(element: Element, scope: Scope, parts: Part[]): (Node | (() => void))[] | undefined {
  const tag = tagOf(element);
  const open = (overrides?: Overrides) =>
    parts.push(`<${tag}`, ...serializeAttributes(element, scope.baseUrl, scope, overrides), '>');
  if (!isHtml(element)) {
    if (localNameOf(element) === 'script') return undefined;
    open();
    if (localNameOf(element) === 'style') {
      parts.push(inlineCss(textOf(element), scope.baseUrl, scope).then(escapeText));
      return [];
    }
    return childrenOf(element);
  }
  if (droppedElements.has(tag) || isOwnElement(tag)) return undefined;

  switch (tag) {
    case 'link':
      parts.push(...linkParts(element as HTMLLinkElement, scope));
      return undefined;
    case 'style': {
      const sheet = (element as HTMLStyleElement).sheet;
      if (sheet?.disabled) return undefined;
      const css = currentCss(textOf(element), liveRules(sheet));
      open();
      parts.push(inlineCss(css, scope.baseUrl, scope).then(escapeStyle));
      return [];
    }
    case 'meta': {
      if (attributeOf(element, 'charset') !== null) return undefined;
      if (droppedMeta.test(attributeOf(element, 'http-equiv') ?? '')) return undefined;
      open();
      return undefined;
    }
    case 'img':
      open(imageOverrides(element as HTMLImageElement, scope));
      return undefined;
    case 'source':
      // The picture that was chosen stands in the img; the other offers would win over it.
      if (parentTag(element) !== 'picture') open();
      return undefined;
    case 'canvas':
      open(canvasOverrides(element as HTMLCanvasElement, scope));
      return childrenOf(element);
    case 'iframe':
    case 'frame':
      open(frameOverrides(element as HTMLIFrameElement, tag, scope));
      return tag === 'iframe' ? [] : undefined;
    case 'input':
      open(inputOverrides(element as HTMLInputElement));
      return undefined;
    case 'option':
      open({ selected: (element as HTMLOptionElement).selected ? '' : null });
      return childrenOf(element);
    case 'textarea':
      open();
      parts.push(`\n${escapeText((element as HTMLTextAreaElement).value)}`);
      return [];
  }
  open();
  if (voidElements.has(tag)) return undefined;
  const children = childrenOf(element);
  const [first] = children;
  if (
    lineBreakEaters.has(tag) &&
    first &&
    nodeTypeOf(first) === Node.TEXT_NODE &&
    (first as Text).data.startsWith('\n')
  )
    parts.push('\n');
  const shadow = scope.shadowRootOf(element);
  return shadow ? [...shadowContent(shadow, scope, parts), ...children] : children;
}

/** A shadow tree as the parser takes it back: a template at the start of its host. */
function shadowContent(shadow: ShadowRoot, scope: Scope, parts: Part[]): (Node | (() => void))[] {
  const delegates = shadow.delegatesFocus ? ' shadowrootdelegatesfocus=""' : '';
  parts.push(`<template shadowrootmode="${shadow.mode}"${delegates}>`);
  const adopted = adoptedStyles(shadow.adoptedStyleSheets, scope);
  return [...childrenOf(shadow), () => parts.push(...adopted, '</template>')];
}

/** Sheets that scripts attached: they win over those of the tree, so they come last. */
function adoptedStyles(sheets: Iterable<CSSStyleSheet>, scope: Scope): Part[] {
  return [...sheets]
    .filter((sheet) => !sheet.disabled)
    .flatMap((sheet) => {
      const css = (liveRules(sheet) ?? []).join('\n');
      const media = sheet.media.mediaText;
      return [
        media ? `<style media="${escapeAttribute(media)}">` : '<style>',
        inlineCss(css, scope.baseUrl, scope).then(escapeStyle),
        '</style>',
      ];
    });
}

function linkParts(link: HTMLLinkElement, scope: Scope): Part[] {
  const rel = (attributeOf(link, 'rel') ?? '').toLowerCase();
  const url = absolute(attributeOf(link, 'href') ?? '', scope.baseUrl);
  if (!url || droppedLinks.test(rel)) return [];
  const plain = (overrides?: Overrides) => [
    '<link',
    ...serializeAttributes(link, scope.baseUrl, scope, overrides),
    '>',
  ];
  if (/\bicon\b/.test(rel))
    return plain({ href: scope.resources.dataUrl(url, 'image/x-icon').then((dataUrl) => dataUrl ?? url) });
  if (!/\bstylesheet\b/.test(rel)) return plain();
  const sheet = link.sheet;
  if (sheet?.disabled) return [];
  const live = liveRules(sheet);
  const media = attributeOf(link, 'media');
  const inlined = async () => {
    const content = await scope.resources.content(url);
    if (!content && !live) return (await Promise.all(plain())).join('');
    const source = content ? await decodeCss(content.bytes, content.type) : '';
    const css = await inlineCss(
      content ? currentCss(source, live) : (live ?? []).join('\n'),
      content?.url ?? url,
      scope,
    );
    return `<style${media ? ` media="${escapeAttribute(media)}"` : ''}>${escapeStyle(css)}</style>`;
  };
  return [inlined()];
}

function imageOverrides(image: HTMLImageElement, scope: Scope): Overrides {
  // What the browser chose among srcset and picture; empty while nothing was loaded.
  const shown = image.currentSrc || absolute(attributeOf(image, 'src') ?? '', scope.baseUrl);
  if (!shown) return {};
  const isChosen = attributeOf(image, 'srcset') !== null || parentTag(image) === 'picture';
  const bytes = /^data:/i.test(shown) ? Promise.resolve(shown) : scope.resources.dataUrl(shown, 'image/png');
  const src = bytes.then((dataUrl) => dataUrl ?? shown);
  if (!isChosen || image.naturalWidth === 0) return { src };
  // A picture chosen for a fine screen is drawn smaller than its pixels: say so, or it opens at twice its size.
  const density = pixelWidth(src).then((width) => (width ? width / image.naturalWidth : 1));
  return {
    src,
    srcset: Promise.all([src, density]).then(([url, factor]) =>
      Math.abs(factor - 1) < 0.01 ? `${url} 1x` : `${url} ${Number(factor.toFixed(3))}x`,
    ),
  };
}

/** Width in the picture's own pixels, or undefined when it cannot be drawn. */
async function pixelWidth(source: Promise<string>): Promise<number | undefined> {
  const image = new Image();
  image.src = await source;
  if (!image.src.startsWith('data:')) return undefined;
  try {
    await image.decode();
    return image.naturalWidth;
  } catch {
    return undefined;
  }
}

/** A canvas keeps its element, because styles speak of it, and shows its picture as its ground. */
function canvasOverrides(canvas: HTMLCanvasElement, scope: Scope): Overrides {
  if (canvas.width === 0 || canvas.height === 0) return {};
  try {
    const style = attributeOf(canvas, 'style') ?? '';
    const picture = `background: url(${canvas.toDataURL('image/png')}) 0 0 / 100% 100% no-repeat content-box`;
    return { style: style.trim() === '' ? picture : `${style.replace(/;?\s*$/, '')}; ${picture}` };
  } catch {
    // It shows another site's image, so the page itself may not read it.
    scope.resources.reportMissing(`canvas ${canvas.width}×${canvas.height}`);
    return {};
  }
}

function frameOverrides(frame: HTMLIFrameElement, tag: string, scope: Scope): Overrides {
  const inner = frame.contentDocument; // null for another site's document
  if (!inner || !rootElementOf(inner) || scope.frameDepth >= deepestFrame) {
    const url = absolute(attributeOf(frame, 'src') ?? '', scope.baseUrl);
    if (url && /^https?:/.test(url)) scope.resources.reportMissing(url);
    // It stays a living document of its site: let it show itself and no more.
    return { sandbox: '' };
  }
  const text = Promise.all(documentParts(inner, scope, scope.frameDepth + 1)).then((parts) => parts.join(''));
  if (tag === 'iframe') return { src: null, sandbox: '', srcdoc: text };
  return { src: text.then((html) => `data:text/html;charset=utf-8,${encodeURIComponent(html)}`) };
}

/** What the user typed and ticked; a password and the path of a file are nobody's business. */
function inputOverrides(input: HTMLInputElement): Overrides {
  switch (input.type) {
    case 'checkbox':
    case 'radio':
      return { checked: input.checked ? '' : null };
    case 'password':
      return { value: null };
    case 'file':
    case 'image':
      return {};
    default:
      return { value: input.value === '' && attributeOf(input, 'value') === null ? null : input.value };
  }
}

function textOf(element: Element): string {
  return childrenOf(element)
    .filter((child) => nodeTypeOf(child) === Node.TEXT_NODE || nodeTypeOf(child) === Node.CDATA_SECTION_NODE)
    .map((child) => (child as Text).data)
    .join('');
}

function isElement(node: Node): node is Element {
  return nodeTypeOf(node) === Node.ELEMENT_NODE;
}

function isHtml(element: Element): boolean {
  return namespaceOf(element) === htmlNamespace;
}

/** Name of the element around a node; a shadow root or a document has none. */
function parentTag(node: Node): string | undefined {
  const parent = parentOf(node);
  return parent && isElement(parent) ? localNameOf(parent) : undefined;
}

/** The name as the HTML parser reads it back. */
function tagOf(element: Element): string {
  return localNameOf(element);
}
