import { createFingerprinter, type Fingerprinter } from '../../shared/fingerprint/fingerprint.ts';
import { nodePlatform } from './node-platform.ts';
import { beginRingPass, type RingPass } from './ring.ts';
import { slotBytes } from './ring-memory.ts';

/** The pass over content that arrives from elsewhere, piece by piece. End it by `finish` or `abandon`. */
export interface Ingest extends Fingerprinter {
  /** Ends the pass without a result. Does nothing after `finish`. */
  abandon(): void;
}

/** Less than this is hashed sooner than other threads have taken it over. */
const ringFromBytes = 256 << 10;

/**
 * Starts a pass. Content of some size goes through the ring of hashing threads, which leaves the calling thread to its other
 * work; while the ring is taken, and for less, the calling thread hashes.
 */
export function createIngest(): Ingest {
  const begin = new Uint8Array(ringFromBytes);
  let beginBytes = 0;
  let ring: RingPass | undefined;
  let inner: Fingerprinter | undefined;

  /** Decides who hashes, once it is known that there is enough, or that there will not be more. */
  async function choose(isEnough: boolean): Promise<Fingerprinter> {
    ring = isEnough ? beginRingPass() : undefined;
    const chosen = ring ? throughRing(ring) : createFingerprinter(nodePlatform);
    inner = chosen;
    await chosen.update(begin.subarray(0, beginBytes));
    return chosen;
  }

  return {
    update(chunk) {
      if (inner) return inner.update(chunk);
      if (beginBytes + chunk.length <= begin.length) {
        begin.set(chunk, beginBytes);
        beginBytes += chunk.length;
        return undefined;
      }
      return choose(true).then((chosen) => chosen.update(chunk));
    },
    async finish() {
      return (inner ?? (await choose(false))).finish();
    },
    abandon: () => ring?.abandon(),
  };
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
