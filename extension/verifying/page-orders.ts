import { browser } from 'wxt/browser';

/** What the background tells a page's script; every one is answered with the script's page id. */
export interface PageOrder {
  hashmarkPage: 'which' | 'recheck' | 'stop';
}

/** True for a message of {@link orderPage}. Only the extension itself can send one. */
export function isPageOrder(message: unknown): message is PageOrder {
  return typeof message === 'object' && message !== null && 'hashmarkPage' in message;
}

/** A page that is busy for longer, or for ever, must not keep others waiting. */
const answerTimeoutMs = 2_000;

/**
 * Sends an order to the scripts of a tab, or of one frame of it. Resolves to the page id of the first that answers, or to
 * undefined when the tab has none: it is gone, verifying is off there, or its page hangs.
 */
export async function orderPage(
  tabId: number,
  hashmarkPage: PageOrder['hashmarkPage'],
  frameId?: number,
): Promise<string | undefined> {
  try {
    const options = frameId === undefined ? {} : { frameId };
    const answer: unknown = await Promise.race([
      browser.tabs.sendMessage(tabId, { hashmarkPage } satisfies PageOrder, options),
      new Promise((resolve) => setTimeout(resolve, answerTimeoutMs)),
    ]);
    return typeof answer === 'string' ? answer : undefined;
  } catch {
    return undefined; // Nobody listens there: the only way in which sending fails.
  }
}
