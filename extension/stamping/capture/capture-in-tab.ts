import { browser } from 'wxt/browser';

import { HashmarkError } from '../../../shared/errors.ts';
import { createPool } from '../../../shared/pool.ts';
import type { CaptureKind } from '../../messages.ts';
import { readPermitted } from './background-read.ts';
import { nameOfPage, nameOfResource, nameOfSelection } from './file-name.ts';
import type { CaptureSummary, InPageCapture } from './in-page.ts';
import { captureMhtml } from './mhtml.ts';
import { resourceLimits } from './resources.ts';

/** Content that is ready to become a job. */
export interface Captured {
  kind: CaptureKind;
  /** File name. */
  name: string;
  /** Title of the page it was taken from: what people know it by. */
  title: string;
  type: string;
  bytes: Blob;
  sourceUrl: string;
  missing: string[];
}

export interface CaptureTarget {
  tabId: number;
  /** 0 or absent: the page itself. */
  frameId?: number;
}

/** A message between a page and the background holds 64 MiB at most; base64 makes a third more of these. */
const sliceBytes = 12 * 1024 ** 2;

/**
 * The page of a tab as one self-contained file, or, when the tab shows a file, that file.
 *
 * @throws HashmarkError `page-not-readable` for pages that no extension may read
 */
export async function capturePage(tabId: number): Promise<Captured> {
  return withPage({ tabId }, async (call) => {
    let summary = await call('page');
    if (!summary.isFile && (await supplyMissing(summary, call))) summary = await call('page');
    const { title, url, type, missing } = summary;
    const name = summary.isFile ? nameOfResource(url, type) : nameOfPage(title, url);
    const page = { kind: 'page' as const, name, title: title || name, type, sourceUrl: url };
    // An archive holds what a page may not read itself; a file that every browser opens is better where it is whole.
    const archive = missing.length > 0 ? await captureMhtml(tabId) : undefined;
    if (archive)
      return {
        ...page,
        name: name.replace(/html$/, 'mhtml'),
        type: 'multipart/related',
        missing: [],
        bytes: archive,
      };
    return { ...page, missing, bytes: await fetchBytes(summary, call) };
  });
}

/** The selected text, as plain UTF-8 text with its line breaks. */
export async function captureSelection(target: CaptureTarget): Promise<Captured> {
  return withPage(target, async (call) => {
    const summary = await call('selection');
    if (summary.sizeBytes === 0)
      throw new HashmarkError('nothing-selected', 'No text is selected. Select some text and try again.');
    const { title, url } = summary;
    const name = nameOfSelection(title, url);
    return {
      kind: 'selection',
      name,
      title,
      type: 'text/plain',
      sourceUrl: url,
      missing: [],
      bytes: await fetchBytes(summary, call),
    };
  });
}

/**
 * The bytes behind a URL that a page shows or links to: read by the page first, which has them in its cache and may
 * read its own site; then by the background, for sites that the user allowed.
 *
 * @throws HashmarkError `resource-not-readable`
 */
export async function captureResource(
  kind: 'image' | 'video' | 'audio' | 'link',
  url: string,
  target: CaptureTarget,
): Promise<Captured> {
  const title = (await browser.tabs.get(target.tabId).catch(() => undefined))?.title ?? '';
  try {
    return await withPage(target, async (call) => {
      const summary = await call('resource', url);
      return resourceFile(kind, url, title, summary.type, await fetchBytes(summary, call));
    });
  } catch {
    return readResource(kind, url, title); // The page may not read it: that is the normal case for another site.
  }
}

/** The same without a page, for instance when a job is tried again after its tab was closed. */
export async function readResource(
  kind: 'image' | 'video' | 'audio' | 'link',
  url: string,
  title: string,
): Promise<Captured> {
  const content = await readPermitted(url, 'include');
  return resourceFile(kind, url, title, content.type, content.bytes);
}

