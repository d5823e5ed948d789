import { type Browser, browser } from 'wxt/browser';

import { onChange } from './changes.ts';
import type { Method } from './stamping/method.ts';

/** What a menu item does, with the thing that was clicked. Without a method things are stamped as the user last chose. */
export interface MenuActions {
  stampPage(tabId: number, method?: Method): Promise<unknown>;
  stampSelection(tabId: number, frameId: number, method?: Method): Promise<unknown>;
  stampResource(
    kind: ResourceKind,
    url: string,
    tabId: number,
    frameId: number,
    method?: Method,
  ): Promise<unknown>;
  verifyResource(kind: ResourceKind, url: string, tabId: number, frameId: number): Promise<unknown>;
}

export type ResourceKind = 'image' | 'video' | 'audio' | 'link';

type Contexts = Browser.contextMenus.CreateProperties['contexts'];
interface Item {
  id: string;
  title: string;
  contexts: Contexts;
}

interface StampItem extends Item {
  act(actions: MenuActions, clicked: Clicked, method?: Method): Promise<unknown> | undefined;
}

/** What the browser tells of a click, with the tab. */
type Clicked = Browser.contextMenus.OnClickData & { tabId: number };

const stampPage: StampItem['act'] = (actions, { tabId }, method) => actions.stampPage(tabId, method);
const stampSelection: StampItem['act'] = (actions, { tabId, frameId = 0 }, method) =>
  actions.stampSelection(tabId, frameId, method);
const stampMedia =
  (kind: ResourceKind): StampItem['act'] =>
  (actions, { srcUrl, tabId, frameId = 0 }, method) =>
    srcUrl ? actions.stampResource(kind, srcUrl, tabId, frameId, method) : undefined;
const stampLink: StampItem['act'] = (actions, { linkUrl, tabId, frameId = 0 }, method) =>
  linkUrl ? actions.stampResource('link', linkUrl, tabId, frameId, method) : undefined;

const stampItems: StampItem[] = [
  { id: 'stamp-page', title: 'Stamp this page', contexts: ['page', 'frame', 'action'], act: stampPage },
  { id: 'stamp-selection', title: 'Stamp selected text', contexts: ['selection'], act: stampSelection },
  { id: 'stamp-image', title: 'Stamp this image', contexts: ['image'], act: stampMedia('image') },
  { id: 'stamp-video', title: 'Stamp this video', contexts: ['video'], act: stampMedia('video') },
  { id: 'stamp-audio', title: 'Stamp this audio', contexts: ['audio'], act: stampMedia('audio') },
  { id: 'stamp-link', title: 'Stamp linked file', contexts: ['link'], act: stampLink },
];
const verifyItems: Item[] = [
  { id: 'verify-image', title: 'Verify this image', contexts: ['image'] },
  { id: 'verify-link', title: 'Verify linked file', contexts: ['link'] },
];

const hashOnlySuffix = '-hash-only';

/** Each thing can be stamped as the user chose, or hash only, for once. The browser puts all under one entry with our name. */
const items: Item[] = [
  ...stampItems.flatMap(({ id, title, contexts }) => [
    { id, title, contexts },
    { id: id + hashOnlySuffix, title: `${title}, hash only`, contexts },
  ]),
  ...verifyItems,
];

/**
 * Call in the first tick. Failures go to `report`: nobody waits for the answer of a menu.
 *
 * @param costlyChain name of the chain on which a stamp costs money now; undefined where it is free
 */
export function startMenus(
  actions: MenuActions,
  costlyChain: () => Promise<string | undefined>,
  report: (error: unknown) => void,
): void {
  const showCost = () => costlyChain().then(nameCost);
  // Menus outlive the worker and the browser, so installing and updating are the times to write them. They do not wait for the
  // chain: a menu without its cost is better than none.
  browser.runtime.onInstalled.addListener(() => void createItems().then(showCost).catch(report));
  onChange(['companion'], () => void showCost().catch(report));
  browser.contextMenus.onClicked.addListener(
    (info: Browser.contextMenus.OnClickData, tab?: Browser.tabs.Tab) => {
      if (tab?.id === undefined) return;
      void Promise.resolve(act(actions, { ...info, tabId: tab.id })).catch(report);
    },
  );
}

async function createItems(): Promise<void> {
  await browser.contextMenus.removeAll();
  for (const item of items) browser.contextMenus.create(item);
}

/** A menu asks nothing back, so what costs money has to say so itself. */
async function nameCost(costlyChain: string | undefined): Promise<void> {
  const cost = costlyChain ? ` (costs money on ${costlyChain})` : '';
  const stamping = items.filter(({ id }) => id.startsWith('stamp-'));
  await Promise.all(
    stamping.map(({ id, title }) => browser.contextMenus.update(id, { title: title + cost })),
  );
}

function act(actions: MenuActions, clicked: Clicked): Promise<unknown> | undefined {
  const { menuItemId, srcUrl, linkUrl, tabId, frameId = 0 } = clicked;
  switch (menuItemId) {
    case 'verify-image':
      return srcUrl ? actions.verifyResource('image', srcUrl, tabId, frameId) : undefined;
    case 'verify-link':
      return linkUrl ? actions.verifyResource('link', linkUrl, tabId, frameId) : undefined;
  }
  for (const { id, act } of stampItems) {
    if (menuItemId === id) return act(actions, clicked);
    if (menuItemId === id + hashOnlySuffix) return act(actions, clicked, 'hash-only');
  }
  return undefined;
}
