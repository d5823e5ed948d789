import { html } from 'hono/html';

import { heading, layOut, type Markup } from './layout.ts';

/** What the status page shows. Nothing of it is secret: any program on this computer can read the page. */
export interface Status {
  version: string;
  url: string;
  startedAtMs: number;
  chain: {
    name: string;
    id: number;
    isLocal: boolean;
    contract: string;
    /** Undefined when the node does not answer. */
    blockNumber: bigint | undefined;
  };
}

/** `GET /`: alive or not, which chain, and what to do first. */
export function statusPage({ version, url, startedAtMs, chain }: Status): Markup {
  const isAnswering = chain.blockNumber !== undefined;
  return layOut(
    'Hashmark companion',
    html`${heading('Hashmark companion')}
<p class="lead">This is the local half of Hashmark. It keeps the keys, stamps for the browser extension, and runs the
chain that the stamps are on.</p>

<section>
<h2>State</h2>
<dl>
<dt>Companion</dt><dd><span class="state good">Running</span>, version ${version}, since
<time datetime="${new Date(startedAtMs).toISOString()}">${readable(startedAtMs)}</time></dd>
<dt>Chain</dt><dd>${
      isAnswering
        ? html`<span class="state good">Answering</span>, at block ${String(chain.blockNumber)}`
        : html`<span class="state bad">Not answering</span>. Stamps are queued, and nothing is lost; the terminal in
which the companion runs says why.`
    }</dd>
<dt>Which chain</dt><dd>${chain.name}, chain id ${chain.id}</dd>
<dt>Contract</dt><dd class="hash">${chain.contract}</dd>
<dt>Read it yourself</dt><dd>JSON-RPC, read only: <code>${url}/rpc</code></dd>
</dl>
${
  chain.isLocal
    ? html`<p class="note">This chain runs on this computer only. It makes every step real, and it
<strong>proves nothing to strangers</strong>: whoever owns the computer owns the chain.</p>`
    : ''
}
</section>

<section>
<h2>Load the extension</h2>
<ol>
<li><strong>Chromium, Chrome, Edge, Brave:</strong> open <code>chrome://extensions</code>, switch on <em>Developer
mode</em>, choose <em>Load unpacked</em>, and pick the folder <code>.output/chrome-mv3</code> of your Hashmark
checkout.</li>
<li><strong>Firefox:</strong> open <code>about:debugging#/runtime/this-firefox</code>, choose <em>Load Temporary
Add-on</em>, and pick <code>.output/firefox-mv3/manifest.json</code>.</li>
</ol>
</section>

<section>
<h2>Pair it</h2>
<ol>
<li>The terminal in which the companion started shows a pairing code. It works once, for five minutes;
<code>npx hashmark pair</code> shows a fresh one.</li>
<li>Paste the code into the extension's options. The code never travels: both sides prove that they know it.</li>
</ol>
</section>

<section>
<h2>Try it</h2>
<p>Open the <a href="/demo">demo page</a>, click the toolbar icon, and switch on checking for this site. Then
right-click any page and choose <em>Hashmark</em>, <em>Stamp this page</em>.</p>
</section>

<footer>Only programs on this computer can reach this page.</footer>`,
  );
}

/** To the minute, and in UTC, because the page has no script to ask for the reader's zone. */
function readable(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
