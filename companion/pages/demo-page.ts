import { createHash } from 'node:crypto';
import { html } from 'hono/html';

import { toCidV1 } from '../../shared/fingerprint/cid.ts';
import type { Fingerprint } from '../../shared/fingerprint/fingerprint.ts';
import { heading, layOut, type Markup } from './layout.ts';

/** `GET /demo`: every kind of hash that a page can show, with what the extension should make of it. */
export function demoPage({ cid, digest }: Fingerprint, isStamped: boolean): Markup {
  return layOut(
    'Hashmark demo',
    html`${heading('Try the badges')}
<p class="lead">Click the Hashmark icon in the toolbar and switch on checking for this site. A badge then appears beside
every hash below that the chain knows. Click one to see what was checked.</p>
${
  isStamped
    ? ''
    : html`<p class="note">The sample diploma is not stamped yet. Reload this page in a moment; if this note stays, the
terminal in which the companion runs says why.</p>`
}

<section>
<h2>A diploma, and its CID</h2>
<p><a cid="${cid}" href="/demo/diploma.html">Diploma of Ada Lovelace</a></p>
<p class="hash">${cid}</p>
<p class="expect">Expect <b>confirmed</b>, green, with the time of the block. The file behind the link was stamped when
this companion first started, and its bytes hash to this CID.</p>
</section>

<section>
<h2>The same file in other letters</h2>
<p>SHA-256: <span class="hash">${digest}</span></p>
<p>CIDv1: <span class="hash">${toCidV1(cid)}</span></p>
<p>As an address: <a class="hash" href="ipfs://${cid}">ipfs://${cid}</a></p>
<p class="expect">Expect <b>confirmed</b> three times: a digest, another version of the CID, and a link speak of the same
bytes.</p>
</section>

<section>
<h2>A false claim</h2>
<p><a cid="${cid}" href="/demo/diploma-altered.html">Diploma of Charles Babbage</a></p>
<p class="expect">Expect <b>contradicted</b>, red. The link carries the true diploma's CID, but the file behind it has
another name on it, so its bytes hash to something else.</p>
</section>

<section>
<h2>A look-alike</h2>
<p class="hash">${lookAlike(cid)}</p>
<p class="expect">Expect <b>no badge</b>. One character differs from the diploma's CID; nobody stamped this one.</p>
</section>

<section>
<h2>An unknown hash</h2>
<p class="hash">${unknownDigest}</p>
<p class="expect">Expect <b>no badge</b>: it is a good SHA-256 digest, and no record speaks of it. That is not an error,
and proves nothing either way.</p>
</section>

<footer>A page can draw a green mark of its own. The icon in the toolbar, its popup and the report page are the
browser's: look there when it matters. <a href="/">About this companion</a></footer>`,
  );
}

/** A CID that differs in one character, late enough that an eye passes over it. */
export function lookAlike(cid: string): string {
  const position = cid.length - 9;
  const other = cid[position] === 'x' ? 'y' : 'x';
  return cid.slice(0, position) + other + cid.slice(position + 1);
}

const unknownDigest = createHash('sha256').update('Nobody ever stamped this sentence.').digest('hex');
