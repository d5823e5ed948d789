import { computed, signal } from '@preact/signals';

import { HashmarkError } from '../../../shared/errors.ts';
import { defaultCompanionUrl } from '../../../shared/wire/companion.ts';
import type { onChange, Topic } from '../../changes.ts';
import { companionOrigins } from '../../companion/loopback-permission.ts';
import type { IssuerView } from '../../issuers/issuer-book.ts';
import type { CompanionState, MirrorState, SiteState } from '../../messages.ts';
import type { ask } from '../../messaging.ts';
import type { Method } from '../../stamping/method.ts';
import type { Privacy } from '../../stamping/privacy.ts';
import { createActions } from '../../ui/actions.ts';
import { createClock } from '../../ui/clock.ts';
import { createResource } from '../../ui/resource.ts';
import { allSites } from '../../verifying/site-patterns.ts';
import { createEsploraEditor } from './esplora-editor.ts';
import { createIssuerEditor } from './issuer-editor.ts';

/** Permissions as the browser speaks of them. */
export interface Permissions {
  origins?: string[];
  permissions?: 'pageCapture'[];
}

/** What the options page needs of the browser. */
export interface OptionsPlatform {
  ask: typeof ask;
  onChange: typeof onChange;
  /** The tab that the page itself is in. */
  ownTabId(): Promise<number>;
  version: string;
  /** False in browsers that cannot save a page with everything on it. */
  canCapturePages: boolean;
  /** What the user has granted beyond what Hashmark has from the first day. */
  grantedPermissions(): Promise<Required<Permissions>>;
  /** Must be called in a click; false when the user says no. */
  requestPermissions(wanted: Permissions): Promise<boolean>;
  removePermissions(given: Permissions): Promise<void>;
  /** Calls back when permissions change, here or in the browser's own settings. */
  onPermissionsChange(callback: () => void): () => void;
  /** Hands a file to the user's downloads. */
  saveFile(name: string, text: string): void;
  now(): number;
}

export type OptionsStore = ReturnType<typeof createOptionsStore>;

/** The options page's state and everything it does. */
export function createOptionsStore(platform: OptionsPlatform) {
  const { ask } = platform;
  const { nowMs, stop: stopClock } = createClock(platform.now);
  const companion = createResource<CompanionState>(() => ask('companion.state'));
  const mirror = createResource<MirrorState[]>(() => ask('mirror.state'));
  const issuers = createResource<IssuerView[]>(() => ask('issuers.list'));
  const method = createResource<Method>(() => ask('stamping.method'));
  const privacy = createResource<Privacy>(() => ask('stamping.privacy'));
  const site = createResource<SiteState>(async () => ask('site.state', { tabId: await platform.ownTabId() }));
  const granted = createResource(() => platform.grantedPermissions());
  const code = signal('');
  const url = signal(defaultCompanionUrl);
  const actions = createActions();
  const editor = createIssuerEditor({
    ask,
    actions,
    issuers,
    requestOrigins: (origins) => platform.requestPermissions({ origins }),
    saveFile: platform.saveFile,
  });
  const esplora = createEsploraEditor({
    ask,
    actions,
    requestOrigins: (origins) => platform.requestPermissions({ origins }),
  });
  const allowedSites = computed(
    () =>
      granted.data.value?.origins.filter((origin) => !allSites.includes(origin) && origin !== '<all_urls>') ??
      [],
  );

  async function request(wanted: Permissions, what: string): Promise<void> {
    if (await platform.requestPermissions(wanted)) return;
    throw new HashmarkError(
      'permission-refused',
      `The browser did not give permission to ${what}. Turn the switch on again to be asked once more.`,
    );
  }

  return {
    nowMs,
    companion,
    mirror,
    issuers,
    editor,
    esplora,
    method,
    privacy,
    site,
    granted,
    allowedSites,
    code,
    url,
    actions,
    version: platform.version,
    canCapturePages: platform.canCapturePages,

    /** The returned function ends it. */
    start(): () => void {
      for (const resource of [companion, mirror, issuers, method, privacy, site, granted])
        void resource.reload();
      void esplora.load();
      const topics: Topic[] = ['companion', 'mirror', 'issuers', 'settings', 'sites'];
      const stopListening = platform.onChange(topics, (topic) => {
        if (topic === 'companion') void companion.reload();
        if (topic === 'companion' || topic === 'mirror' || topic === 'issuers') void mirror.reload();
        if (topic === 'companion' || topic === 'issuers') void issuers.reload();
        if (topic === 'settings') void Promise.all([method.reload(), privacy.reload()]);
        if (topic === 'sites') void site.reload();
      });
      const stopPermissions = platform.onPermissionsChange(() => {
        void granted.reload();
        void site.reload();
        void companion.reload();
      });
      return () => {
        stopListening();
        stopPermissions();
        stopClock();
      };
    },

    /** Call it in the click: the browser asks the user, where the user has taken the permission back. */
    pair: () =>
      actions.run('pair', async () => {
        if (!(await platform.requestPermissions({ origins: companionOrigins }))) {
          throw new HashmarkError(
            'pairing-blocked',
            'The browser did not allow Hashmark to reach the companion at 127.0.0.1, and without that it cannot stamp. Press Pair again and allow it.',
          );
        }
        companion.accept(await ask('companion.pair', { url: url.peek(), code: code.peek() }));
        code.value = '';
        void issuers.reload();
        void mirror.reload();
      }),
    /** Call it in the click. What the user answers shows in the companion's state. */
    allowCompanion: () =>
      actions.run('allow-companion', async () => {
        await platform.requestPermissions({ origins: companionOrigins });
        await companion.reload();
      }),
    unpair: () =>
      actions.run('unpair', async () => {
        companion.accept(await ask('companion.unpair'));
        actions.forget('pair');
      }),
    editCode(text: string) {
      code.value = text;
      actions.forget('pair');
    },
    editUrl(text: string) {
      url.value = text;
      actions.forget('pair');
    },

    setMethod: (choice: Method) =>
      actions.run('method', async () => method.accept(await ask('stamping.set-method', { method: choice }))),
    setPrivacy: (choice: Privacy) =>
      actions.run('privacy', async () =>
        privacy.accept(await ask('stamping.set-privacy', { privacy: choice })),
      ),

    refreshMirror: () => actions.run('mirror', async () => mirror.accept(await ask('mirror.refresh'))),

    /** Call it in the click: the browser asks the user. */
    setEverySite: (isOn: boolean) =>
      actions.run('every-site', async () => {
        if (isOn) await request({ origins: allSites }, 'read every site');
        const tabId = await platform.ownTabId();
        site.accept(await ask(isOn ? 'site.enable' : 'site.disable', { tabId, scope: 'all' }));
        if (!isOn) await platform.removePermissions({ origins: allSites });
        await granted.reload();
      }),
    /** Call it in the click: the browser asks the user. */
    setPageCapture: (isOn: boolean) =>
      actions.run('page-capture', async () => {
        const permissions: Permissions = { permissions: ['pageCapture'] };
        if (isOn) await request(permissions, 'save complete pages');
        else await platform.removePermissions(permissions);
        await granted.reload();
      }),
    removeSite: (origin: string) =>
      actions.run(`site ${origin}`, async () => {
        await platform.removePermissions({ origins: [origin] });
        await granted.reload();
      }),
  };
}
