import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

import { mark, markWeight } from './mark.ts';

export interface IconProps {
  /** Edge in CSS pixels; drawn on a grid of 16. */
  size?: number;
}

/** Every icon is decoration beside a word, or sits in a control that has a name: none speaks to a screen reader. */
function Drawing({ size = 16, children }: IconProps & { children: ComponentChildren }) {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

/** The product's mark, as in the toolbar: the one thing whose colours say nothing about a verdict. */
export function MarkIcon({ size = 22 }: IconProps) {
  const gradient = useId();
  const weight = markWeight(size);
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 128 128" aria-hidden="true" focusable="false">
      <defs>
        <linearGradient id={gradient} x1="0" y1="0" x2="1" y2="1">
          <stop offset="0" stop-color={mark.groundColours[0]} />
          <stop offset="1" stop-color={mark.groundColours[1]} />
        </linearGradient>
      </defs>
      <rect {...mark.ground} rx={weight.corner} fill={`url(#${gradient})`} />
      <g fill="none" stroke-linecap="round" stroke-linejoin="round">
        <path d={mark.hash} stroke={mark.hashColour} stroke-width={weight.hash} />
        <path d={mark.check} stroke={mark.checkColour} stroke-width={weight.check} />
      </g>
    </svg>
  );
}

export const ConfirmedIcon = (props: IconProps) => (
  <Drawing {...props}>
    <circle cx="8" cy="8" r="6.25" />
    <path d="m5.3 8.2 1.9 1.9 3.5-4" />
  </Drawing>
);

export const UnfamiliarIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="M8 2.1 14.3 13a.5.5 0 0 1-.43.75H2.13A.5.5 0 0 1 1.7 13Z" />
    <path d="M8 6.3v3.2M8 11.6v.01" />
  </Drawing>
);

export const PendingIcon = (props: IconProps) => (
  <Drawing {...props}>
    <circle cx="8" cy="8" r="6.25" />
    <path d="M8 4.6V8l2.2 1.5" />
  </Drawing>
);

export const ContradictedIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="M5.4 1.75h5.2l3.65 3.65v5.2l-3.65 3.65H5.4L1.75 10.6V5.4Z" />
    <path d="m6 6 4 4M10 6l-4 4" />
  </Drawing>
);

export const UnknownIcon = (props: IconProps) => (
  <Drawing {...props}>
    <circle cx="8" cy="8" r="6.25" />
    <path d="M6.2 6.4A1.85 1.85 0 0 1 8 4.9c1 0 1.85.7 1.85 1.65C9.85 7.9 8 7.9 8 9.2M8 11.2v.01" />
  </Drawing>
);

export const UncheckedIcon = (props: IconProps) => (
  <Drawing {...props}>
    <circle cx="8" cy="8" r="6.25" stroke-dasharray="2.6 2.3" />
    <path d="M5.6 8h4.8" />
  </Drawing>
);

export const InfoIcon = (props: IconProps) => (
  <Drawing {...props}>
    <circle cx="8" cy="8" r="6.25" />
    <path d="M8 7.4v3.7M8 5v.01" />
  </Drawing>
);

export const CopyIcon = (props: IconProps) => (
  <Drawing {...props}>
    <rect x="5.75" y="5.75" width="7.5" height="8" rx="1.5" />
    <path d="M10.25 5.5V3.75a1.5 1.5 0 0 0-1.5-1.5h-4.5a1.5 1.5 0 0 0-1.5 1.5v5a1.5 1.5 0 0 0 1.5 1.5h1.25" />
  </Drawing>
);

export const CheckIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="m3.4 8.4 3 3 6.2-6.8" />
  </Drawing>
);

export const CloseIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="m4 4 8 8M12 4l-8 8" />
  </Drawing>
);

export const RetryIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="M13.2 8A5.2 5.2 0 1 1 11.5 4.2L13.2 5.8" />
    <path d="M13.25 2.6v3.2h-3.2" />
  </Drawing>
);

export const ChevronIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="m6 3.75 4.25 4.25L6 12.25" />
  </Drawing>
);

export const ExternalIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="M9.25 2.75h4v4M13 3 7.5 8.5" />
    <path d="M11.75 9.25v2.5a1.5 1.5 0 0 1-1.5 1.5h-6a1.5 1.5 0 0 1-1.5-1.5v-6a1.5 1.5 0 0 1 1.5-1.5h2.5" />
  </Drawing>
);

export const DownloadIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="M8 2.5v7.25M4.9 6.9 8 10l3.1-3.1" />
    <path d="M2.75 11.5v.75a1.25 1.25 0 0 0 1.25 1.25h8a1.25 1.25 0 0 0 1.25-1.25v-.75" />
  </Drawing>
);

