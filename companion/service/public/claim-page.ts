import { html } from 'hono/html';

import { formatBytes } from '../../../shared/format.ts';
import { gatewayPath } from '../gateway/gateway-url.ts';
import { icons, type Page, readableTime } from './page.ts';
import type { PublicRecord } from './record.ts';

/** Larger images are not shown until somebody asks for them. */
const maxPreviewBytes = 20_000_000;

/** `GET /claim/{cid}` and `/c/{code}`: where somebody lands who was sent a file's link, or scanned it from paper. */
export function claimPage(record: PublicRecord, origin: string): Page {
  const { cid, name, issuer, stamps, isPublic, sizeBytes = 0, mimetype } = record;
  const title = name ?? 'A file that is not published';
  const [first] = stamps;
  const chain = first?.chain;
  const tone = !first ? 'wait' : chain?.isLocal ? 'note' : 'good';
  const canShow =
    isPublic && /^image\/(png|jpeg|gif|webp|avif)$/.test(mimetype) && sizeBytes <= maxPreviewBytes;
  const content = gatewayPath(cid);
  return {
    title,
    description: `${title}, issued by ${issuer.name}.`,
    brand: issuer,
    role: 'Issued by',
    content: html`<section class="card verdict ${tone}">
<p class="mark">${icons[tone]} ${
      !first
        ? 'Waiting for its stamp'
        : chain?.isLocal
          ? 'Stamped on a local chain'
          : `Stamped on ${chain?.name}`
    }</p>
<h1>${title}</h1>
${
  !first
    ? html`<p class="when">It is recorded, and not on a chain yet.</p>`
    : chain?.isLocal
      ? html`<p class="when">A chain that runs on one computer holds it since ${readableTime(first.blockTimeSeconds)}.</p>
<p class="caution">Whoever owns that computer owns the chain: this stamp <strong>proves nothing to strangers</strong>.</p>`
      : html`<p class="when">It existed, byte for byte, by ${readableTime(first.blockTimeSeconds)}.</p>`
}
<p class="actions">
<a class="button main" href="/pverify/${cid}">See the proof</a>
${isPublic ? html`<a class="button" href="${content}" download="${name ?? cid}">Download (${formatBytes(sizeBytes)})</a>` : ''}
</p>
${canShow ? html`<img class="preview" src="${content}" alt="${title}">` : ''}
</section>
${
  isPublic
    ? ''
    : html`<section class="card"><p>Whoever issued this file did not publish it: this service shows neither its name nor
its bytes. If you have a copy, the proof tells you whether it is the same, byte for byte.</p></section>`
}
<section class="card">
<h2>What this link is</h2>
<p>It names the file by its content. Whoever has the link can see ${isPublic ? 'the file and ' : ''}the proof; a file that
differs in a single byte has another link.</p>
<dl><dt>CID</dt><dd class="hash">${cid}</dd></dl>
</section>
<footer><p class="for-print">Printed from ${origin}/claim/${cid}</p></footer>`,
  };
}
