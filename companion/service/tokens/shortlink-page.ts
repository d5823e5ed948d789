import { html } from 'hono/html';

import type { Token } from '../ledger/tokens.ts';
import type { Brand } from '../public/brand.ts';
import { messagePage } from '../public/message-page.ts';
import { icons, type Page, readableTime } from '../public/page.ts';
import type { TokenState } from './token.ts';

/** `GET /jwt/{token}`: what a person sees who opens a token's link. Looking does not use it up. */
export function shortlinkPage(brand: Brand, token: Token, state: TokenState): Page {
  if (state !== 'open') return messagePage(brand, { ...closedTexts[state], mark: 'No longer available' });
  const group = token.groupName;
  return {
    title: 'A link for your stamping app',
    description: `Lets one app stamp for ${brand.name}.`,
    brand,
    role: 'Invited by',
    content: html`<section class="card verdict">
<p class="mark">${icons.good} Ready to be claimed</p>
<h1>${group === null ? 'A link to stamp with' : html`A link to stamp into “${group}”`}</h1>
<p class="when">It lets one app stamp in the name of ${brand.name} until ${readableTime(Math.floor(token.expiresAt / 1000))}.</p>
</section>
<section class="card">
<h2>How to use it</h2>
<ol>
<li>Copy this page’s address from the address bar.</li>
<li>Paste it where your stamping app asks for a link or a token.</li>
<li>The app claims it. That works <strong>once</strong>; afterwards nobody else can, with the same link.</li>
</ol>
<p class="soft">Opening this page used nothing up. Until an app claims the link, whoever has it can: do not post it where
others read it.</p>
</section>`,
  };
}

const askAgain = 'Ask whoever sent it to you for another one.';
const closedTexts: Record<Exclude<TokenState, 'open'>, { title: string; text: string }> = {
  claimed: {
    title: 'This link was already claimed',
    text: `A link works once, and an app has taken this one. If that was yours, it goes on working. If not, tell whoever sent it, who can revoke it.`,
  },
  expired: { title: 'This link has expired', text: `A link is good for 30 days. ${askAgain}` },
  revoked: { title: 'This link was withdrawn', text: askAgain },
};
