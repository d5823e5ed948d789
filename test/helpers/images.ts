import sharp from 'sharp';

/** A picture of two halves, left red and right blue, in any format; 400 × 200 unless said otherwise. */
export async function makeImage(
  format: 'png' | 'jpeg' | 'webp' | 'gif' | 'avif' = 'png',
  { width = 400, height = 200, orientation }: { width?: number; height?: number; orientation?: number } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const half = { width: Math.ceil(width / 2), height, channels: 3 as const, background: '#00f' };
  const image = sharp({ create: { width, height, channels: 3, background: '#f00' } }).composite([
    { input: await sharp({ create: half }).png().toBuffer(), left: Math.floor(width / 2), top: 0 },
  ]);
  if (orientation !== undefined) image.withMetadata({ orientation });
  return new Uint8Array(await image.toFormat(format).toBuffer());
}

/** An animation whose frames have different colours. */
export async function makeAnimation(frames: number): Promise<Uint8Array<ArrayBuffer>> {
  const [width, height] = [40, 20];
  const pictures = await Promise.all(
    Array.from({ length: frames }, (_, i) =>
      sharp({ create: { width, height, channels: 3, background: { r: 50 * i, g: 20, b: 20 } } })
        .png()
        .toBuffer(),
    ),
  );
  return new Uint8Array(
    await sharp(pictures, { join: { animated: true } })
      .gif()
      .toBuffer(),
  );
}

/** What an answer holds, as a decoder sees it. */
export async function describeImage(response: Response) {
  const { format, width, height, pages, orientation } = await sharp(
    new Uint8Array(await response.arrayBuffer()),
  ).metadata();
  return { format, width, height, pages, orientation };
}
