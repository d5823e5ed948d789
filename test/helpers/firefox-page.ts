import type { Bidi, RemoteValue } from './bidi.ts';
import { eventually } from './eventually.ts';

/** A badge as a user sees it: page scripts do not see into its closed shadow root. */
export interface FirefoxBadge {
  /** `Confirmed`, `Contradicted` and so on. */
  word: string;
  /** BiDi's id of the button. */
  button: string;
  /** BiDi's id of the closed shadow root. */
  root: string;
}

/** One tab of Firefox. */
export interface FirefoxPage {
  /** Its name in WebDriver BiDi. */
  context: string;
  /** Calls a function in the page with JSON arguments. */
  evaluate<Result, Args extends unknown[]>(
    run: (...args: Args) => Result,
    ...args: Args
  ): Promise<Awaited<Result>>;
  goto(url: string): Promise<void>;
  bringToFront(): Promise<void>;
  /** Waits for the first element of a selector whose text, or label's text, holds `text`, and clicks it with the mouse. */
  click(selector: string, text?: string, button?: 'left' | 'right'): Promise<void>;
  /** The same for a node that BiDi named. */
  clickNode(sharedId: string, button?: 'left' | 'right'): Promise<void>;
  /** Replaces what a text field holds, as typing does. */
  fill(selector: string, text: string): Promise<void>;
  /** Has a file field hold these files, as a person chooses them. */
  chooseFiles(selector: string, paths: string[]): Promise<void>;
  /** Waits until the page shows the text. */
  waitForText(text: string, timeoutMs?: number): Promise<void>;
  /** The badges that it shows now, in document order. */
  badges(): Promise<FirefoxBadge[]>;
  /** Waits until it shows exactly these badges, by their words. */
  expectBadges(words: string[], timeoutMs?: number): Promise<FirefoxBadge[]>;
  /** Text of a badge's open card; empty when none is open. */
  cardText(badge: FirefoxBadge): Promise<string>;
  /** Clicks the first element of a selector inside a badge's shadow root. */
  clickInside(badge: FirefoxBadge, selector: string): Promise<void>;
  setViewport(width: number, height: number): Promise<void>;
  /** Whether it is shown in dark colours: a change of the scheme takes a moment to reach it. */
  isDark(): Promise<boolean>;
  /** PNG of what the window shows. */
  screenshot(): Promise<Buffer>;
  close(): Promise<void>;
}

interface RemoteBadge extends RemoteValue {
  value: { shadowRoot?: RemoteBadge | null; children?: RemoteBadge[]; localName?: string };
}

const mouseButtons = { left: 0, right: 2 };

