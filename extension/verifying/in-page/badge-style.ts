/**
 * The host's own declarations. An inline `!important` beats every rule of the page's style sheets, `!important` ones and
 * `*` included; `all: initial` also stops what would be inherited.
 */
export const hostStyle: readonly [property: string, value: string][] = [
  ['all', 'initial'],
  ['display', 'inline-block'],
  ['vertical-align', 'middle'],
  ['margin', '0 3px'],
  ['line-height', '1'],
  ['white-space', 'nowrap'],
  ['direction', 'ltr'],
  ['user-select', 'none'],
];

/** Style sheet of the shadow root, which no rule of the page reaches. */
export const badgeStyle = `
:host { color-scheme: light dark; }
* { box-sizing: border-box; }
button { font: inherit; cursor: pointer; }
.badge {
  display: inline-flex; align-items: center; gap: 3px; margin: 0; padding: 2px 7px 2px 5px; border: 0;
  border-radius: 9px; font: 600 11px/14px system-ui, sans-serif; color: #fff; background: var(--ground);
  box-shadow: 0 0 0 1px rgb(255 255 255 / 0.85);
}
.badge:hover { filter: brightness(1.12); }
button:focus-visible { outline: 2px solid #2563eb; outline-offset: 2px; }
svg { width: 12px; height: 12px; flex: none; }
path { fill: none; stroke: currentColor; stroke-width: 2.2; stroke-linecap: round; stroke-linejoin: round; }
.card {
  --text: #18181b; --soft: #52525b; --line: #e4e4e7; --ground-card: #fff;
  position: fixed; inset: auto; margin: 0; padding: 14px 16px; width: min(380px, calc(100vw - 16px)); max-height: calc(100vh - 16px);
  overflow: auto; outline: 0; border: 1px solid var(--line); border-radius: 12px; background: var(--ground-card); color: var(--text);
  font: 400 13px/1.45 system-ui, sans-serif; white-space: normal; text-align: left; user-select: text;
  box-shadow: 0 12px 32px rgb(0 0 0 / 0.24);
}
.head { display: flex; align-items: center; gap: 8px; margin: 0 0 6px; font-size: 15px; font-weight: 650; }
.disc { display: grid; place-items: center; width: 22px; height: 22px; border-radius: 50%; color: #fff; background: var(--ground); }
.close { margin-left: auto; width: 26px; height: 26px; padding: 0; border: 0; border-radius: 6px; display: grid; place-items: center; background: none; color: var(--soft); }
.close:hover { background: var(--line); }
p { margin: 0 0 10px; overflow-wrap: anywhere; }
.note { padding: 7px 9px; border-radius: 8px; background: color-mix(in srgb, #f59e0b 16%, var(--ground-card)); }
dl { display: grid; grid-template-columns: auto 1fr; gap: 3px 12px; margin: 0 0 10px; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
code { font: 12px/1.4 ui-monospace, monospace; }
ul { list-style: none; margin: 0 0 12px; padding: 10px 0 0; border-top: 1px solid var(--line); }
li { display: grid; grid-template-columns: 16px 1fr; gap: 6px; margin: 0 0 4px; overflow-wrap: anywhere; }
li svg { margin-top: 4px; }
li.passed svg { color: #16a34a; } li.failed svg { color: #dc2626; } li.could-not-run svg { color: var(--soft); }
.more { position: sticky; bottom: 0; width: 100%; padding: 7px 12px; border: 1px solid var(--line); border-radius: 8px; background: var(--ground-card); color: inherit; font-weight: 600; }
.more:hover { background: var(--line); }
@media (prefers-color-scheme: dark) {
  .badge { box-shadow: 0 0 0 1px rgb(0 0 0 / 0.6); }
  .card { --text: #f4f4f5; --soft: #a1a1aa; --line: #3f3f46; --ground-card: #1c1c1f; }
  li.passed svg { color: #4ade80; } li.failed svg { color: #f87171; }
  button:focus-visible { outline-color: #93c5fd; }
}
`;
