import { createFingerprinter, type Fingerprinter } from '../../shared/fingerprint/fingerprint.ts';
import { nodePlatform } from './node-platform.ts';
import { beginRingPass, type RingPass } from './ring.ts';
import { slotBytes } from './ring-memory.ts';

/** The pass over content that arrives from elsewhere, piece by piece. End it by `finish` or `abandon`. */
export interface Ingest extends Fingerprinter {
  /** Ends the pass without a result. Does nothing after `finish`. */
  abandon(): void;
}

/** Less than this is hashed before other threads have taken it over, and they are left to those with more. */
const ringFromBytes = 8 << 20;

/**
 * Starts a pass. Large content goes through the ring of hashing threads, which leaves the calling thread to its other work;
 * less, and more while the ring is taken, is hashed by the calling thread.
 *
 * @param expectedBytes how much will probably come; whatever comes is hashed right
 */
export function createIngest(expectedBytes = 0): Ingest {
  const ring = expectedBytes >= ringFromBytes ? beginRingPass() : undefined;
  return ring
    ? { ...throughRing(ring), abandon: ring.abandon }
    : { ...createFingerprinter(nodePlatform), abandon() {} };
}

function throughRing(pass: RingPass): Fingerprinter {
  let slot: Uint8Array | undefined;
  let filled = 0;

  return {
    async update(chunk) {
      for (let from = 0; from < chunk.length; ) {
        slot ??= await pass.nextSlot();
        const taken = Math.min(slotBytes - filled, chunk.length - from);
        slot.set(chunk.subarray(from, from + taken), filled);
        filled += taken;
        from += taken;
        if (filled < slotBytes) continue;
        pass.fill(filled, false);
        slot = undefined;
        filled = 0;
      }
    },
    async finish() {
      // The last slot may be an empty one: only now is it known that nothing follows.
      slot ??= await pass.nextSlot();
      pass.fill(filled, true);
      return pass.finish();
    },
  };
}
