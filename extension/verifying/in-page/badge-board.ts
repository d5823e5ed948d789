import type { Verdict } from '../../../shared/evidence/verdict.ts';
import { type Badge, badgeElementName, createBadge } from './badge.ts';
import type { Occurrence, Place } from './scan.ts';
import { createTextSplits } from './text-splits.ts';

/** More badges than this make no page clearer, and cost it memory; the popup still counts the rest. */
const maxBadges = 2_000;

/** A page that rebuilds its content takes badges along; one that takes the same badge this often means it. */
const repairsPerBadge = 5;

/** Elements inside which a browser shows no badge. */
const unshownParents = 'head, script, style, svg, math, select, datalist, noscript, map';
/** Elements that hold no badge themselves, or that would make it part of a link or button: it stands after them. */
const badgedAfter =
  'a, img, video, audio, picture, iframe, embed, object, input, button, canvas, table, clverify';

interface Entry {
  badge: Badge;
  place: Place;
  repairs: number;
}

/** All badges of one document. Everything it does to the page is undone by `clear`. */
export interface BadgeBoard {
  /** Shows a verdict at a place; again at the same place it updates. Returns whether a badge stands there. */
  show(occurrence: Occurrence, verdict: Verdict): boolean;
  /** Takes away the badge at a place, if there is one. */
  hide(occurrence: Occurrence): void;
  isOurs(node: Node): boolean;
  /** Answers the page's changes: puts badges back that were taken away, lets those go whose place is gone. */
  repair(records: readonly MutationRecord[]): void;
  /** True once a badge was given up because the page takes it away again and again. */
  isResisted(): boolean;
  clear(): void;
}

/** A board for the document that this runs in. */
export function createBadgeBoard(openReport: (verdict: Verdict) => void): BadgeBoard {
  const entries = new Map<HTMLElement, Entry>();
  const byPlace = new WeakMap<Node, Map<string, Entry>>();
  const splits = createTextSplits();
  const givenUp = new WeakSet<Node>();
  let isResisted = false;

  const slot = ({ hash, place }: Occurrence): { node: Node; key: string; place: Place } => {
    if (place.kind === 'element') return { node: place.element, key: hash.value, place };
    const { head, offset, text } = splits.origin(place.node);
    // In terms of the page's own node, whatever was split off meanwhile.
    const whole = offset > 0 || text.length > place.text.length ? text : place.text;
    const inHead = {
      ...place,
      node: head,
      text: whole,
      start: offset + place.start,
      end: offset + place.end,
    };
    return { node: head, key: `${inHead.start}:${hash.value}`, place: inHead };
  };

  const drop = (entry: Entry): void => {
    entries.delete(entry.badge.host);
    entry.badge.host.remove();
    const atNode = byPlace.get(nodeOf(entry.place));
    for (const [key, known] of atNode ?? []) if (known === entry) atNode?.delete(key);
  };

  const put = ({ badge, place }: Entry): boolean => {
    if (place.kind === 'element') return putBeside(badge.host, place.element);
    const part = splits.splitAt(place.node, place.end, place.text);
    if (!part?.parentNode || part.parentElement?.closest(unshownParents)) return false;
    part.after(badge.host);
    return true;
  };

  return {
    show(occurrence, verdict) {
      const { node, key, place } = slot(occurrence);
      const known = byPlace.get(node)?.get(key);
      if (known) {
        known.badge.update(verdict);
        return true;
      }
      if (entries.size >= maxBadges || givenUp.has(node)) return false;
      const entry: Entry = { badge: createBadge(verdict, openReport), place, repairs: 0 };
      if (!put(entry)) return false;
      entries.set(entry.badge.host, entry);
      byPlace.set(node, (byPlace.get(node) ?? new Map()).set(key, entry));
      return true;
    },

    hide(occurrence) {
      const { node, key } = slot(occurrence);
      const entry = byPlace.get(node)?.get(key);
      if (entry) drop(entry);
    },

    isOurs: (node) => node instanceof HTMLElement && entries.has(node),

    repair(records) {
      const touched = new Set<Entry>();
      const heads = new Set<Text>();
      for (const { type, target, removedNodes } of records) {
        const entry = target instanceof HTMLElement ? entries.get(target) : undefined;
        if (entry) touched.add(entry);
        if (type === 'characterData' && target instanceof Text && splits.isSplit(target)) {
          heads.add(splits.origin(target).head);
        }
        for (const removed of removedNodes) {
          if (removed instanceof Text && splits.isSplit(removed)) heads.add(splits.origin(removed).head);
          if (!(removed instanceof Element)) continue;
          for (const host of hostsIn(removed)) {
            const gone = entries.get(host);
            if (gone) touched.add(gone);
          }
        }
      }
      for (const head of heads) {
        for (const entry of byPlace.get(head)?.values() ?? []) drop(entry);
        splits.dropParts(head);
      }
      for (const entry of touched) {
        if (!entries.has(entry.badge.host)) continue;
        if (!isPlaceThere(entry)) drop(entry);
        else if (!entry.badge.host.isConnected || entry.badge.repair()) restore(entry);
      }
      // The page may take an element away and leave the badge that stood beside it.
      for (const entry of [...entries.values()]) if (!isPlaceThere(entry)) drop(entry);
    },

    isResisted: () => isResisted,

    clear() {
      for (const entry of [...entries.values()]) drop(entry);
      splits.restoreAll();
    },
  };

  function restore(entry: Entry): void {
    entry.repairs += 1;
    const isGivenUp = entry.repairs > repairsPerBadge;
    if (isGivenUp) {
      isResisted = true;
      givenUp.add(nodeOf(entry.place));
    }
    if (isGivenUp || (!entry.badge.host.isConnected && !put(entry))) drop(entry);
  }
}

function nodeOf(place: Place): Node {
  return place.kind === 'element' ? place.element : place.node;
}

function isPlaceThere({ place, badge }: Entry): boolean {
  if (nodeOf(place).isConnected) return true;
  // A page's own widget replaces this tag by its button: the badge beside it speaks for the button now.
  return place.kind === 'element' && place.element.localName === 'clverify' && badge.host.isConnected;
}

function hostsIn(element: Element): HTMLElement[] {
  const inside = element.querySelectorAll<HTMLElement>(badgeElementName);
  return element instanceof HTMLElement && element.localName === badgeElementName
    ? [element, ...inside]
    : [...inside];
}

function putBeside(host: HTMLElement, element: Element): boolean {
  if (element.closest(unshownParents) || !element.isConnected) return false;
  const media = element.closest('picture, video, audio') ?? element;
  if (media.matches(badgedAfter)) media.after(host);
  else if (element instanceof HTMLTableRowElement)
    (element.cells.item(element.cells.length - 1) ?? element).append(host);
  else element.append(host);
  return true;
}
