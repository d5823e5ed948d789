import { eventually } from './eventually.ts';
import type { Firefox } from './firefox.ts';
import type { FirefoxPage } from './firefox-page.ts';

/** The popup as the user has it: in its panel under the toolbar button, over the tab that was shown. */
export interface FirefoxPopup {
  text(): Promise<string>;
  waitForText(text: string): Promise<void>;
  /** Clicks the first element of a selector whose text, or label's text, holds `text`, with the mouse. */
  click(selector: string, text: string): Promise<void>;
  isDark(): Promise<boolean>;
  screenshot(): Promise<Buffer>;
  close(): Promise<void>;
}

/**
 * Opens the popup by a click on the toolbar button. BiDi does not list popups: the browser's own window clicks and
 * photographs, and `reader`, another page of the extension, reads, since all of them share a process.
 */
export async function openFirefoxPopup(firefox: Firefox, reader: FirefoxPage): Promise<FirefoxPopup> {
  await firefox.privileged((buttonId) => document.getElementById(buttonId)?.click(), firefox.toolbarButtonId);
  const popup: FirefoxPopup = {
    text: () =>
      reader.evaluate(() => chrome.extension.getViews({ type: 'popup' })[0]?.document.body.innerText ?? ''),
    async waitForText(text) {
      await eventually(`the popup shows “${text}”`, async () => (await popup.text()).includes(text));
    },
    async click(selector, text) {
      // A panel grows with its content: what is clicked must first have come to rest.
      const place = await eventually(`${selector} with “${text}” in the popup`, () =>
        reader.evaluate(
          async (selector, text) => {
            const [view] = chrome.extension.getViews({ type: 'popup' });
            const element = [...(view?.document.querySelectorAll(selector) ?? [])].find((element) =>
              [element, ...(element.ariaLabelledByElements ?? [])].some(({ textContent }) =>
                textContent?.includes(text),
              ),
            );
            if (!element || element.matches(':disabled')) return null;
            element.scrollIntoView({ block: 'nearest', behavior: 'instant' });
            const { x, y, width, height } = element.getBoundingClientRect();
            await new Promise((resolve) => setTimeout(resolve, 100));
            const later = element.getBoundingClientRect();
            return later.x === x && later.y === y ? { x: x + width / 2, y: y + height / 2 } : null;
          },
          selector,
          text,
        ),
      );
      await firefox.privileged((place) => {
        const panel = document.querySelector('.webextension-popup-browser');
        const { x, y } = panel?.getBoundingClientRect() ?? { x: 0, y: 0 };
        for (const type of ['mousemove', 'mousedown', 'mouseup'])
          window.synthesizeMouseEvent(
            type,
            x + place.x,
            y + place.y,
            { button: 0, clickCount: 1 },
            { isDOMEventSynthesized: false },
          );
      }, place);
    },
    isDark: () =>
      reader.evaluate(() =>
        chrome.extension
          .getViews({ type: 'popup' })
          .every((view: Window) => view.matchMedia('(prefers-color-scheme: dark)').matches),
      ),
    async screenshot() {
      const url = await firefox.privileged(async () => {
        const panel = document.querySelector('.webextension-popup-browser') as unknown as PopupBrowser;
        const picture = await panel.browsingContext.currentWindowGlobal.drawSnapshot(null, 1, 'white');
        const canvas = document.createElementNS(
          'http://www.w3.org/1999/xhtml',
          'canvas',
        ) as HTMLCanvasElement;
        canvas.width = picture.width;
        canvas.height = picture.height;
        canvas.getContext('2d')?.drawImage(picture, 0, 0);
        return canvas.toDataURL();
      });
      return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
    },
    async close() {
      await reader.evaluate(() => {
        for (const view of chrome.extension.getViews({ type: 'popup' })) view.close();
      });
    },
  };
  await eventually('the popup is open', async () => (await popup.text()) !== '');
  return popup;
}

interface PopupBrowser {
  browsingContext: {
    currentWindowGlobal: {
      drawSnapshot(rect: null, scale: number, ground: string): Promise<ImageBitmap>;
    };
  };
}

declare global {
  interface Window {
    /** Firefox's own, for its windows only. */
    synthesizeMouseEvent(type: string, x: number, y: number, data: object, options: object): void;
  }
}
