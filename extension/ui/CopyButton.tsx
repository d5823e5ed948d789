import { useEffect, useState } from 'preact/hooks';

import { IconButton } from './Button.tsx';
import { CheckIcon, CopyIcon } from './Icon.tsx';

/** How long the button says that it copied. */
const doneMs = 1600;

export interface CopyButtonProps {
  /** A function for what is long: it is called by the click. */
  text: string | (() => string);
  /** What is copied, for instance `CID`. */
  noun: string;
}

/** Copies a text and says so, to eyes and to screen readers. */
export function CopyButton({ text, noun }: CopyButtonProps) {
  const [state, setState] = useState<'ready' | 'copied' | 'refused'>('ready');
  useEffect(() => {
    if (state === 'ready') return undefined;
    const timer = setTimeout(() => setState('ready'), doneMs);
    return () => clearTimeout(timer);
  }, [state]);

  const said = { ready: '', copied: `${noun} copied`, refused: 'The browser did not let it be copied' }[
    state
  ];
  return (
    <>
      <IconButton
        size="small"
        label={said || `Copy ${noun}`}
        isDone={state === 'copied'}
        onClick={() => {
          navigator.clipboard.writeText(typeof text === 'string' ? text : text()).then(
            () => setState('copied'),
            () => setState('refused'),
          );
        }}
      >
        {state === 'copied' ? <CheckIcon size={14} /> : <CopyIcon size={14} />}
      </IconButton>
      <span class="visually-hidden" role="status">
        {said}
      </span>
    </>
  );
}
