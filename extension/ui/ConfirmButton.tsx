import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { Button, IconButton } from './Button.tsx';

export interface ConfirmButtonProps {
  /** Asked in place of the button, for instance `Unpair?` */
  question: string;
  confirmLabel: string;
  /** Makes it an icon button with this name. */
  iconLabel?: string;
  isBusy?: boolean;
  size?: 'medium' | 'small';
  onConfirm: () => void;
  children: ComponentChildren;
}

/** A button for what cannot be undone: it asks once, in its own place, and Escape takes it back. */
export function ConfirmButton({
  question,
  confirmLabel,
  iconLabel,
  isBusy,
  size,
  onConfirm,
  children,
}: ConfirmButtonProps) {
  const [isAsking, setAsking] = useState(false);
  const wasAsking = useRef(false);
  const button = useRef<HTMLButtonElement>(null);
  const fields = useRef<HTMLFieldSetElement>(null);
  useEffect(() => {
    // The button that had the focus is gone: go on at the harmless answer, and afterwards where it began.
    if (isAsking) fields.current?.querySelector<HTMLButtonElement>('button:last-of-type')?.focus();
    else if (wasAsking.current) button.current?.focus();
    wasAsking.current = isAsking;
  }, [isAsking]);

  if (!isAsking) {
    const ask = () => setAsking(true);
    return iconLabel ? (
      <IconButton ref={button} label={iconLabel} size={size} onClick={ask}>
        {children}
      </IconButton>
    ) : (
      <Button ref={button} size={size} isBusy={isBusy} onClick={ask}>
        {children}
      </Button>
    );
  }
  return (
    <fieldset
      ref={fields}
      class="confirm"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        setAsking(false);
      }}
    >
      <legend class="visually-hidden">{question}</legend>
      <span aria-hidden="true">{question}</span>
      <Button
        kind="danger"
        size={size}
        onClick={() => {
          setAsking(false);
          onConfirm();
        }}
      >
        {confirmLabel}
      </Button>
      <Button kind="quiet" size={size} onClick={() => setAsking(false)}>
        Cancel
      </Button>
    </fieldset>
  );
}
