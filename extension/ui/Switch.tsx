import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

export interface SwitchProps {
  label: ComponentChildren;
  hint?: ComponentChildren;
  isOn: boolean;
  isDisabled?: boolean;
  /** Called in the click itself, so that a permission may be asked for. */
  onChange: (isOn: boolean) => void;
}

/** A row with a label, a hint and a switch. */
export function Switch({ label, hint, isOn, isDisabled, onChange }: SwitchProps) {
  const id = useId();
  return (
    <div class="switch-row">
      <span class="switch-label" id={`${id}-label`}>
        {label}
      </span>
      {hint && (
        <span class="switch-hint small secondary" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      <button
        type="button"
        class="switch"
        role="switch"
        aria-checked={isOn}
        aria-disabled={isDisabled || undefined}
        aria-labelledby={`${id}-label`}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onClick={() => {
          if (!isDisabled) onChange(!isOn);
        }}
      />
    </div>
  );
}
