/**
 * What a query asks an image to be made into. Names and words are the pinning provider's
 * (https://docs.pinata.cloud/gateways/image-optimizations); what cannot be understood counts as not asked for.
 */
export interface ImageOptions {
  /** Pixels of the box that the image is fitted into, `img-dpr` applied. */
  width: number | undefined;
  height: number | undefined;
  /**
   * `scale-down`: into the box, never enlarged. `contain`: into the box. `cover`: fills the box and is cut. `crop`: the
   * same, never enlarged. `pad`: into the box, the rest white.
   */
  fit: 'scale-down' | 'contain' | 'cover' | 'crop' | 'pad';
  /** What stays when something is cut; `auto` looks for what catches the eye. */
  gravity: 'auto' | 'left' | 'right' | 'top' | 'bottom' | 'center';
  /** 1 to 100; undefined: the format's default. */
  quality: number | undefined;
  /** `auto`: WebP for whoever takes it. Undefined: as it is. */
  format: 'auto' | 'webp' | 'jpeg' | 'png' | undefined;
  /** False: the first frame only. */
  isAnimated: boolean;
  /** 0 (not) to 10. */
  sharpen: number;
  keepsMetadata: boolean;
}

/** Every parameter that the provider documents: each is tolerated, and carried along by download links. */
export const imageParameters = [
  'img-width',
  'img-height',
  'img-dpr',
  'img-fit',
  'img-gravity',
  'img-quality',
  'img-format',
  'img-anim',
  'img-sharpen',
  'img-onerror',
  'img-metadata',
] as const;

/** The largest side that can be asked for, in pixels. */
const maxSidePixels = 8_192;

/** Undefined when the query asks for nothing that would change the image. */
export function readImageOptions(query: URLSearchParams): ImageOptions | undefined {
  const dpr = readNumber(query, 'img-dpr', 1, 4) ?? 1;
  const side = (name: string) => {
    const pixels = readNumber(query, name, 1, maxSidePixels);
    return pixels === undefined ? undefined : Math.min(Math.round(pixels * dpr), maxSidePixels);
  };
  const options: ImageOptions = {
    width: side('img-width'),
    height: side('img-height'),
    // The provider's own SDK spells it in camel case.
    fit:
      readWord(query, 'img-fit', ['scale-down', 'contain', 'cover', 'crop', 'pad'], {
        scaledown: 'scale-down',
      }) ?? 'scale-down',
    gravity: readWord(query, 'img-gravity', ['auto', 'left', 'right', 'top', 'bottom', 'center']) ?? 'center',
    quality: readNumber(query, 'img-quality', 1, 100),
    format: readWord(query, 'img-format', ['auto', 'webp', 'jpeg', 'png']),
    isAnimated: query.get('img-anim') !== 'false',
    sharpen: readNumber(query, 'img-sharpen', 0, 10) ?? 0,
    keepsMetadata: query.get('img-metadata') === 'keep',
  };
  const isChange =
    options.width ?? options.height ?? options.quality ?? options.format ?? (options.sharpen || undefined);
  return isChange !== undefined || !options.isAnimated || query.get('img-metadata') === 'none'
    ? options
    : undefined;
}

function readNumber(query: URLSearchParams, name: string, from: number, to: number): number | undefined {
  const text = query.get(name) ?? '';
  const value = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  return value >= from && value <= to ? value : undefined;
}

function readWord<const Word extends string>(
  query: URLSearchParams,
  name: string,
  words: readonly Word[],
  aliases: Record<string, NoInfer<Word>> = {},
): Word | undefined {
  const text = query.get(name)?.toLowerCase() ?? '';
  return words.find((word) => word === text) ?? (Object.hasOwn(aliases, text) ? aliases[text] : undefined);
}
