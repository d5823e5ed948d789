import 'fake-indexeddb/auto';
import { describe, expect, it, vi } from 'vitest';

import { openPairingStore, type StoredPairing } from '../../../extension/companion/pairing-store.ts';
import { importPairingKey } from '../../../shared/wire/companion-signing.ts';

async function createPairing(): Promise<StoredPairing> {
  return {
    url: 'http://127.0.0.1:4774',
    pairing: 'AAAAAAAAAAAAAAAAAAAAAA',
    key: await importPairingKey(new Uint8Array(32)),
    pairedAtMs: 1,
  };
}

describe('openPairingStore', () => {
  it('should keep one pairing, for every context of the extension', async () => {
    const store = openPairingStore('test-keep');
    expect(await store.read()).toBeUndefined();
    await store.write(await createPairing());
    await store.write({ ...(await createPairing()), url: 'http://127.0.0.1:4775' });
    const seenElsewhere = await openPairingStore('test-keep').read();
    expect(seenElsewhere?.url).toBe('http://127.0.0.1:4775');
  });

  it('should keep a key that signs and cannot be read out', async () => {
    const store = openPairingStore('test-key');
    await store.write(await createPairing());
    const stored = await store.read();
    expect(stored?.key.extractable).toBe(false);
    const signature = await crypto.subtle.sign('HMAC', stored?.key as CryptoKey, new Uint8Array(1));
    expect(signature.byteLength).toBe(32);
    await expect(crypto.subtle.exportKey('raw', stored?.key as CryptoKey)).rejects.toThrow();
  });

  it('should work again after it could not be opened', async () => {
    vi.spyOn(indexedDB, 'open').mockImplementationOnce(() => {
      throw new Error('the disk is full');
    });
    const store = openPairingStore('test-full-disk');
    await expect(store.read()).rejects.toThrow('the disk is full');
    expect(await store.read()).toBeUndefined();
  });

  it('should forget', async () => {
    const store = openPairingStore('test-forget');
    await store.write(await createPairing());
    await store.clear();
    expect(await store.read()).toBeUndefined();
  });
});
