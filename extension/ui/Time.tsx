import { formatUtc } from '../../shared/format.ts';
import { formatTime } from './format.ts';

export interface TimeProps {
  /** Unix milliseconds. */
  timeMs: number;
  nowMs: number;
}

/** A time as people say it, local; the exact one in UTC on hover and for machines. */
export function Time({ timeMs, nowMs }: TimeProps) {
  const date = new Date(timeMs);
  const utc = formatUtc(timeMs);
  return (
    <time dateTime={Number.isNaN(date.getTime()) ? undefined : date.toISOString()} title={utc}>
      {formatTime(timeMs, nowMs)}
    </time>
  );
}
