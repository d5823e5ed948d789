import type { ComponentChildren } from 'preact';

import { OutcomeIcon } from './OutcomeIcon.tsx';
import type { Tone } from './outcome.ts';

export interface NoticeProps {
  tone: Tone;
  title: string;
  /** `alert` for what just failed: a screen reader says it at once. */
  role?: 'alert' | 'status';
  /** Buttons with the next step. */
  actions?: ComponentChildren;
  children?: ComponentChildren;
}

/** Something the user should know, with the next step. */
export function Notice({ tone, title, role, actions, children }: NoticeProps) {
  return (
    <div class="notice" data-tone={tone} role={role}>
      <OutcomeIcon outcome={tone} />
      <div class="notice-body">
        <p class="notice-title">{title}</p>
        {children && <div>{children}</div>}
        {actions && <div class="notice-actions">{actions}</div>}
      </div>
    </div>
  );
}