function resourceFile(kind: CaptureKind, url: string, title: string, header: string, bytes: Blob): Captured {
  const type = header.split(';')[0]?.trim().toLowerCase() || 'application/octet-stream';
  const sourceUrl = url.startsWith('data:') ? 'data:' : url;
  const name = nameOfResource(url, type);
  return { kind, name, title: title || name, type, bytes, sourceUrl, missing: [] };
}

/** True when something was handed over, so that another capture has fewer holes. */
async function supplyMissing(summary: CaptureSummary, call: Call): Promise<boolean> {
  const urls = summary.missing.filter((entry) => /^https?:/.test(entry));
  // A page names as many as it likes: so many at a time, and none once there is more than a capture takes.
  const inTurn = createPool(resourceLimits.parallel);
  let totalBytes = 0;
  const supplied = await Promise.all(
    urls.map((url) =>
      inTurn(async () => {
        try {
          if (totalBytes > resourceLimits.totalBytes) return false;
          // Without cookies: a page can name any address, and what only this user may see must not get into its file.
          const { bytes, type } = await readPermitted(url, 'omit', summary.url);
          totalBytes += bytes.size;
          if (!/^(image|font|audio|video)\/|^text\/css|^application\/(font|x-font)/.test(type)) return false;
          await call('supply', url, type, await toBase64(bytes));
          return true;
        } catch {
          return false; // Not allowed or not there: it stays on the list.
        }
      }),
    ),
  );
  return supplied.includes(true);
}

type Call = <Method extends keyof InPageCapture>(
  method: Method,
  ...args: Parameters<InPageCapture[Method]>
) => Promise<Awaited<ReturnType<InPageCapture[Method]>>>;

async function withPage<Result>(
  { tabId, frameId = 0 }: CaptureTarget,
  use: (call: Call) => Promise<Result>,
): Promise<Result> {
  const target = { tabId, frameIds: [frameId] };
  try {
    await browser.scripting.executeScript({ target, files: ['/capture.js'] });
  } catch (cause) {
    throw new HashmarkError(
      'page-not-readable',
      'The browser does not let extensions read this page (its own pages and the extension store are closed to all). Open the page you want to stamp and try again.',
      { cause },
    );
  }
  const call: Call = async (method, ...args) => {
    const [injected] = await browser.scripting.executeScript({
      target,
      args: [method, args],
      func: callInPage as (...args: unknown[]) => unknown,
    });
    const answer = injected?.result as { value: unknown } | { error: string } | undefined;
    if (!answer || 'error' in answer)
      throw new HashmarkError(
        'capture-failed',
        `The page could not be captured: ${answer?.error ?? 'it went away meanwhile'}.`,
      );
    return answer.value as never;
  };
  try {
    return await use(call);
  } finally {
    await call('drop').catch(() => undefined); // The page may be gone, and its memory with it.
  }
}

/** Runs in the page: it must stand alone. A rejection would cross without its message, so the answer says how it went. */
async function callInPage(
  method: keyof InPageCapture,
  args: never[],
): Promise<{ value: unknown } | { error: string }> {
  try {
    const { hashmarkCapture } = globalThis as unknown as {
      hashmarkCapture: Record<string, (...args: never[]) => unknown>;
    };
    return { value: (await hashmarkCapture[method]?.(...args)) ?? null };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

async function fetchBytes(summary: CaptureSummary, call: Call): Promise<Blob> {
  const slices: Blob[] = [];
  for (let start = 0; start < summary.sizeBytes; start += sliceBytes) {
    const base64 = await call('slice', start, Math.min(start + sliceBytes, summary.sizeBytes));
    slices.push(await (await fetch(`data:application/octet-stream;base64,${base64}`)).blob());
  }
  return new Blob(slices, { type: summary.type });
}

async function toBase64(bytes: Blob): Promise<string> {
  const content = new Uint8Array(await bytes.arrayBuffer());
  let binary = '';
  // In pieces: a call takes only so many arguments.
  for (let start = 0; start < content.length; start += 0x8000)
    binary += String.fromCharCode(...content.subarray(start, start + 0x8000));
  return btoa(binary);
}
