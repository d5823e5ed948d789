import { beforeEach, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';

import { announce } from '../../extension/changes.ts';
import { type MenuActions, startMenus } from '../../extension/menus.ts';

/** Titles by id, as the browser keeps them. */
let menu: Map<string, string>;
let chain: string | undefined;

beforeEach(() => {
  fakeBrowser.reset();
  menu = new Map();
  chain = undefined;
  Object.assign(fakeBrowser.contextMenus, {
    removeAll: async () => menu.clear(),
    create: ({ id, title }: { id: string; title: string }) => void menu.set(id, title),
    update: async (id: string, { title }: { title: string }) => void menu.set(id, title),
    onClicked: { addListener: () => undefined },
  });
});

it('should say in the menu itself where a stamp costs money, and only there', async () => {
  const report = vi.fn();
  startMenus({} as MenuActions, async () => chain, report);
  await fakeBrowser.runtime.onInstalled.trigger();
  await vi.waitFor(() => expect(menu.get('stamp-page')).toBe('Stamp this page'));

  chain = 'Sepolia';
  announce('companion');
  await vi.waitFor(() => expect(menu.get('stamp-page')).toBe('Stamp this page (costs money on Sepolia)'));
  expect(menu.get('stamp-link-hash-only')).toBe('Stamp linked file, hash only (costs money on Sepolia)');
  expect(menu.get('verify-link')).toBe('Verify linked file');

  chain = undefined;
  announce('companion');
  await vi.waitFor(() => expect(menu.get('stamp-page')).toBe('Stamp this page'));
  expect(report).not.toHaveBeenCalled();
});

it('should be there also when nobody can say what a stamp costs', async () => {
  const report = vi.fn();
  const failure = new Error('The database cannot be opened.');
  startMenus({} as MenuActions, () => Promise.reject(failure), report);
  await fakeBrowser.runtime.onInstalled.trigger();
  await vi.waitFor(() => expect(report).toHaveBeenCalledWith(failure));
  expect(menu.get('stamp-page')).toBe('Stamp this page');
});
