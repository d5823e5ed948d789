/**
 * Splits of the page's text nodes. A badge in the middle of a text needs the text in two nodes, and a page that renders by
 * a framework holds on to the one node it made: when it changes or removes that node, the parts that we split off have to
 * go, or old text would stay on the page.
 */
export interface TextSplits {
  /** Where in the page's own text node a node stands, and the whole text; a node that was never split is its own. */
  origin(node: Text): { head: Text; offset: number; text: string };
  /** The node after whose end `end` of the page's own text node falls, split there when it has to be. Undefined when the text is no longer `text`. */
  splitAt(head: Text, end: number, text: string): Text | undefined;
  /** True when the node, or a node that it was split from, has parts of ours. */
  isSplit(node: Text): boolean;
  /** Undoes the splits of a node that the page changed or removed: our parts are taken out. */
  dropParts(head: Text): void;
  /** Undoes all splits and puts the whole text back into the page's own nodes. */
  restoreAll(): void;
}

interface Split {
  /** The page's node, then ours, in order. */
  parts: Text[];
  text: string;
}

/** Keeps track of the splits of one document. */
export function createTextSplits(): TextSplits {
  const splits = new Map<Text, Split>();
  const heads = new WeakMap<Text, Text>();

  const offsetOf = (split: Split, node: Text): number => {
    let offset = 0;
    for (const part of split.parts) {
      if (part === node) return offset;
      offset += part.length;
    }
    return 0;
  };

  return {
    origin(node) {
      const head = heads.get(node) ?? node;
      const split = splits.get(head);
      return split
        ? { head, offset: offsetOf(split, node), text: split.text }
        : { head, offset: 0, text: node.data };
    },

    splitAt(head, end, text) {
      const split = splits.get(head) ?? { parts: [head], text };
      if (!head.isConnected || split.parts.map(({ data }) => data).join('') !== text) return undefined;
      let start = 0;
      for (const [position, part] of split.parts.entries()) {
        const stop = start + part.length;
        if (end === stop) return part;
        if (end < stop) {
          const tail = part.splitText(end - start);
          split.parts.splice(position + 1, 0, tail);
          splits.set(head, split);
          heads.set(tail, head);
          return part;
        }
        start = stop;
      }
      return undefined;
    },

    isSplit: (node) => splits.has(heads.get(node) ?? node),

    dropParts(head) {
      const split = splits.get(head);
      splits.delete(head);
      for (const part of split?.parts.slice(1) ?? []) part.remove();
    },

    restoreAll() {
      for (const [head, split] of splits) {
        for (const part of split.parts.slice(1)) part.remove();
        head.data = split.text;
      }
      splits.clear();
    },
  };
}