export const DropIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="M8 10.25V3M4.9 6.1 8 3l3.1 3.1" />
    <path d="M2.75 10v2.25a1.25 1.25 0 0 0 1.25 1.25h8a1.25 1.25 0 0 0 1.25-1.25V10" />
  </Drawing>
);

export const SettingsIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="M2.5 4.75h5M11.5 4.75h2M2.5 11.25h2M8.5 11.25h5" />
    <circle cx="9.5" cy="4.75" r="1.9" />
    <circle cx="6.5" cy="11.25" r="1.9" />
  </Drawing>
);

export const StampIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="M6.4 8.6c.4-1-.65-2.5-.65-3.85a2.25 2.25 0 0 1 4.5 0c0 1.35-1.05 2.85-.65 3.85" />
    <path d="M2.75 11.4V10.1a1.5 1.5 0 0 1 1.5-1.5h7.5a1.5 1.5 0 0 1 1.5 1.5v1.3ZM3.25 13.9h9.5" />
  </Drawing>
);

export const GroupIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="m8 2.25 6 3-6 3-6-3Z" />
    <path d="m2 8.1 6 3 6-3M2 10.9l6 3 6-3" />
  </Drawing>
);

export const PageIcon = (props: IconProps) => (
  <Drawing {...props}>
    <rect x="2" y="2.75" width="12" height="10.5" rx="1.5" />
    <path d="M2 6h12M4.2 4.4v.01M6.1 4.4v.01" />
  </Drawing>
);

export const ImageIcon = (props: IconProps) => (
  <Drawing {...props}>
    <rect x="2" y="2.75" width="12" height="10.5" rx="1.5" />
    <circle cx="5.6" cy="6.1" r="1.1" />
    <path d="m2.5 11.6 3.2-2.9 2.1 1.8 2.9-3 3 3" />
  </Drawing>
);

export const VideoIcon = (props: IconProps) => (
  <Drawing {...props}>
    <rect x="2" y="2.75" width="12" height="10.5" rx="1.5" />
    <path d="m6.7 5.7 3.6 2.3-3.6 2.3Z" />
  </Drawing>
);

export const AudioIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="M2.75 6.75v2.5M5.4 4.5v7M8 2.75v10.5M10.6 5v6M13.25 6.75v2.5" />
  </Drawing>
);

export const LinkIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="M6.75 9.25a2.4 2.4 0 0 0 3.4 0l2.6-2.6a2.4 2.4 0 0 0-3.4-3.4L8.4 4.2" />
    <path d="M9.25 6.75a2.4 2.4 0 0 0-3.4 0l-2.6 2.6a2.4 2.4 0 0 0 3.4 3.4l.95-.95" />
  </Drawing>
);

export const SelectionIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="M2.75 4h10.5M2.75 8h6.5M2.75 12h8.5" />
  </Drawing>
);

export const FileIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="M9.25 2H4.5A1.5 1.5 0 0 0 3 3.5v9A1.5 1.5 0 0 0 4.5 14h7a1.5 1.5 0 0 0 1.5-1.5V5.75Z" />
    <path d="M9.25 2v3.75H13" />
  </Drawing>
);

export const DeleteIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="M2.75 4.25h10.5M6.25 4V2.75h3.5V4M4.25 4.5l.5 7.9a1.2 1.2 0 0 0 1.2 1.1h4.1a1.2 1.2 0 0 0 1.2-1.1l.5-7.9" />
  </Drawing>
);

export const PlusIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="M8 3.25v9.5M3.25 8h9.5" />
  </Drawing>
);

export const LockIcon = (props: IconProps) => (
  <Drawing {...props}>
    <rect x="3.25" y="7" width="9.5" height="6.75" rx="1.5" />
    <path d="M5.25 7V5a2.75 2.75 0 0 1 5.5 0v2" />
  </Drawing>
);

export const PlugIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="M5.75 2v2.75M10.25 2v2.75M4 4.75h8V7.5a4 4 0 0 1-8 0ZM8 11.5V14" />
  </Drawing>
);

export const SearchIcon = (props: IconProps) => (
  <Drawing {...props}>
    <circle cx="7" cy="7" r="4.5" />
    <path d="m10.4 10.4 3.1 3.1" />
  </Drawing>
);

/** Many in a stack: the page for what comes in numbers. */
export const WorkbenchIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="M8 1.9 14.2 5 8 8.1 1.8 5z" />
    <path d="m1.8 8 6.2 3.1L14.2 8M1.8 11l6.2 3.1 6.2-3.1" />
  </Drawing>
);
