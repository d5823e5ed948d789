import { shortenHash } from './format.ts';

/** Commands between back ticks; CIDs; hex of at least an address's length: what is no sentence. */
const verbatim = /(`[^`]+`|\bQm[1-9A-HJ-NP-Za-km-z]{44}\b|\bb[a-z2-7]{50,}\b|\b(?:0x)?[0-9a-fA-F]{40,}\b)/;

export interface ProseProps {
  text: string;
  /** Cuts hashes down; the whole is on hover. */
  isShort?: boolean;
}

/** A sentence in which commands and hashes stand in monospace. */
export function Prose({ text, isShort }: ProseProps) {
  // Splitting by a pattern with one group puts what matched at every second place.
  return (
    <>
      {text.split(verbatim).map((part, index) => {
        if (index % 2 === 0) return part;
        const key = `${index} ${part}`;
        if (part.startsWith('`')) return <code key={key}>{part.slice(1, -1)}</code>;
        return (
          <span key={key} class="mono" translate={false} title={isShort ? part : undefined}>
            {isShort ? shortenHash(part, 8, 6) : part}
          </span>
        );
      })}
    </>
  );
}
