import type { ContentStore, IncomingContent } from '../content-store.ts';
import type { ServiceContext } from '../context.ts';
import { countContentBytes } from '../ledger/contents.ts';
import { Refusal } from '../refusal.ts';

/** How much may be stored, over everything that is stored or on its way in. */
export interface StorageLimit {
  /**
   * For a sender that says up front how much comes: nobody needs to send gigabytes to learn that there is no room.
   * @throws Refusal 507 when there is no room for so many bytes more.
   */
  check(bytes: number): void;
  /**
   * The content store, refusing with 507 what there is no room for. Bytes on their way in count from their arrival, so
   * that many uploads at once cannot pass the limit together. What the service makes itself (`put`: the bundle of a
   * stamp) is counted and never refused: a full store can still stamp what it holds.
   */
  guard(content: ContentStore): ContentStore;
}

/** Counts what the ledger knows, and what is on its way in. Follows the settings at once. */
export function createStorageLimit({
  ledger,
  settings,
}: Pick<ServiceContext, 'ledger' | 'settings'>): StorageLimit {
  let incomingBytes = 0;

  function check(bytes: number): void {
    const { maxStorageBytes } = settings;
    if (maxStorageBytes !== null && countContentBytes(ledger.db) + incomingBytes + bytes > maxStorageBytes) {
      throw new Refusal(
        507,
        `Storage limit reached: this service keeps at most ${maxStorageBytes} bytes. What is stored stays; nothing of this file was kept. Raise the setting maxStorageBytes, then send it again.`,
      );
    }
  }

  function guardIncoming(incoming: IncomingContent): IncomingContent {
    let reservedBytes = 0;
    const release = () => {
      incomingBytes -= reservedBytes;
      reservedBytes = 0;
    };
    return {
      get sizeBytes() {
        return incoming.sizeBytes;
      },
      async write(chunk) {
        check(chunk.byteLength);
        incomingBytes += chunk.byteLength;
        reservedBytes += chunk.byteLength;
        await incoming.write(chunk);
      },
      finish: () => incoming.finish(),
      keep: () => incoming.keep().finally(release),
      discard: () => incoming.discard().finally(release),
    };
  }

  return {
    check,
    guard: (content) => ({
      ...content,
      receive: async () => guardIncoming(await content.receive()),
    }),
  };
}
