import type { Vault } from './vault.ts';

/** Answers without an end, which must not outlast the pairing that they were given to. */
export interface PairedStreams {
  /** The same answer, for as long as the pairing is in the vault. */
  keep(pairing: string, answer: Response): Response;
  /** Breaks off every stream whose pairing is gone: call it when pairings have changed. */
  endUnpaired(): void;
}

/** Keeps nothing but the streams that are open. */
export function createPairedStreams(vault: Vault): PairedStreams {
  const open = new Map<AbortController, string>();

  function endUnpaired(): void {
    for (const [ending, pairing] of open) {
      if (!vault.content.pairings.some(({ id }) => id === pairing)) ending.abort();
    }
  }

  return {
    endUnpaired,
    keep(pairing, answer) {
      if (!answer.body) return answer;
      const ending = new AbortController();
      open.set(ending, pairing);
      // The pairing may have ended while the answer was made.
      endUnpaired();
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      // Cancels the upstream when it is broken off, and when the reader leaves. What is broken off ends as if there were no more:
      // an error would only be told in the log of this program, with nothing wrong.
      void answer.body
        .pipeTo(writable, { signal: ending.signal, preventAbort: true })
        .catch(() => writable.close())
        .catch(() => undefined)
        .finally(() => open.delete(ending));
      return new Response(readable, answer);
    },
  };
}
