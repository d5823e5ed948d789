import type { Verdict } from '../../../shared/evidence/verdict.ts';
import { outcomeLooks } from '../outcome-look.ts';
import { createCard } from './badge-card.ts';
import { badgeStyle, hostStyle } from './badge-style.ts';
import { html, sign } from './dom.ts';

/** Name of the element that holds a badge; with our prefix, and unknown to every page. */
export const badgeElementName = 'hashmark-badge';

/** A verdict shown beside a hash. The page sees an empty element with a closed shadow root. */
export interface Badge {
  readonly host: HTMLElement;
  readonly verdict: Verdict;
  /** Shows another verdict in the same place. */
  update(verdict: Verdict): void;
  /** Puts the host's own attributes back after the page changed them. Returns whether it had. */
  repair(): boolean;
}

const cardGapPx = 6;
/** In a window that has room on neither side the card covers the badge rather than shrink further. */
const smallestCardPx = 160;

/** A badge that is nowhere yet. @param openReport called on the user's own click. */
export function createBadge(verdict: Verdict, openReport: (verdict: Verdict) => void): Badge {
  const host = document.createElement(badgeElementName);
  applyHostStyle(host);
  const intactStyle = host.getAttribute('style');
  const root = host.attachShadow({ mode: 'closed' });
  addStyle(root);
  let current = verdict;
  let button = createButton();
  root.append(button);

  function createButton(): HTMLButtonElement {
    const look = outcomeLooks[current.outcome];
    const element = html(
      'button',
      {
        class: 'badge',
        type: 'button',
        'aria-haspopup': 'dialog',
        'aria-label': `Hashmark: ${look.word}. ${current.reason}`,
      },
      sign(look.sign),
      look.word,
    );
    element.style.setProperty('--ground', look.colour);
    // Our button inside the page's link or form must do nothing of theirs, and only a person may press it.
    element.addEventListener('click', (event) => {
      event.preventDefault();
      event.stopPropagation();
      if (event.isTrusted) openCard();
    });
    return element;
  }

  function openCard(): void {
    const card = createCard(current, {
      close: () => card.hidePopover(),
      openReport: () => {
        card.hidePopover();
        openReport(current);
      },
    });
    card.addEventListener('toggle', (event) => {
      const isOpen = (event as ToggleEvent).newState === 'open';
      button.setAttribute('aria-expanded', String(isOpen));
      if (isOpen) return;
      const hasLostFocus = root.activeElement === card || document.activeElement === document.body;
      card.remove();
      if (hasLostFocus) button.focus({ preventScroll: true });
    });
    // What happens inside is none of the page's business, and none of its handlers may undo it.
    for (const name of ['click', 'keydown', 'keyup', 'mousedown', 'pointerdown']) {
      card.addEventListener(name, (event) => event.stopPropagation());
    }
    root.append(card);
    card.showPopover();
    placeCard(card, button.getBoundingClientRect());
    // The dialog itself, so that its beginning is read and seen; Tab goes on to its buttons, Escape returns to the badge.
    card.focus({ preventScroll: true });
  }

  return {
    host,
    get verdict() {
      return current;
    },
    update(next) {
      const isSame = next.outcome === current.outcome && next.reason === current.reason;
      current = next;
      if (isSame) return;
      const hadFocus = root.activeElement === button;
      const replacement = createButton();
      button.replaceWith(replacement);
      button = replacement;
      if (hadFocus) button.focus();
    },
    repair() {
      const isIntact = host.attributes.length === 1 && host.getAttribute('style') === intactStyle;
      if (isIntact) return false;
      // `inert`, `aria-hidden`, `popover` and the like would take the badge away as well as a style does.
      for (const name of host.getAttributeNames()) host.removeAttribute(name);
      applyHostStyle(host);
      return true;
    },
  };
}

function applyHostStyle(host: HTMLElement): void {
  // Property by property: a style attribute would need the permission of the page's content security policy.
  for (const [name, value] of hostStyle) host.style.setProperty(name, value, 'important');
}

let sharedSheet: CSSStyleSheet | undefined;

/** One style sheet for all badges; one of our own context needs no permission of the page's content security policy. */
function addStyle(root: ShadowRoot): void {
  try {
    if (!sharedSheet) {
      sharedSheet = new CSSStyleSheet();
      sharedSheet.replaceSync(badgeStyle);
    }
    root.adoptedStyleSheets = [sharedSheet];
  } catch {
    // Firefox refuses sheets of an extension's context here (bug 1751346).
    root.append(html('style', {}, badgeStyle));
  }
}

/** Beside the badge, inside the window: under it where it fits or where there is more room, else above. */
function placeCard(card: HTMLElement, badge: DOMRect): void {
  const roomUnder = innerHeight - badge.bottom - 2 * cardGapPx;
  const roomAbove = badge.top - 2 * cardGapPx;
  const { width, height } = card.getBoundingClientRect();
  const isUnder = height <= roomUnder || roomUnder >= roomAbove;
  const shown = Math.min(height, Math.max(smallestCardPx, isUnder ? roomUnder : roomAbove));
  card.style.maxHeight = `${shown}px`;
  card.style.left = `${Math.max(8, Math.min(badge.left, innerWidth - width - 8))}px`;
  card.style.top = `${Math.max(8, isUnder ? Math.min(badge.bottom + cardGapPx, innerHeight - shown - 8) : badge.top - cardGapPx - shown)}px`;
}
