import { CopyButton } from './CopyButton.tsx';
import { shortenHash } from './format.ts';

export interface HashProps {
  value: string;
  /** What it is, for instance `CID`, `digest`, `transaction`. */
  noun: string;
  /** Shows every character, broken where the line ends. */
  isFull?: boolean;
  /** Shows less of it, where the line is short. */
  isShort?: boolean;
}

/** A hash in monospace: its beginning and end, the whole on hover and in the clipboard. */
export function Hash({ value, noun, isFull, isShort }: HashProps) {
  return (
    <span class="hash" data-full={isFull ? '' : undefined}>
      <span class="hash-text" dir="ltr" translate={false} title={isFull ? undefined : value}>
        {isFull ? value : isShort ? shortenHash(value, 6, 6) : shortenHash(value)}
      </span>
      <CopyButton text={value} noun={noun} />
    </span>
  );
}
