import type { Bulk } from '../../stamping/bulk/bulk.ts';
import { formatNumber } from '../../ui/format.ts';

const parts = [
  ['proven', 'confirmed', 'stamped'],
  ['sent', 'pending', 'waiting'],
  ['failed', 'contradicted', 'failed'],
] as const;

/** How many rows of a list are how far, as one bar; what is empty is not sent yet. */
export function ListBar({ list: { counts, rowCount } }: { list: Bulk }) {
  const words = parts.map(([state, , word]) => `${formatNumber(counts[state])} ${word}`);
  return (
    <span class="list-bar" role="img" aria-label={`Of ${formatNumber(rowCount)}: ${words.join(', ')}`}>
      {parts.map(([state, tone]) => (
        <span key={state} data-tone={tone} style={{ width: `${(100 * counts[state]) / rowCount}%` }} />
      ))}
    </span>
  );
}
