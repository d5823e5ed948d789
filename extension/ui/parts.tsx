import type { ComponentChildren, JSX } from 'preact';

import { type IconProps, MarkIcon } from './Icon.tsx';

/** The product's name beside its mark. */
export function Wordmark({ isHeading = true }: { isHeading?: boolean }) {
  const content = (
    <>
      <MarkIcon />
      Hashmark
    </>
  );
  return isHeading ? <h1 class="wordmark">{content}</h1> : <span class="wordmark">{content}</span>;
}

/** What stands where there is nothing yet: why, and the next step. */
export function Empty({
  icon: Icon,
  title,
  children,
}: {
  icon: (props: IconProps) => JSX.Element;
  title: string;
  children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <Icon size={22} />
      <strong>{title}</strong>
      {children}
    </div>
  );
}

/** Names and values. Entries without a value are left out. */
export function Facts({ entries }: { entries: [name: string, value: ComponentChildren][] }) {
  return (
    <dl class="facts">
      {entries.map(
        ([name, value]) =>
          value !== undefined &&
          value !== null &&
          value !== false && [<dt key={`${name} name`}>{name}</dt>, <dd key={name}>{value}</dd>],
      )}
    </dl>
  );
}

/** Says that something is on its way. */
export function Loading({ text }: { text: string }) {
  return (
    <p class="loading" role="status">
      <span class="spinner" />
      {text}
    </p>
  );
}
