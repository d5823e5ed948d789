import { html } from 'hono/html';

import { mappingUpdatedTopic } from '../../../shared/evidence/ipcm.ts';
import { gatewayPath } from '../gateway/gateway-url.ts';
import { icons, type Markup, type Page, readableSize, readableTime } from './page.ts';
import type { PublicRecord, PublicStamp } from './record.ts';

/** `GET /pverify/{cid}`: what this service recorded of a CID, and how a stranger checks it without believing us. */
export function verificationPage(record: PublicRecord, origin: string): Page {
  const { cid, name, issuer, stamps } = record;
  const title = name ?? (record.isBundle ? 'A bundle of files' : 'A file that is not published');
  const [first] = stamps;
  return {
    title: `${title} · verification`,
    description: first
      ? `Stamped on ${first.chain.name} by ${issuer.name}.`
      : `Recorded by ${issuer.name}, and not on a chain yet.`,
    brand: issuer,
    role: 'Recorded by',
    content: html`${verdict(record, title, first)}
${what(record)}
${stamps.length > 0 ? where(record, origin) : ''}
${howToCheck(record, origin)}
<footer>
<p>This page is what the service of ${issuer.name} says.${first ? ' The proof is the chain: the steps above need nobody’s word.' : ''}</p>
<p class="for-print">Printed from ${origin}/pverify/${cid}</p>
</footer>`,
  };
}

function verdict({ issuer }: PublicRecord, title: string, first: PublicStamp | undefined): Markup {
  if (!first) {
    return html`<section class="card verdict wait">
<p class="mark">${icons.wait} Waiting for its stamp</p>
<h1>${title}</h1>
<p class="when">${issuer.name} recorded it, and it is not on a chain yet. Until it is, nothing here proves anything. Come
back later.</p>
</section>`;
  }
  const { chain } = first;
  if (chain.isLocal) {
    return html`<section class="card verdict note">
<p class="mark">${icons.note} Stamped on a local chain</p>
<h1>${title}</h1>
<p class="when">A chain that runs on one computer holds it since ${readableTime(first.blockTimeSeconds)}.</p>
<p class="caution"><strong>This proves nothing to strangers.</strong> Whoever owns that computer owns the chain, and its
clock. It shows how a stamp works; a public chain makes it count.</p>
</section>`;
  }
  return html`<section class="card verdict good">
<p class="mark">${icons.good} Stamped on ${chain.name}</p>
<h1>${title}</h1>
<p class="when">It existed, byte for byte, by ${readableTime(first.blockTimeSeconds)}.</p>
${
  first.isFinal
    ? ''
    : html`<p class="soft">Its block is young, and not final yet: in rare cases a chain still takes one back.</p>`
}
</section>`;
}

function what({ cid, cidV1, digest, name, sizeBytes, mimetype, isPublic, isBundle }: PublicRecord): Markup {
  const link = gatewayPath(cid);
  return html`<section class="card">
<h2>${isBundle ? 'The bundle' : 'The file'}</h2>
<dl>
${name === undefined ? '' : html`<dt>Name</dt><dd>${name}</dd>`}
${sizeBytes === undefined ? '' : html`<dt>Size</dt><dd>${readableSize(sizeBytes)}, ${mimetype}</dd>`}
<dt>CID</dt><dd class="hash">${cid}</dd>
<dt>As CIDv1</dt><dd class="hash">${cidV1}</dd>
${digest === undefined ? '' : html`<dt>SHA-256</dt><dd class="hash">${digest}</dd>`}
<dt>Content</dt><dd>${
    isPublic
      ? html`<a href="${link}">Open the ${isBundle ? 'bundle' : 'file'}</a>`
      : 'Not published: this service shows neither its name nor its bytes. Compare a copy that you have.'
  }</dd>
</dl>
</section>`;
}

function where({ cid, stamps, isBundle }: PublicRecord, origin: string): Markup {
  return html`<section class="card">
<h2>${stamps.length === 1 ? 'The stamp' : `The ${stamps.length} stamps, earliest first`}</h2>
${stamps.map((stamp) => {
  const { chain } = stamp;
  const { explorerTxUrl } = chain;
  const isInBundle = stamp.isBundle && !isBundle;
  return html`<dl class="stamp">
<dt>Block time</dt><dd>${readableTime(stamp.blockTimeSeconds)}</dd>
<dt>Chain</dt><dd>${chain.name}, id ${stamp.chainId}${chain.isLocal ? ', on one computer only' : ''}</dd>
<dt>Block</dt><dd>${stamp.blockNumber}${stamp.isFinal ? ', final' : ', not final yet'}</dd>
<dt>Transaction</dt><dd class="hash">${
    explorerTxUrl
      ? html`<a href="${explorerTxUrl}${stamp.txHash}#eventlog">${stamp.txHash}</a>`
      : stamp.txHash
  }</dd>
<dt>Contract</dt><dd class="hash">${stamp.contract}</dd>
<dt>On the chain</dt><dd>${
    isInBundle
      ? html`a bundle that lists the file: <a class="hash" href="${origin}${gatewayPath(stamp.value)}">${stamp.value}</a>`
      : html`the CID itself: <span class="hash">${cid}</span>`
  }</dd>
</dl>`;
})}
</section>`;
}

function howToCheck({ cid, stamps, isBundle }: PublicRecord, origin: string): Markup {
  const [first] = stamps;
  if (!first) return html``;
  const isInBundle = first.isBundle && !isBundle;
  return html`<section class="card">
<h2>Check it yourself</h2>
<ol>
<li>Compute the CID of your copy: <code>npx hashmark fingerprint FILE</code>, or <code>ipfs add -n --cid-version=0 FILE</code>.
It must be the one above, character for character.</li>
<li>Ask any node of the chain for block ${first.blockNumber}: the contract’s event <code>MappingUpdated(string)</code>
(topic <span class="hash">${mappingUpdatedTopic.slice(0, 10)}…</span>) in that transaction must hold
${isInBundle ? 'the bundle’s CID' : 'the CID'}.</li>
${isInBundle ? html`<li>Fetch the bundle, compute its CID too, and find the file’s CID in it.</li>` : ''}
<li>The block’s own time is the time of the stamp.</li>
</ol>
<p>All of it in one step, with Hashmark: <code>npx hashmark verify FILE</code></p>
<p><a class="spelled" href="${origin}/pverify/${cid}/evidence.json">The evidence, for programs</a></p>
</section>`;
}
