import {
  type Fingerprint,
  type FingerprintOptions,
  fingerprint,
} from '../../../shared/fingerprint/fingerprint.ts';
import { jsPlatform } from '../../../shared/fingerprint/js-platform.ts';
import { ownBytes } from '../own-bytes.ts';
import { withNativeBlocks } from './native.ts';

/** Content of any size: the whole in JavaScript, blocks by the browser's own hash beside it. Works in every context. */
export const streamingPlatform = withNativeBlocks(jsPlatform);

/** Fingerprints a stream of any length, for instance a response body, as it arrives. Cancels it when the pass ends early. */
export function fingerprintStream(
  stream: ReadableStream<Uint8Array>,
  options: FingerprintOptions = {},
): Promise<Fingerprint> {
  return fingerprint(chunksOf(stream), streamingPlatform, options);
}

/** Read by hand: Chromium iterates streams only since 124, and Firefox neither iterates nor pipes those of a content script. */
async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      yield ownBytes(value as Uint8Array<ArrayBuffer>);
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
