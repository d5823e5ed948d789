import { createPool } from '../../../shared/pool.ts';

/** Bytes that a page shows, with the media type that their server gave them (may be empty). */
export interface ResourceContent {
  bytes: Blob;
  type: string;
  /** Where they came from after redirects: the base of relative URLs inside. */
  url: string;
}

/** Gets the bytes of an absolute URL (http, https or blob). Throws when they may not or cannot be read. */
export type ReadResource = (url: string, signal: AbortSignal) => Promise<ResourceContent>;

export interface Resources {
  /** The resource as a data URL, or undefined when it could not be read: then it stays a URL and is listed. */
  dataUrl(url: string, fallbackType: string): Promise<string | undefined>;
  /** The resource itself, or undefined as above. */
  content(url: string): Promise<ResourceContent | undefined>;
  /** Names something that the capture lacks and that is no URL, for instance a canvas. */
  reportMissing(what: string): void;
  /** What could not be read, sorted: it becomes part of the captured bytes, so its order must not hang on the network. */
  missing(): string[];
}

/** A page cannot make one capture hang or fill the memory: past these limits a resource counts as unreadable. */
export const resourceLimits = {
  parallel: 8,
  timeoutMs: 20_000,
  resourceBytes: 32 * 1024 ** 2,
  totalBytes: 192 * 1024 ** 2,
};

/** Each URL is read once, however often the page shows it. */
export function createResources(read: ReadResource): Resources {
  const contents = new Map<string, Promise<ResourceContent | undefined>>();
  const missing = new Set<string>();
  const inTurn = createPool(resourceLimits.parallel);
  let totalBytes = 0;

  function content(url: string): Promise<ResourceContent | undefined> {
    const key = withoutFragment(url);
    const known = contents.get(key);
    if (known) return known;
    const reading = inTurn(async () => {
      try {
        const result = await read(key, AbortSignal.timeout(resourceLimits.timeoutMs));
        totalBytes += result.bytes.size;
        if (result.bytes.size <= resourceLimits.resourceBytes && totalBytes <= resourceLimits.totalBytes)
          return result;
      } catch {
        // Unreadable is a normal end (another site's resource, a broken link): it is listed below.
      }
      missing.add(key);
      return undefined;
    });
    contents.set(key, reading);
    return reading;
  }

  return {
    content,
    async dataUrl(url, fallbackType) {
      const result = await content(url);
      if (!result) return undefined;
      const type = mediaTypeOf(result.type) || fallbackType;
      return (await toDataUrl(result.bytes, type)) + fragmentOf(url);
    },
    reportMissing: (what) => missing.add(what),
    missing: () => [...missing].sort(),
  };
}

export function toDataUrl(bytes: Blob, type: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(new Blob([bytes], { type }));
  });
}

/** `text/css; charset=x` → `text/css`; empty for a type that says nothing. */
function mediaTypeOf(header: string): string {
  const type = (header.split(';')[0] ?? '').trim().toLowerCase();
  return /^[\w.+-]+\/[\w.+-]+$/.test(type) && type !== 'application/octet-stream' ? type : '';
}

const withoutFragment = (url: string) => url.split('#')[0] ?? url;
const fragmentOf = (url: string) => (url.includes('#') ? url.slice(url.indexOf('#')) : '');
