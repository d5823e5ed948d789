import type { ComponentChildren, JSX } from 'preact';

import type { IconProps } from './Icon.tsx';
import { OutcomeIcon } from './OutcomeIcon.tsx';
import type { Tone } from './outcome.ts';
import { Prose } from './Prose.tsx';

export interface NoticeProps {
  tone: Tone;
  title: string;
  /** In place of the tone's own. */
  icon?: (props: IconProps) => JSX.Element;
  /** `alert` for what just failed: a screen reader says it at once. */
  role?: 'alert' | 'status';
  /** Buttons with the next step. */
  actions?: ComponentChildren;
  children?: ComponentChildren;
}

/** Something the user should know, with the next step. */
export function Notice({ tone, title, icon: Icon, role, actions, children }: NoticeProps) {
  return (
    <div class="notice" data-tone={tone} role={role}>
      {Icon ? <Icon /> : <OutcomeIcon outcome={tone} />}
      <div class="notice-body">
        <p class="notice-title">{title}</p>
        {children && <div>{typeof children === 'string' ? <Prose text={children} /> : children}</div>}
        {actions && <div class="notice-actions">{actions}</div>}
      </div>
    </div>
  );
}
