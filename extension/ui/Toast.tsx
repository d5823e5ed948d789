import { useEffect } from 'preact/hooks';

import { Button, IconButton } from './Button.tsx';
import { CloseIcon } from './Icon.tsx';

/** How long an undo is offered; while the pointer or the focus is on it, it stays. */
const toastMs = 8000;

export interface ToastProps {
  text: string;
  actionLabel: string;
  onAction: () => void;
  onClose: () => void;
}

/** Says what was done and offers to take it back. */
export function Toast({ text, actionLabel, onAction, onClose }: ToastProps) {
  useEffect(() => {
    let timer = setTimeout(onClose, toastMs);
    const hold = () => clearTimeout(timer);
    const release = () => {
      clearTimeout(timer);
      timer = setTimeout(onClose, toastMs);
    };
    const toast = document.querySelector('.toast');
    toast?.addEventListener('pointerenter', hold);
    toast?.addEventListener('focusin', hold);
    toast?.addEventListener('pointerleave', release);
    toast?.addEventListener('focusout', release);
    return () => {
      clearTimeout(timer);
      toast?.removeEventListener('pointerenter', hold);
      toast?.removeEventListener('focusin', hold);
      toast?.removeEventListener('pointerleave', release);
      toast?.removeEventListener('focusout', release);
    };
  }, [onClose]);
  return (
    <div class="toast" role="status">
      <span class="cut">{text}</span>
      <Button kind="quiet" size="small" onClick={onAction}>
        {actionLabel}
      </Button>
      <IconButton label="Close" size="small" onClick={onClose}>
        <CloseIcon size={14} />
      </IconButton>
    </div>
  );
}
