import { toErrorData } from '../../../shared/errors.ts';
import { createFingerprinter, type HashPlatform } from '../../../shared/fingerprint/fingerprint.ts';
import { jsPlatform } from '../../../shared/fingerprint/js-platform.ts';
import { nativeSha256, subtle } from './native.ts';
import { sliceBytes } from './read-blob.ts';
import type { LeafNews, LeafOrder } from './worker-messages.ts';

/** Only the tree: the whole is hashed by the other worker. */
const leafPlatform: HashPlatform = {
  name: subtle ? 'native' : 'js',
  sha256: subtle ? (bytes) => nativeSha256(subtle as SubtleCrypto, bytes) : jsPlatform.sha256,
  createSha256: () => ({ update() {}, digest: () => new Uint8Array(32) }),
};

/** Hashes the leaves of one content, whose pieces come through the port. */
export function hashLeaves(port: MessagePort): void {
  const pass = createFingerprinter(leafPlatform);
  const tell = (news: LeafNews) => port.postMessage(news);
  const take = async (order: LeafOrder) => {
    if ('end' in order) return tell({ cid: (await pass.finish()).cid });
    const bytes = new Uint8Array(order.piece);
    for (let from = 0; from < bytes.length; from += sliceBytes) {
      const part = bytes.subarray(from, from + sliceBytes);
      await pass.update(part);
      tell({ hashed: part.length });
    }
    return undefined;
  };
  let turn: Promise<unknown> = Promise.resolve();
  port.onmessage = ({ data }: MessageEvent<LeafOrder>) => {
    turn = turn.then(() => take(data)).catch((error) => tell({ error: toErrorData(error) }));
  };
}
