/*
 * Verification marks for any web page. `<clverify cid="…">` becomes a button, `<a cid="…">` a link that opens the proof:
 *
 *   <script src="https://stamps.example/widget/clverify.js" defer></script>
 *   <clverify cid="Qm…"></clverify>      <a cid="Qm…" href="diploma.pdf">my diploma</a>
 *
 * It speaks to the service it was loaded from (or to `api="…"`) by /widget/verify, /widget/lookup and the gateway.
 * Everything it shows is set as text, never as HTML. It is served as it stands here: no build, no dependencies.
 */
(() => {
  if (window.__CLV_ALREADY_LOADED__) return;
  window.__CLV_ALREADY_LOADED__ = true;

  const script = document.currentScript;
  const home = new URL(script?.src || location.href, location.href).origin;
  const option = (...names) => names.map((name) => script?.getAttribute(name)).find((value) => value != null);

  /** Where transactions are looked at when neither the tag nor the service says so. */
  const explorer = {
    base: option('data-explorer', 'data-explorer-tx', 'data-explorerbase'),
    suffix: option('data-explorersuffix', 'data-explorer-suffix') ?? '#eventlog',
  };
  const sepoliaChainId = 84532;
  const sepoliaExplorer = 'https://sepolia.basescan.org/tx/';

  const imageTypes = new Set(['png', 'jpg', 'jpeg', 'gif', 'webp', 'bmp', 'avif']);
  const timeoutMs = 15_000;

  /** An element with attributes and children; text children are text. */
  function make(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value != null && value !== false) element.setAttribute(key, value === true ? '' : value);
    }
    element.append(...children.filter((child) => child != null));
    return element;
  }

  function isLoopback(hostname) {
    return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
  }

  /** The service that a tag asks: a bare host, or an address whose scheme becomes https (loopback has no TLS). */
  function readApi(text) {
    if (/^[a-z0-9.-]+$/i.test(text ?? '')) return `https://${text}`;
    if (!/^https?:\/\//i.test(text ?? '') || !URL.canParse(text)) return home;
    const { protocol, host, hostname } = new URL(text);
    return isLoopback(hostname) ? `${protocol}//${host}` : `https://${host}`;
  }

  /** Only what a browser may open: a service could answer `javascript:`. */
  function webAddress(text) {
    if (typeof text !== 'string' || !URL.canParse(text, location.href)) return undefined;
    const url = new URL(text, location.href);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : undefined;
  }

  function readOptions(element) {
    const attribute = (...names) =>
      names.map((name) => element.getAttribute(name)).find((value) => value != null && value !== '');
    const api = readApi(attribute('api'));
    return {
      cid: attribute('cid')?.trim(),
      api,
      gateway: webAddress(attribute('gateway')) ?? `${api}/ipfs/`,
      isGlobal: attribute('global')?.toLowerCase() === 'true',
      explorerBase: webAddress(attribute('explorer', 'explorerbase') ?? explorer.base),
      explorerSuffix: attribute('explorersuffix', 'explorer-suffix') ?? explorer.suffix,
      mode: attribute('mode') ?? 'auto',
      previewSource: webAddress(attribute('privatesrc', 'previewsrc')),
    };
  }

  /** The JSON of an answer whatever its status; undefined when there is none to be had. */
  async function ask(url) {
    try {
      const answer = await fetch(url, {
        referrerPolicy: 'no-referrer',
        signal: AbortSignal.timeout(timeoutMs),
      });
      return await answer.json();
    } catch {
      return undefined;
    }
  }

  /** Whether the gateway has the bytes; undefined when it could not be asked. */
  async function isOnGateway(url) {
    try {
      const answer = await fetch(url, {
        method: 'HEAD',
        referrerPolicy: 'no-referrer',
        signal: AbortSignal.timeout(timeoutMs),
      });
      return answer.status < 400 && !(answer.headers.get('content-type') ?? '').includes('text/html');
    } catch {
      return undefined;
    }
  }

  async function collect(options) {
    const cid = encodeURIComponent(options.cid);
    const [verified, looked, hasBytes] = await Promise.all([
      ask(`${options.api}/widget/verify?cid=${cid}&limit=1`),
      ask(`${options.api}/widget/lookup/${cid}`),
      isOnGateway(options.gateway + cid),
    ]);
    const data = verified?.data ?? verified?.chainLetterResult?.data ?? undefined;
    const chainId = data?.chain_id;
    const base =
      options.explorerBase ??
      webAddress(data?.explorer) ??
      (chainId === undefined || chainId === sepoliaChainId ? sepoliaExplorer : undefined);
    const transaction = /^0x[0-9a-f]{64}$/i.test(data?.foreign_tx_id ?? '') ? data.foreign_tx_id : undefined;
    return {
      isReachable: verified !== undefined,
      isKnown: verified?.success === true,
      data,
      transaction,
      transactionUrl: transaction && base && `${base}${transaction}${options.explorerSuffix}`,
      hasBytes,
      isLocallyIssued: looked?.localIssued === true,
      brand: looked?.personaBrand,
      brandUrl: looked?.plurl ? webAddress(`https://${looked.plurl}`) : undefined,
      type: looked?.data?.[0]?.type,
    };
  }

  /** Red: nothing is known. Amber: seen and not confirmed, or on a chain and not issued here. Green: as the tag asks. */
  function judge({ isGlobal }, { isReachable, isKnown, transaction, hasBytes, isLocallyIssued, data }) {
    if (!isReachable)
      return { light: 'unchecked', text: 'Could not be checked: the service does not answer.' };
    if (!isKnown && !hasBytes) return { light: 'red', text: 'Nothing is known of this file.' };
    const isConfirmed = isGlobal
      ? isKnown && transaction && hasBytes
      : isKnown && transaction && isLocallyIssued;
    // The rules would call it green; but a chain of one computer is no proof to whoever reads this page.
    if (isConfirmed && data?.chain_is_local) return { light: 'amber', text: 'Recorded on a local chain.' };
    if (isConfirmed) return { light: 'green', text: 'Recorded on the chain.' };
    if (transaction && !isLocallyIssued)
      return { light: 'amber', text: 'On the chain, and not issued by this site.' };
    return {
      light: 'amber',
      text: transaction ? 'On the chain, not confirmed in full.' : 'Known, and not on a chain yet.',
    };
  }

  function row(state, label, detail) {
    const mark = { yes: '✓', no: '–', unknown: '?' }[state];
    return make(
      'div',
      { class: `clv-row clv-${state}` },
      make('span', { class: 'clv-mark', 'aria-hidden': 'true' }, mark),
      make('span', { class: 'clv-label' }, label),
      make('span', { class: 'clv-detail' }, detail),
    );
  }

  function link(url, text) {
    return url ? make('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, text) : text;
  }

  function stateOf(value) {
    return value === undefined ? 'unknown' : value ? 'yes' : 'no';
  }

  /** Local time to read, exact UTC on hover; undefined when there is none that can be read. */
  function timeOf(seconds) {
    const date = new Date(seconds * 1000);
    if (!seconds || Number.isNaN(date.getTime())) return undefined;
    const utc = date.toISOString();
    return make('time', { datetime: utc, title: utc }, date.toLocaleString());
  }

  function rows(options, found) {
    const { data, brand, isReachable } = found;
    const host = new URL(options.api).host;
    const notAsked = 'Could not be asked';
    const time = timeOf(data?.created);
    const bundle = data?.isBulk ?? data?.is_bulk;
    const list = [
      row(
        stateOf(isReachable ? found.isKnown : undefined),
        'Record',
        found.isKnown ? `Known to ${host}` : isReachable ? `${host} has none` : `${host} does not answer`,
      ),
      row(
        stateOf(isReachable ? found.transaction !== undefined : undefined),
        'Chain',
        found.transaction
          ? link(found.transactionUrl, time ?? 'Stamped')
          : isReachable
            ? 'Not stamped'
            : notAsked,
      ),
      row(
        stateOf(found.hasBytes),
        'IPFS',
        found.hasBytes
          ? link(options.gateway + options.cid, 'The file is there')
          : found.hasBytes === undefined
            ? notAsked
            : 'Not found there',
      ),
    ];
    if (!options.isGlobal) {
      const isIssued = found.isLocallyIssued && !!brand?.logo;
      list.push(
        row(
          stateOf(isReachable ? isIssued : undefined),
          'Issuer',
          isIssued
            ? link(found.brandUrl, brand.name ?? host)
            : isReachable
              ? 'Not issued by this site'
              : notAsked,
        ),
      );
      if (bundle)
        list.push(
          row(
            'yes',
            'Group',
            link(options.gateway + encodeURIComponent(bundle), 'Stamped together with others'),
          ),
        );
    }
    if (data?.chain_is_local) {
      list.push(
        make(
          'p',
          { class: 'clv-caution' },
          'The chain runs on one computer only: this proves nothing to strangers.',
        ),
      );
    }
    return list;
  }

  function preview(options, { type, hasBytes }) {
    const source =
      options.previewSource ?? (hasBytes ? options.gateway + encodeURIComponent(options.cid) : undefined);
    return source && imageTypes.has(type)
      ? make('img', { class: 'clv-preview', src: source, alt: '' })
      : undefined;
  }

  async function open(element) {
    const options = readOptions(element);
    const body = make('div', { class: 'clv-body' }, make('p', {}, 'Checking…'));
    const close = make('button', { type: 'button', class: 'clv-close', 'aria-label': 'Close' }, '×');
    const dialog = make(
      'dialog',
      {
        class: `clv-dialog clv-${options.mode === 'dark' || options.mode === 'light' ? options.mode : 'auto'}`,
        'aria-label': 'Verification',
      },
      close,
      body,
    );
    close.addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', () => dialog.remove());
    dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
    document.body.append(dialog);
    dialog.showModal();

    const found = await collect(options);
    const verdict = judge(options, found);
    dialog.dataset.light = verdict.light;
    body.replaceChildren(
      make('p', { class: `clv-verdict clv-${verdict.light}`, role: 'status' }, verdict.text),
      ...[
        found.data?.filename && make('p', { class: 'clv-name' }, found.data.filename),
        preview(options, found),
      ].filter(Boolean),
      ...rows(options, found),
      make('p', { class: 'clv-cid' }, options.cid),
      // Of what is not known there is no proof to lead to.
      ...(found.isKnown
        ? [
            make(
              'p',
              { class: 'clv-more' },
              link(`${options.api}/pverify/${encodeURIComponent(options.cid)}`, 'The whole proof'),
            ),
          ]
        : []),
    );
  }

  function glyph() {
    return make('img', {
      class: 'clv-glyph',
      src: `${home}/widget/CL-Glyph-Icon.png`,
      alt: '',
      width: '16',
      height: '16',
    });
  }

  /** `<clverify cid>` → a button in its place. */
  function render(element) {
    if (!element.getAttribute('cid') || element.hasAttribute('data-clv-bound')) return undefined;
    const button = make(
      'button',
      { type: 'button', class: 'clv-button', 'data-clv-bound': '1' },
      glyph(),
      'Verify',
    );
    for (const { name, value } of element.attributes) {
      if (!['class', 'style', 'type', 'data-clv-bound'].includes(name) && !name.startsWith('on'))
        button.setAttribute(name, value);
    }
    button.addEventListener('click', () => open(button));
    element.replaceWith(button);
    return button;
  }

  /** `<a cid>` keeps what it shows, and opens the proof instead of its address. */
  function renderAnchor(anchor) {
    if (!anchor.getAttribute('cid') || anchor.hasAttribute('data-clv-bound')) return undefined;
    anchor.setAttribute('data-clv-bound', '1');
    anchor.removeAttribute('href');
    anchor.setAttribute('role', 'link');
    anchor.setAttribute('tabindex', '0');
    anchor.classList.add('clv-anchor');
    const logo = anchor.getAttribute('logo');
    if (logo !== null && logo.toLowerCase() !== 'false') anchor.prepend(glyph());
    anchor.addEventListener('click', (event) => {
      event.preventDefault();
      open(anchor);
    });
    anchor.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return;
      // Otherwise the same press would reach the dialog's close button, which has the focus by then.
      event.preventDefault();
      open(anchor);
    });
    return anchor;
  }

  /** Binds every tag below `root` that is not bound yet. */
  function scan(root = document) {
    for (const element of root.querySelectorAll('clverify[cid]')) render(element);
    for (const anchor of root.querySelectorAll('a[cid]')) renderAnchor(anchor);
  }

  function setExplorer(base, suffix) {
    explorer.base = base;
    if (suffix !== undefined) explorer.suffix = suffix;
  }

  window.CLVerify = { scan, render, renderAnchor, setExplorer, version: '1.0.0' };
  document.head.append(make('link', { rel: 'stylesheet', href: `${home}/widget/clverify.css` }));
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', () => scan());
  else scan();
})();
