import { type FoundHash, findHashes, longestHashLength, shortestHashLength } from '../find-hashes.ts';

/** Elements that a reader does not see as a gap in a word. */
const inlineElements = new Set(
  'A ABBR B BDI BDO BIG CITE CODE DATA DEL DFN EM FONT I INS KBD LABEL MARK NOBR Q S SAMP SMALL SPAN STRONG SUB SUP TIME TT U VAR WBR'.split(
    ' ',
  ),
);

/** A hash that begins in one text node and ends in another. */
export interface SplitHash {
  hash: FoundHash['hash'];
  /** The node in which it ends, and the offset there of the character after it. */
  node: Text;
  end: number;
}

/**
 * Reads text nodes in document order and finds the hashes that pages have cut up: by `<wbr>`, so that they break in
 * narrow columns, or into elements, to show their ends only or to colour them.
 */
export interface TextRun {
  /** Takes the next text node. Gives the hash that ended before it or in it, if there is one. */
  read(node: Text): SplitHash | undefined;
  /** Tells of an element between two text nodes. */
  pass(element: Element): void;
  /** The hash that ended with the last text. */
  end(): SplitHash | undefined;
}

/** A run over one tree. */
export function createTextRun(): TextRun {
  /** What stands right before the next node, as far as it can belong to a hash. */
  let tail = '';
  let block: Element | null = null;
  /** Ends with its node: whether it goes on there decides the next node. */
  let open: SplitHash | undefined;

  const takeOpen = (): SplitHash | undefined => {
    const found = open;
    open = undefined;
    return found;
  };

  return {
    read(node) {
      const nodeBlock = blockOf(node);
      if (nodeBlock !== block) tail = '';
      block = nodeBlock;
      const text = node.data;
      if (text === '') return undefined;
      const isWordGoingOn = tail !== '' && /^[0-9A-Za-z]/.test(text);
      const before = isWordGoingOn ? undefined : takeOpen();
      open = undefined;
      const head = text.slice(0, longestHashLength + 1);
      const found = isWordGoingOn ? findAcross(tail, head) : undefined;
      tail = `${tail}${text}`.slice(-longestHashLength - 1);
      if (!found) return before;
      const split = { hash: found.hash, node, end: found.end };
      if (found.end < text.length) return split;
      open = split;
      return undefined;
    },
    pass(element) {
      if (!inlineElements.has(element.tagName)) tail = '';
    },
    end: takeOpen,
  };
}

/** The hash that begins in `tail` and ends in `head`, with its end in `head`. */
function findAcross(tail: string, head: string): FoundHash | undefined {
  const joined = tail + head;
  if (joined.length < shortestHashLength) return undefined;
  for (const found of findHashes(joined)) {
    if (found && found.start < tail.length && found.end > tail.length)
      return { ...found, end: found.end - tail.length };
  }
  return undefined;
}

/** True for a node that may be a piece of a hash: the whole shows only where its neighbours are read too. */
export function isPiece(node: Node): boolean {
  if (node instanceof Element && !inlineElements.has(node.tagName)) return false;
  const text = node.textContent ?? '';
  return text.length > 0 && text.length <= longestHashLength && /^[0-9A-Za-z]+$/.test(text);
}

/** The element in which a text flows, through all that is inline. */
export function blockOf(node: Node): Element | null {
  let element = node.parentElement;
  while (element && inlineElements.has(element.tagName)) element = element.parentElement;
  return element;
}
