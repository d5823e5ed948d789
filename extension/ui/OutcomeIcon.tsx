import type { Outcome } from '../../shared/evidence/verdict.ts';
import {
  ConfirmedIcon,
  ContradictedIcon,
  type IconProps,
  InfoIcon,
  PendingIcon,
  UncheckedIcon,
  UnfamiliarIcon,
  UnknownIcon,
} from './Icon.tsx';
import { labelOf, type Tone } from './outcome.ts';

const icons = {
  confirmed: ConfirmedIcon,
  unfamiliar: UnfamiliarIcon,
  pending: PendingIcon,
  contradicted: ContradictedIcon,
  unknown: UnknownIcon,
  unchecked: UncheckedIcon,
  neutral: InfoIcon,
};

/** The outcome's own shape: told apart without its colour. */
export function OutcomeIcon({ outcome, ...props }: IconProps & { outcome: Tone }) {
  const Icon = icons[outcome];
  return <Icon {...props} />;
}

/** Shape, colour and word of an outcome, with a count in place of the word where there are several. */
export function OutcomeBadge({ outcome, count }: { outcome: Outcome; count?: number }) {
  const label = labelOf(outcome);
  return (
    <span class="badge" data-tone={outcome}>
      <OutcomeIcon outcome={outcome} size={13} />
      {count === undefined ? label : `${count} ${label.toLowerCase()}`}
    </span>
  );
}