/** The tab of a BiDi browsing context. */
export function firefoxPage(bidi: Bidi, context: string): FirefoxPage {
  const target = { context };

  const find = async (selector: string, text: string): Promise<string | undefined> => {
    const { result } = await bidi.send<{ result: RemoteValue }>('script.callFunction', {
      functionDeclaration: `${(selector: string, text: string) =>
        [...document.querySelectorAll(selector)].find((element) =>
          [element, ...(element.ariaLabelledByElements ?? [])].some(({ textContent }) =>
            textContent?.includes(text),
          ),
        )}`,
      arguments: [selector, text].map((value) => ({ type: 'string', value })),
      awaitPromise: false,
      target,
    });
    return result?.sharedId;
  };

  const page: FirefoxPage = {
    context,
    evaluate: (run, ...args) => bidi.call(target, run, ...args),
    async goto(url) {
      await bidi.send('browsingContext.navigate', { context, url, wait: 'complete' });
    },
    async bringToFront() {
      await bidi.send('browsingContext.activate', { context });
    },
    async click(selector, text = '', button = 'left') {
      const label = `${selector} with “${text}” to click`;
      await page.clickNode(await eventually(label, () => find(selector, text)), button);
    },
    async clickNode(sharedId, button = 'left') {
      await bidi.callWithNodes(
        target,
        (node: Element) => node.scrollIntoView({ block: 'nearest', behavior: 'instant' }),
        sharedId,
      );
      const actions = [
        { type: 'pointerMove', x: 0, y: 0, origin: { type: 'element', element: { sharedId } } },
        { type: 'pointerDown', button: mouseButtons[button] },
        { type: 'pointerUp', button: mouseButtons[button] },
      ];
      await bidi.send('input.performActions', {
        context,
        actions: [{ type: 'pointer', id: 'mouse', actions }],
      });
    },
    async fill(selector, text) {
      const field = await eventually(`${selector} to fill`, () => find(selector, ''));
      await bidi.callWithNodes(
        target,
        (input: HTMLInputElement) => {
          input.focus();
          input.select();
        },
        field,
      );
      const actions = [...text].flatMap((value) => [
        { type: 'keyDown', value },
        { type: 'keyUp', value },
      ]);
      await bidi.send('input.performActions', { context, actions: [{ type: 'key', id: 'keys', actions }] });
    },
    async chooseFiles(selector, files) {
      const sharedId = await eventually(`${selector} to choose files for`, () => find(selector, ''));
      await bidi.send('input.setFiles', { context, element: { sharedId }, files });
    },
    async waitForText(text, timeoutMs) {
      await eventually(
        `the page shows “${text}”`,
        () => page.evaluate((text) => document.body.innerText.includes(text), text),
        timeoutMs,
      );
    },
    async badges() {
      const { result } = await bidi.send<{ result: { value: RemoteBadge[] } }>('script.evaluate', {
        expression: '[...document.querySelectorAll("hashmark-badge")]',
        awaitPromise: false,
        target,
        // The way into closed shadow roots, which scripts of the page do not have.
        serializationOptions: { includeShadowTree: 'all', maxDomDepth: 2 },
      });
      const found = result.value.flatMap(({ value: { shadowRoot } }) => {
        const button = shadowRoot?.value.children?.find(({ value }) => value.localName === 'button');
        return shadowRoot?.sharedId && button?.sharedId
          ? [{ root: shadowRoot.sharedId, button: button.sharedId }]
          : [];
      });
      if (found.length === 0) return [];
      const words = await bidi.callWithNodes(
        target,
        (...buttons: Element[]) =>
          buttons.map(
            (button) => /^Hashmark: ([^.]+)\. /.exec(button.getAttribute('aria-label') ?? '')?.[1] ?? '',
          ),
        ...found.map(({ button }) => button),
      );
      return found.map((badge, position) => ({ ...badge, word: words[position] ?? '' }));
    },
    async expectBadges(words, timeoutMs) {
      let seen: FirefoxBadge[] = [];
      try {
        return await eventually(
          `badges ${words.join(', ')}`,
          async () => {
            seen = await page.badges();
            return seen.map(({ word }) => word).join() === words.join() ? seen : undefined;
          },
          timeoutMs,
        );
      } catch (error) {
        const shown = seen.map(({ word }) => word).join(', ') || 'none';
        throw new Error(`${(error as Error).message}; seen: ${shown}`);
      }
    },
    cardText: ({ root }) =>
      bidi.callWithNodes(
        target,
        (root: ShadowRoot) => root.querySelector<HTMLElement>('[role=dialog]')?.innerText ?? '',
        root,
      ),
    async clickInside({ root }, selector) {
      const { nodes } = await bidi.send<{ nodes: RemoteValue[] }>('browsingContext.locateNodes', {
        context,
        locator: { type: 'css', value: selector },
        startNodes: [{ sharedId: root }],
      });
      await page.clickNode(nodes[0]?.sharedId ?? '');
    },
    async setViewport(width, height) {
      await bidi.send('browsingContext.setViewport', { context, viewport: { width, height } });
    },
    isDark: () => page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches),
    async screenshot() {
      const { data } = await bidi.send<{ data: string }>('browsingContext.captureScreenshot', { context });
      return Buffer.from(data, 'base64');
    },
    async close() {
      await bidi.send('browsingContext.close', { context });
    },
  };
  return page;
}
