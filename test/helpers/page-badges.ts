import type { CDPSession, Page } from 'playwright-core';

import { eventually } from './eventually.ts';

/** A badge as assistive technology finds it: page scripts and Playwright do not see into its closed shadow root. */
export interface SeenBadge {
  /** `Confirmed`, `Contradicted` and so on. */
  word: string;
  /** The whole accessible name. */
  name: string;
  backendNodeId: number;
}

/** Badges that a page shows now, in document order. */
export async function seeBadges(page: Page): Promise<SeenBadge[]> {
  return withSession(page, async (session) => {
    return (await readTree(session)).flatMap(({ role, name, backendDOMNodeId }) => {
      const text = String(name?.value ?? '');
      const [, word] = /^Hashmark: ([^.]+)\. /.exec(text) ?? [];
      return role?.value === 'button' && word
        ? [{ word, name: text, backendNodeId: backendDOMNodeId ?? 0 }]
        : [];
    });
  });
}

/** Waits until a page shows exactly these badges, by their words in document order. */
export async function expectBadges(page: Page, words: string[], timeoutMs?: number): Promise<SeenBadge[]> {
  let seen: SeenBadge[] = [];
  try {
    return await eventually(
      `badges ${words.join(', ')}`,
      async () => {
        seen = await seeBadges(page);
        return seen.map(({ word }) => word).join() === words.join() ? seen : undefined;
      },
      timeoutMs,
    );
  } catch (error) {
    throw new Error(
      `${(error as Error).message}; seen: ${seen.map(({ word }) => word).join(', ') || 'none'}`,
    );
  }
}

/** Where a badge stands in the window. */
export async function boxOf(
  page: Page,
  badge: SeenBadge,
): Promise<{ x: number; y: number; width: number; height: number }> {
  return withSession(page, async (session) => {
    const { model } = await session.send('DOM.getBoxModel', { backendNodeId: badge.backendNodeId });
    const [x = 0, y = 0] = model.border;
    return { x, y, width: model.width, height: model.height };
  });
}

/** Clicks a badge with the mouse, as a user does. */
export async function clickBadge(page: Page, badge: SeenBadge): Promise<void> {
  await withSession(page, (session) =>
    session.send('DOM.scrollIntoViewIfNeeded', { backendNodeId: badge.backendNodeId }),
  );
  const { x, y, width, height } = await boxOf(page, badge);
  await page.mouse.click(x + width / 2, y + height / 2);
}

/** Accessible texts of everything that a page shows, closed shadow roots included. */
export async function seeTexts(page: Page): Promise<string[]> {
  return withSession(page, async (session) => {
    return (await readTree(session)).flatMap(({ ignored, name }) =>
      ignored || !name?.value ? [] : [String(name.value)],
    );
  });
}

/** The accessibility tree in document order: Chromium gives it level by level. */
async function readTree(session: CDPSession) {
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const inOrder: typeof nodes = [];
  const waiting = nodes.slice(0, 1);
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    inOrder.push(node);
    waiting.push(...(node.childIds ?? []).flatMap((id) => byId.get(id) ?? []).reverse());
  }
  return inOrder;
}

async function withSession<T>(page: Page, use: (session: CDPSession) => Promise<T>): Promise<T> {
  const session = await page.context().newCDPSession(page);
  try {
    return await use(session);
  } finally {
    await session.detach();
  }
}
