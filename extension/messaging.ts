import type { Runtime } from 'webextension-polyfill';
import { browser } from 'wxt/browser';

import { type ErrorData, fromErrorData, HashmarkError, toErrorData } from '../shared/errors.ts';
import type { Messages } from './messages.ts';

type Name = keyof Messages;
type Request<N extends Name> = Messages[N]['request'];
type Reply<N extends Name> = Messages[N]['reply'];

/** Who asked: set by the browser, not by the sender. */
export interface Sender {
  /** True for the extension's own pages, false for content scripts. */
  isExtensionPage: boolean;
  tabId?: number;
  /** URL of the frame that asked. */
  url?: string;
  frameId?: number;
}

export type Handlers = { [N in Name]?: (request: Request<N>, sender: Sender) => Promise<Reply<N>> };

/** The only messages a content script may send: everything else needs an extension page. */
const fromContentScripts = new Set<Name>(['verify.page', 'verify.read', 'report.open']);

type Envelope = { hashmark: Name; request: unknown };
type Answer = { reply: unknown } | { error: ErrorData };

/** Asks the background. Throws the `HashmarkError` that the handler threw. */
export async function ask<N extends Name>(
  name: N,
  ...[request]: Request<N> extends undefined ? [] : [Request<N>]
): Promise<Reply<N>> {
  const answer = (await browser.runtime.sendMessage({ hashmark: name, request } satisfies Envelope)) as
    | Answer
    | undefined;
  if (!answer)
    throw new HashmarkError('no-background', 'The extension did not answer. Reload the page and try again.');
  if ('error' in answer) throw fromErrorData(answer.error);
  return answer.reply as Reply<N>;
}

/** Attaches the handlers. Call it in the first tick of the background: a worker is woken only for listeners that are there. */
export function answer(handlers: Handlers): void {
  browser.runtime.onMessage.addListener((message: unknown, sender: Runtime.MessageSender) => {
    if (!isEnvelope(message)) return undefined;
    const handler = handlers[message.hashmark] as
      | ((request: unknown, sender: Sender) => Promise<unknown>)
      | undefined;
    if (!handler) return undefined;
    const isExtensionPage =
      sender.id === browser.runtime.id && (sender.url ?? '').startsWith(browser.runtime.getURL('/'));
    if (!isExtensionPage && !fromContentScripts.has(message.hashmark)) {
      return Promise.resolve({
        error: { code: 'not-allowed', message: `${message.hashmark} is for extension pages only.` },
      });
    }
    return handler(message.request, {
      isExtensionPage,
      tabId: sender.tab?.id,
      url: sender.url,
      frameId: sender.frameId,
    })
      .then((reply): Answer => ({ reply }))
      .catch((error): Answer => ({ error: toErrorData(error) }));
  });
}

function isEnvelope(message: unknown): message is Envelope {
  return (
    typeof message === 'object' && message !== null && typeof (message as Envelope).hashmark === 'string'
  );
}
