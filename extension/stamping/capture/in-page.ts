import { browser } from 'wxt/browser';

import { contentTypeOf, documentUrlOf, titleOf } from './dom-access.ts';
import { createResources, type ResourceContent, toDataUrl } from './resources.ts';
import { serializePage } from './serialize-page.ts';

/** What a capture yielded; its bytes wait in the page and are fetched with {@link InPageCapture.slice}. */
export interface CaptureSummary {
  sizeBytes: number;
  type: string;
  title: string;
  /** Where the bytes came from. */
  url: string;
  /** What stayed a URL, sorted. */
  missing: string[];
  /** True when the tab shows a file (a PDF, an image) and not a page: then these are the file's own bytes. */
  isFile: boolean;
}

/** What the background calls in a page, in the extension's isolated world. Arguments and results are plain JSON. */
export interface InPageCapture {
  page(): Promise<CaptureSummary>;
  resource(url: string): Promise<CaptureSummary>;
  selection(): Promise<CaptureSummary>;
  /** Hands over a resource that the page may not read and the background may, for the next `page()`. */
  supply(url: string, type: string, base64: string): void;
  /** Bytes `start` to `end` of the last capture, as base64. */
  slice(start: number, end: number): Promise<string>;
  drop(): void;
}

export function createInPageCapture(document: Document): InPageCapture {
  const supplied = new Map<string, ResourceContent>();
  let held = new Blob();

  const hold = (bytes: Blob, summary: Omit<CaptureSummary, 'sizeBytes'>): CaptureSummary => {
    held = bytes;
    return { ...summary, sizeBytes: bytes.size };
  };
  const title = () => titleOf(document);

  async function resource(url: string): Promise<CaptureSummary> {
    const content = await readInPage(url, AbortSignal.timeout(wholeFileTimeoutMs));
    return hold(content.bytes, { type: content.type, title: title(), url, missing: [], isFile: true });
  }

  return {
    resource,
    async page() {
      if (!/^(text\/html|application\/xhtml\+xml)$/.test(contentTypeOf(document)))
        return resource(documentUrlOf(document));
      const resources = createResources(
        async (url, signal) => supplied.get(url) ?? (await readInPage(url, signal)),
      );
      const html = await serializePage(document, { resources, shadowRootOf });
      // A lone surrogate has no UTF-8 form; the Blob constructor would replace it as well.
      const bytes = new Blob([html.toWellFormed()]);
      return hold(bytes, {
        type: 'text/html',
        title: title(),
        url: documentUrlOf(document),
        missing: resources.missing(),
        isFile: false,
      });
    },
    async selection() {
      const text = selectedText(document);
      return hold(new Blob([text.toWellFormed()]), {
        type: 'text/plain',
        title: title(),
        url: documentUrlOf(document),
        missing: [],
        isFile: false,
      });
    },
    supply(url, type, base64) {
      const bytes = new Blob([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))]);
      supplied.set(url, { bytes, type, url });
    },
    async slice(start, end) {
      const url = await toDataUrl(held.slice(start, end), 'application/octet-stream');
      return url.slice(url.indexOf(',') + 1);
    },
    drop() {
      held = new Blob();
      supplied.clear();
    },
  };
}

/** A linked file may be large and its server slow. */
const wholeFileTimeoutMs = 10 * 60_000;

/**
 * Reads with the page's own rights. The copy that the page shows is the one to stamp, so the browser's cache comes
 * first; a cached answer can lack the CORS header that a fresh one has, so the second try asks the server.
 */
async function readInPage(url: string, signal: AbortSignal): Promise<ResourceContent> {
  const get = (cache: RequestCache) => fetch(url, { cache, signal, credentials: 'same-origin' });
  const response = await get('force-cache').catch((error) => {
    signal.throwIfAborted();
    if (!/^https?:/.test(url)) throw error;
    return get('reload');
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return {
    bytes: await response.blob(),
    type: response.headers.get('content-type') ?? '',
    url: response.url || url,
  };
}

/** Chromium offers closed shadow trees through `browser.dom`, Firefox on the element, both to extensions only. */
function shadowRootOf(element: Element): ShadowRoot | null {
  const { dom } = browser as unknown as {
    dom?: { openOrClosedShadowRoot(element: Element): ShadowRoot | null };
  };
  try {
    if (dom) return dom.openOrClosedShadowRoot(element);
  } catch {
    return element.shadowRoot; // The call refuses elements of other kinds than HTML.
  }
  return (
    (element as unknown as { openOrClosedShadowRoot?: ShadowRoot | null }).openOrClosedShadowRoot ??
    element.shadowRoot
  );
}

/** The selection with its line breaks, which the menu's own event has lost; also inside a text field. */
function selectedText(document: Document): string {
  const field = document.activeElement;
  if (
    field instanceof HTMLTextAreaElement ||
    (field instanceof HTMLInputElement && field.type !== 'password')
  ) {
    const { selectionStart, selectionEnd, value } = field;
    if (selectionStart !== null && selectionEnd !== null && selectionEnd > selectionStart)
      return value.slice(selectionStart, selectionEnd);
  }
  return String(document.getSelection() ?? '');
}
