import type { ButtonHTMLAttributes, ComponentChildren, Ref } from 'preact';

export interface ButtonProps
  extends Pick<
    ButtonHTMLAttributes<HTMLButtonElement>,
    'type' | 'title' | 'aria-label' | 'aria-expanded' | 'aria-controls' | 'aria-describedby'
  > {
  ref?: Ref<HTMLButtonElement>;
  kind?: 'primary' | 'plain' | 'quiet' | 'danger';
  size?: 'medium' | 'small';
  isWide?: boolean;
  /** Shows a spinner and takes no click. */
  isBusy?: boolean;
  /** Takes no click, but stays in the tab order so that its reason can be read. */
  isDisabled?: boolean;
  onClick?: () => void;
  children: ComponentChildren;
}

/** A button with words. */
export function Button({
  kind = 'plain',
  size = 'medium',
  type = 'button',
  isWide,
  isBusy,
  isDisabled,
  onClick,
  children,
  ...rest
}: ButtonProps) {
  const isInert = isBusy || isDisabled;
  return (
    <button
      {...rest}
      class="button"
      type={type}
      data-kind={kind}
      data-size={size}
      data-wide={isWide ? '' : undefined}
      aria-busy={isBusy || undefined}
      aria-disabled={isInert || undefined}
      onClick={(event) => {
        if (!isInert) return onClick?.();
        event.preventDefault();
      }}
    >
      {isBusy && <span class="spinner" />}
      {children}
    </button>
  );
}

export interface IconButtonProps {
  ref?: Ref<HTMLButtonElement>;
  /** Its name for screen readers and as tooltip. */
  label: string;
  size?: 'medium' | 'small';
  isDone?: boolean;
  onClick: () => void;
  children: ComponentChildren;
}

/** A button with an icon only. */
export function IconButton({ ref, label, size = 'medium', isDone, onClick, children }: IconButtonProps) {
  return (
    <button
      ref={ref}
      type="button"
      class="icon-button"
      data-size={size}
      data-done={isDone ? '' : undefined}
      aria-label={label}
      title={label}
      onClick={onClick}
    >
      {children}
    </button>
  );
}
