import type { HashReference } from '../../../shared/evidence/verdict.ts';
import { findHashes, shortestHashLength } from '../find-hashes.ts';
import { createTextRun, type SplitHash } from './text-run.ts';
import type { TimeSlices } from './time-slices.ts';

/** Where a page shows a hash. */
export type Place =
  /** In a text; `start` and `end` are offsets in `text`, which is what the node held when it was read. */
  | { kind: 'text'; node: Text; text: string; start: number; end: number }
  /** In an attribute. */
  | { kind: 'element'; element: Element };

export interface Occurrence {
  hash: HashReference;
  place: Place;
  /** URL of the content that the page presents under this CID, as the page gives it; only for elements with `cid`. */
  claimUrl?: string;
}

/** Elements whose text nobody reads as text, or whose text the user is writing. */
const skippedElements = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'TEXTAREA', 'SELECT', 'CANVAS']);
/** Attributes that no reader sees and no hash of interest is in; inline styles and data URLs are long besides. */
const skippedAttributes = new Set(['class', 'style', 'srcset', 'integrity', 'nonce', 'd', 'points']);
const longestAttribute = 4_096;

/** Further up, a link with the same hash speaks for something else. */
const ancestorsCompared = 4;

/**
 * Every hash that the part of a page under `root` shows, in document order and in slices of time; open shadow roots
 * included. A hash that an element and the text or media inside it both show comes once, for the outermost of them.
 *
 * @param options.isOurs tells our own badges, which are passed over.
 * @param options.onShadowRoot hears of every open shadow root that is met: mutation observers do not look into them.
 * @param options.onLost hears of a part whose rest was not seen, because the page took away what the walk stood at.
 */
export async function* scan(
  root: Node,
  slices: TimeSlices,
  options: {
    isOurs: (element: Element) => boolean;
    onShadowRoot?: (root: ShadowRoot) => void;
    onLost?: (root: Node) => void;
  },
): AsyncGenerator<Occurrence> {
  const { isOurs, onShadowRoot, onLost } = options;
  const shown = new WeakMap<Element, Set<string>>();
  const isShownAbove = (start: Element | null, key: string): boolean => {
    let element = start;
    for (let level = 0; element && level < ancestorsCompared; level += 1, element = element.parentElement) {
      if (shown.get(element)?.has(key)) return true;
    }
    return false;
  };

  const toOccurrence = (split: SplitHash | undefined): Occurrence[] => {
    if (!split || isShownAbove(split.node.parentElement, split.hash.value)) return [];
    const { hash, node, end } = split;
    return [{ hash, place: { kind: 'text', node, text: node.data, start: 0, end } }];
  };

  const roots: Node[] = [root];
  for (let current = roots.pop(); current; current = roots.pop()) {
    const walker = document.createTreeWalker(current, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    const run = createTextRun();
    const passOver = (start: Node | null): Node | null => {
      let node = start;
      while (node instanceof Element && (isOurs(node) || isSkipped(node))) node = nodeBeyond(walker);
      return node;
    };
    for (let node = passOver(current); node; node = passOver(walker.nextNode())) {
      if (slices.isOver()) await slices.pause();
      if (node instanceof Text) {
        const text = node.data;
        yield* toOccurrence(run.read(node));
        for (const found of findHashes(text)) {
          if (slices.isOver()) await slices.pause();
          if (!found || isShownAbove(node.parentElement, found.hash.value)) continue;
          const { hash, start, end } = found;
          yield { hash, place: { kind: 'text', node, text, start, end } };
        }
      } else if (node instanceof Element) {
        run.pass(node);
        if (node.shadowRoot) {
          roots.push(node.shadowRoot);
          onShadowRoot?.(node.shadowRoot);
        }
        for (const hash of hashesOfAttributes(node)) {
          const key = hash.value;
          if (isShownAbove(node, key)) continue;
          const keys = shown.get(node) ?? new Set();
          shown.set(node, keys.add(key));
          yield { hash, place: { kind: 'element', element: node }, claimUrl: claimUrlOf(node, key) };
        }
      }
    }
    if (!current.contains(walker.currentNode)) onLost?.(current);
    yield* toOccurrence(run.end());
  }
}

/** The next node that is not inside the current one. A filter would spare us this, and cost a call from the browser per node. */
function nodeBeyond(walker: TreeWalker): Node | null {
  do {
    const sibling = walker.nextSibling();
    if (sibling) return sibling;
  } while (walker.parentNode());
  return null;
}

function isSkipped(element: Element): boolean {
  return (
    skippedElements.has(element.tagName) || (element instanceof HTMLElement && element.isContentEditable)
  );
}

function* hashesOfAttributes(element: Element): Generator<HashReference> {
  for (const { name, value } of element.attributes) {
    if (value.length < shortestHashLength || value.length > longestAttribute || skippedAttributes.has(name))
      continue;
    if (value.startsWith('data:') || name.startsWith('on')) continue;
    for (const found of findHashes(value)) if (found) yield found.hash;
  }
}

/** The markup of verification widgets, `<a cid>` and media with `cid`: content beside its CID. */
function claimUrlOf(element: Element, key: string): string | undefined {
  const cid = element.getAttribute('cid');
  if (!cid || ![...findHashes(cid)].some((found) => found && found.hash.value === key)) return undefined;
  return element.getAttribute('href') ?? element.getAttribute('src') ?? undefined;
}
