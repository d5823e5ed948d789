import { type Browser, browser } from 'wxt/browser';

/** What a menu item does, with the thing that was clicked. */
export interface MenuActions {
  stampPage(tabId: number): Promise<unknown>;
  stampSelection(tabId: number, frameId: number): Promise<unknown>;
  stampResource(kind: ResourceKind, url: string, tabId: number, frameId: number): Promise<unknown>;
  verifyResource(kind: ResourceKind, url: string, tabId: number, frameId: number): Promise<unknown>;
}

export type ResourceKind = 'image' | 'video' | 'audio' | 'link';

type Contexts = Browser.contextMenus.CreateProperties['contexts'];
interface Item {
  id: string;
  title: string;
  contexts: Contexts;
}

/** The browser puts them under one entry with our name, so the titles need not say whose they are. */
const items: Item[] = [
  { id: 'stamp-page', title: 'Stamp this page', contexts: ['page', 'frame', 'action'] },
  { id: 'stamp-selection', title: 'Stamp selected text', contexts: ['selection'] },
  { id: 'stamp-image', title: 'Stamp this image', contexts: ['image'] },
  { id: 'stamp-video', title: 'Stamp this video', contexts: ['video'] },
  { id: 'stamp-audio', title: 'Stamp this audio', contexts: ['audio'] },
  { id: 'stamp-link', title: 'Stamp linked file', contexts: ['link'] },
  { id: 'verify-image', title: 'Verify this image', contexts: ['image'] },
  { id: 'verify-link', title: 'Verify linked file', contexts: ['link'] },
];

/** Call in the first tick. Failures go to `report`: nobody waits for the answer of a menu. */
export function startMenus(actions: MenuActions, report: (error: unknown) => void): void {
  // Menus outlive the worker and the browser, so installing and updating are the times to write them.
  browser.runtime.onInstalled.addListener(() => {
    void createItems().catch(report);
  });
  browser.contextMenus.onClicked.addListener(
    (info: Browser.contextMenus.OnClickData, tab?: Browser.tabs.Tab) => {
      if (tab?.id === undefined) return;
      void Promise.resolve(act(actions, info, tab.id)).catch(report);
    },
  );
}

async function createItems(): Promise<void> {
  await browser.contextMenus.removeAll();
  for (const item of items) browser.contextMenus.create(item);
}

function act(
  actions: MenuActions,
  { menuItemId, srcUrl, linkUrl, frameId = 0 }: Browser.contextMenus.OnClickData,
  tabId: number,
): Promise<unknown> | undefined {
  switch (menuItemId) {
    case 'stamp-page':
      return actions.stampPage(tabId);
    case 'stamp-selection':
      return actions.stampSelection(tabId, frameId);
    case 'stamp-image':
      return srcUrl ? actions.stampResource('image', srcUrl, tabId, frameId) : undefined;
    case 'stamp-video':
      return srcUrl ? actions.stampResource('video', srcUrl, tabId, frameId) : undefined;
    case 'stamp-audio':
      return srcUrl ? actions.stampResource('audio', srcUrl, tabId, frameId) : undefined;
    case 'stamp-link':
      return linkUrl ? actions.stampResource('link', linkUrl, tabId, frameId) : undefined;
    case 'verify-image':
      return srcUrl ? actions.verifyResource('image', srcUrl, tabId, frameId) : undefined;
    case 'verify-link':
      return linkUrl ? actions.verifyResource('link', linkUrl, tabId, frameId) : undefined;
  }
  return undefined;
}
