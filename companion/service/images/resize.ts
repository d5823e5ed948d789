import type { Sharp } from 'sharp';

import type { ImageOptions } from './image-options.ts';

/** What an image may be made from, by its stored type, and what it becomes when no format is asked for. */
const formats = {
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
  // Making an AVIF takes seconds, and whoever shows one shows WebP too.
  'image/avif': 'webp',
} as const;

/** What an image may be made from. */
export type SourceType = keyof typeof formats;
/** What an image may be made into. */
export type VariantFormat = (typeof formats)[SourceType];

/** The one decoder for each type: what reaches it was judged by its first bytes, and no other decoder may be tricked in. */
const decoders = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'];

/** Longer than any image within the limits takes. */
const timeoutSeconds = 15;
const defaultQuality = 82;
const white = { r: 255, g: 255, b: 255, alpha: 1 };

/** Whether an image of this type can be resized. */
export function isSourceType(mimetype: string): mimetype is SourceType {
  return Object.hasOwn(formats, mimetype);
}

/** In which format an image leaves. @param accept the request's Accept header. */
export function chooseFormat(
  source: SourceType,
  asked: ImageOptions['format'],
  accept: string | undefined,
): VariantFormat {
  if (asked === 'auto') return /\bimage\/webp\b/i.test(accept ?? '') ? 'webp' : formats[source];
  return asked ?? formats[source];
}

/** Loads the image library, which is native code, when the first image is resized and not before. */
export async function loadSharp() {
  const { default: sharp } = await import('sharp');
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: decoders.map((name) => `VipsForeignLoad${name}`) });
  // Every variant is made once and kept on disk: keeping pixels in memory as well would be for nothing.
  sharp.cache(false);
  return sharp;
}

/**
 * The image as the options want it, turned as its metadata says and, unless they want otherwise, without metadata.
 * @param maxPixels of the source (all frames together) and of the result.
 * @throws Error when the bytes are no image of a known kind, or it is too large or takes too long.
 */
export async function resizeImage(
  sharp: Awaited<ReturnType<typeof loadSharp>>,
  bytes: Uint8Array,
  options: ImageOptions,
  format: VariantFormat,
  maxPixels: number,
): Promise<Buffer> {
  const canAnimate = format === 'webp' || format === 'gif';
  const source = sharp(bytes, {
    limitInputPixels: maxPixels,
    failOn: 'error',
    animated: options.isAnimated && canAnimate,
  });
  const { width = 1, height = 1, pageHeight = height, pages = 1, orientation = 1 } = await source.metadata();
  // EXIF orientations 5 to 8 lie on their side.
  const [wide, high] = orientation >= 5 ? [pageHeight, width] : [width, pageHeight];
  if (countPixels(options, wide, high) * pages > maxPixels) {
    throw new Error(`The result would have more than ${maxPixels} pixels.`);
  }
  let image: Sharp = source.autoOrient();
  if (options.width !== undefined || options.height !== undefined) image = fitIntoBox(sharp, image, options);
  if (options.sharpen > 0) image = image.sharpen({ sigma: 0.5 + options.sharpen / 4 });
  if (options.keepsMetadata) image = image.keepMetadata();
  const quality = options.quality ?? defaultQuality;
  return encode(image, format, quality).timeout({ seconds: timeoutSeconds }).toBuffer();
}

function encode(image: Sharp, format: VariantFormat, quality: number): Sharp {
  switch (format) {
    case 'jpeg':
      // JPEG knows no transparency: what was transparent would become black.
      return image.flatten({ background: white }).jpeg({ quality, mozjpeg: false });
    case 'png':
      return image.png();
    case 'webp':
      return image.webp({ quality });
    case 'gif':
      return image.gif();
  }
}

function fitIntoBox(
  sharp: Awaited<ReturnType<typeof loadSharp>>,
  image: Sharp,
  { width, height, fit: how, gravity }: ImageOptions,
): Sharp {
  const position = gravity === 'auto' ? sharp.strategy.attention : gravity === 'center' ? 'centre' : gravity;
  const box = { width, height };
  switch (how) {
    case 'scale-down':
      return image.resize({ ...box, fit: 'inside', withoutEnlargement: true });
    case 'contain':
      return image.resize({ ...box, fit: 'inside' });
    case 'cover':
      return image.resize({ ...box, fit: 'cover', position });
    case 'crop':
      return image.resize({ ...box, fit: 'cover', position, withoutEnlargement: true });
    case 'pad':
      return image.resize({ ...box, fit: 'contain', background: white });
  }
}

/** Pixels of the result, at most. */
function countPixels({ width, height }: ImageOptions, sourceWidth: number, sourceHeight: number): number {
  if (width !== undefined && height !== undefined) return width * height;
  if (width !== undefined) return width * Math.ceil((width / sourceWidth) * sourceHeight);
  if (height !== undefined) return height * Math.ceil((height / sourceHeight) * sourceWidth);
  return sourceWidth * sourceHeight;
}
