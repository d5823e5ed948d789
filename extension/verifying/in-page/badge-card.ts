import type { Step, Verdict } from '../../../shared/evidence/verdict.ts';
import { formatUtc } from '../../../shared/format.ts';
import { outcomeLooks } from '../outcome-look.ts';
import { html, sign } from './dom.ts';

const stepWords: Record<Step['result'], string> = {
  passed: 'passed',
  failed: 'failed',
  'could-not-run': 'could not be done',
};

/** What the card does; both only on the user's own click. */
export interface CardActions {
  close(): void;
  openReport(): void;
}

/** The verdict and its reasons, as the content of a dialog. */
export function createCard(verdict: Verdict, actions: CardActions): HTMLElement {
  const { outcome, reason, steps } = verdict;
  const local = localChainOf(verdict);
  const look = outcomeLooks[outcome];
  const close = html(
    'button',
    { class: 'close', type: 'button', 'aria-label': 'Close' },
    sign(outcomeLooks.contradicted.sign),
  );
  const more = html('button', { class: 'more', type: 'button' }, 'Open the full report');
  close.addEventListener('click', (event) => event.isTrusted && actions.close());
  more.addEventListener('click', (event) => event.isTrusted && actions.openReport());
  const title = html('span', { id: 'title' }, `Hashmark: ${look.word.toLowerCase()}`);
  const card = html(
    'div',
    { class: 'card', role: 'dialog', 'aria-labelledby': 'title', popover: 'auto', tabindex: '-1' },
    html('div', { class: 'head' }, html('span', { class: 'disc' }, sign(look.sign)), title, close),
    html('p', {}, reason),
    ...(local
      ? [html('p', { class: 'note' }, `${local} runs on this computer only: it proves nothing to strangers.`)]
      : []),
    describeFacts(verdict),
    html('ul', { 'aria-label': 'Steps' }, ...steps.map(describeStep)),
    more,
  );
  card.style.setProperty('--ground', look.colour);
  return card;
}

/** Name of the verdict's chain, where that proves nothing to strangers. */
function localChainOf({ record, seed }: Verdict): string | undefined {
  if (record?.issuer.isLocal) return record.issuer.chainName;
  return seed?.isLocal ? seed.chainName : undefined;
}

function describeFacts({ hash, record, seed }: Verdict): HTMLElement {
  const list = html('dl', {});
  const add = (term: string, value: Node | string): void =>
    list.append(html('dt', {}, term), html('dd', {}, value));
  if (record) {
    add('Since', toTime(record.blockTimeSeconds));
    add('Issuer', record.issuer.name);
    add('Chain', `${record.issuer.chainName}, block ${record.blockNumber}`);
  }
  if (seed) {
    add('Since', toTime(seed.blockTimeSeconds));
    const writer = seed.issuerName ?? seed.writer;
    if (writer) add(seed.issuerName ? 'Issuer' : 'Written by', writer);
    add('Chain', `${seed.chainName}, block ${seed.blockNumber}`);
  }
  add(hash.kind === 'cid' ? 'CID' : 'Digest', html('code', {}, hash.value));
  return list;
}

/** Local time to read, exact UTC on hover. A claimed block time may be any number. */
function toTime(seconds: number): HTMLElement {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return html('span', {}, `${seconds} s after 1970`);
  const text = date.toLocaleString(undefined, { dateStyle: 'long', timeStyle: 'medium' });
  return html('time', { datetime: date.toISOString(), title: formatUtc(seconds * 1000) }, text);
}

function describeStep({ label, result, detail }: Step): HTMLElement {
  const { confirmed, contradicted, unchecked } = outcomeLooks;
  const path = { passed: confirmed.sign, failed: contradicted.sign, 'could-not-run': unchecked.sign }[result];
  const mark = sign(path);
  mark.removeAttribute('aria-hidden');
  mark.setAttribute('role', 'img');
  mark.setAttribute('aria-label', stepWords[result]);
  return html('li', { class: result, title: detail }, mark, html('span', {}, label));
}
