import { batch, computed, effect, signal } from '@preact/signals';
import { HashmarkError } from '../../../shared/errors.ts';
import type { StampCost } from '../../../shared/wire/companion.ts';
import type { onChange } from '../../changes.ts';
import { companionOrigins } from '../../companion/loopback-permission.ts';
import type {
  CompanionState,
  GroupFileView,
  GroupView,
  JobView,
  SiteState,
  TabVerdicts,
} from '../../messages.ts';
import type { ask } from '../../messaging.ts';
import type { Method } from '../../stamping/method.ts';
import type { Privacy } from '../../stamping/privacy.ts';
import { createActions } from '../../ui/actions.ts';
import { createClock } from '../../ui/clock.ts';
import { createResource, type Resource } from '../../ui/resource.ts';
import { allSites } from '../../verifying/site-patterns.ts';
import type { VerdictSummary } from '../../verifying/verdict-summary.ts';

/** What the popup needs of the browser. */
export interface PopupPlatform {
  ask: typeof ask;
  onChange: typeof onChange;
  /** The tab that the popup was opened on. */
  activeTab(): Promise<PopupTab | undefined>;
  /** Must be called in a click; false when the user says no. */
  requestOrigins(origins: string[]): Promise<boolean>;
  /** Opens a page of the extension in a tab, for instance `/options.html`. */
  openPage(path: `/options.html${string}` | `/report.html${string}` | '/workbench.html'): void;
  now(): number;
}

export interface PopupTab {
  id: number;
  title: string;
}

export type PopupStore = ReturnType<typeof createPopupStore>;

/** The popup's state and everything it does; `start` asks for what is shown, and keeps it fresh. */
export function createPopupStore(platform: PopupPlatform) {
  const { ask } = platform;
  const { nowMs, stop: stopClock } = createClock(platform.now);
  const tab = signal<PopupTab | undefined>(undefined);
  const companion = createResource<CompanionState>(() => ask('companion.state'));
  const jobs = createResource<JobView[]>(() => ask('jobs.list'));
  const groups = createResource<GroupView[]>(() => ask('groups.list'));
  const site = createResource<SiteState>(() => ask('site.state', { tabId: requireTab().id }));
  const verdicts = createResource<TabVerdicts>(() => ask('tab.verdicts', { tabId: requireTab().id }));
  const groupFiles = signal<ReadonlyMap<string, Resource<GroupFileView[]>>>(new Map());
  const openGroups = signal<ReadonlySet<string>>(new Set());
  const method = createResource<Method>(() => ask('stamping.method'));
  const privacy = createResource<Privacy>(() => ask('stamping.privacy'));
  const costs: Record<Method, Resource<StampCost>> = {
    upload: createResource(() => ask('stamping.cost', { kind: 'upload' })),
    'hash-only': createResource(() => ask('stamping.cost', { kind: 'hash-only' })),
  };
  /** Id of the group that the page goes to; empty for the day's own. */
  const stampGroupId = signal('');
  const dismissed = signal<{ jobId: string; name: string } | undefined>(undefined);
  const isNamingGroup = signal(false);
  const actions = createActions();
  const isConnected = computed(() => companion.data.value?.status === 'connected');
  /** The chain on which a stamp costs money, when stamps go to one. */
  const costlyChain = computed(() => {
    const { status, chain } = companion.data.value ?? {};
    return status === 'connected' && chain && !chain.isLocal ? chain.name : undefined;
  });

  function requireTab(): PopupTab {
    if (tab.value) return tab.value;
    throw new HashmarkError(
      'no-tab',
      'The browser did not say which tab this is. Close the popup and open it again.',
    );
  }

  function reloadFiles(): void {
    for (const groupId of openGroups.peek()) void groupFiles.peek().get(groupId)?.reload();
  }

  function permissionRefused(host: string): HashmarkError {
    return new HashmarkError(
      'permission-refused',
      `The browser did not give permission to read ${host}. Without it Hashmark cannot look for hashes there; turn the switch on again to be asked once more.`,
    );
  }

  return {
    nowMs,
    tab,
    companion,
    jobs,
    groups,
    site,
    verdicts,
    method,
    privacy,
    stampGroupId,
    openGroups,
    dismissed,
    isNamingGroup,
    actions,
    isConnected,
    costlyChain,
    costs,
    filesOf: (groupId: string) => groupFiles.value.get(groupId),

    /** The returned function ends it. */
    start(): () => void {
      void companion.reload();
      void jobs.reload();
      void method.reload();
      void privacy.reload();
      void platform.activeTab().then((active) => {
        tab.value = active;
        if (!active) return;
        void site.reload();
        void verdicts.reload();
      });
      // Groups live behind the companion: asked for when it is there, and again when it comes back.
      const stopGroups = effect(() => {
        if (isConnected.value) void groups.reload();
      });
      const stopCosts = effect(() => {
        if (costlyChain.value && method.data.value) void costs[method.data.value].reload();
      });
      const stopListening = platform.onChange(
        ['companion', 'jobs', 'groups', 'tabs', 'sites', 'settings', 'mirror'],
        (topic) => {
          if (topic === 'companion') void companion.reload();
          if (topic === 'jobs') void jobs.reload();
          if (topic === 'groups' || topic === 'jobs') {
            if (isConnected.peek()) void groups.reload();
            reloadFiles();
          }
          if (topic === 'settings') void Promise.all([method.reload(), privacy.reload()]);
          if (!tab.peek()) return;
          if (topic === 'sites') void site.reload();
          if (topic === 'tabs' || topic === 'mirror' || topic === 'sites') void verdicts.reload();
        },
      );
      return () => {
        stopGroups();
        stopCosts();
        stopListening();
        stopClock();
      };
    },

    retryCompanion: () => void companion.reload(),
    /** Call it in the click: the browser asks the user. */
    allowCompanion: () =>
      actions.run('allow-companion', async () => {
        await platform.requestOrigins(companionOrigins);
        await companion.reload();
      }),
    openSettings: () => platform.openPage('/options.html'),
    openWorkbench: () => platform.openPage('/workbench.html'),
    openPrivacy: () => platform.openPage('/options.html#privacy'),
    openReport: (hash?: string) =>
      platform.openPage(hash ? `/report.html?hash=${encodeURIComponent(hash)}` : '/report.html'),
    /** A contradiction is about what the page claims: its report has to ask what this tab came to. */
    openVerdict({ hash: { value }, outcome }: VerdictSummary) {
      const from = outcome === 'contradicted' ? `&tab=${requireTab().id}` : '';
      platform.openPage(`/report.html?hash=${encodeURIComponent(value)}${from}`);
    },
    openJobReport: (jobId: string) => platform.openPage(`/report.html?job=${encodeURIComponent(jobId)}`),

    setMethod: (choice: Method) =>
      actions.run('method', async () => method.accept(await ask('stamping.set-method', { method: choice }))),
    stampPage: () =>
      actions.run('stamp-page', async () => {
        const groupId = stampGroupId.peek();
        const chosen = method.data.peek();
        await ask('stamp.page', {
          tabId: requireTab().id,
          // What the user sees is what counts, whatever another page has chosen a moment ago.
          ...(chosen ? { method: chosen } : {}),
          ...(groupId ? { groupId } : {}),
        });
        await jobs.reload();
      }),

    /** Call it in the click: the browser asks the user. */
    setSite(scope: 'site' | 'all', isOn: boolean) {
      return actions.run('site', async () => {
        const { id: tabId } = requireTab();
        const origin = site.data.peek()?.origin;
        if (!isOn) return site.accept(await ask('site.disable', { tabId, scope }));
        // Nothing is awaited before the request: the browser asks only while the click lasts.
        void ask('site.want', { tabId, scope }).catch(() => undefined); // Then the popup has to stay open.
        const isGranted = await platform.requestOrigins(scope === 'all' ? allSites : [patternOf(origin)]);
        if (!isGranted) throw permissionRefused(scope === 'all' ? 'every site' : (origin ?? 'this site'));
        site.accept(await ask('site.enable', { tabId, scope }));
        await verdicts.reload();
      });
    },

    retryJob: (jobId: string) => actions.run(`job ${jobId}`, () => ask('job.retry', { jobId })),
    cancelJob: (jobId: string) => actions.run(`job ${jobId}`, () => ask('job.cancel', { jobId })),
    saveFile: (jobId: string) => actions.run(`job ${jobId}`, () => ask('job.save-file', { jobId })),
    dismissJob: ({ id: jobId, name }: JobView) =>
      actions.run(`job ${jobId}`, async () => {
        await ask('job.dismiss', { jobId });
        dismissed.value = { jobId, name };
        await jobs.reload();
      }),
    undoDismiss() {
      const last = dismissed.peek();
      dismissed.value = undefined;
      if (!last) return;
      void actions.run(`job ${last.jobId}`, async () => {
        await ask('job.restore', { jobId: last.jobId });
        await jobs.reload();
      });
    },
    forgetDismissed: () => {
      dismissed.value = undefined;
    },

    toggleGroup(groupId: string) {
      const open = new Set(openGroups.peek());
      if (open.delete(groupId)) {
        openGroups.value = open;
        return;
      }
      const files = groupFiles.peek().get(groupId) ?? createResource(() => ask('groups.files', { groupId }));
      batch(() => {
        groupFiles.value = new Map(groupFiles.peek()).set(groupId, files);
        openGroups.value = open.add(groupId);
      });
      void files.reload();
    },
    stampGroup: (groupId: string) =>
      actions.run(`group ${groupId}`, async () => {
        await ask('groups.stamp', { groupId });
        await groupFiles.peek().get(groupId)?.reload();
      }),
    deleteFile: (groupId: string, cid: string) =>
      actions.run(`group ${groupId}`, async () => {
        await ask('groups.delete-file', { groupId, cid });
        await Promise.all([groupFiles.peek().get(groupId)?.reload(), groups.reload()]);
      }),
    createGroup: (name: string, network: 'public' | 'private') =>
      actions.run('new-group', async () => {
        await ask('groups.create', { name, network });
        isNamingGroup.value = false;
        await groups.reload();
      }),
    nameGroup(isOpen: boolean) {
      actions.forget('new-group');
      isNamingGroup.value = isOpen;
    },
  };
}

/** The host pattern of an origin. Without its port, which Firefox's patterns cannot say: it then covers every port. */
function patternOf(origin: string | null | undefined): string {
  if (!origin) {
    throw new HashmarkError(
      'no-site',
      'Extensions may not read this page. Open the site in a tab of its own and try there.',
    );
  }
  const { protocol, hostname } = new URL(origin);
  return `${protocol}//${hostname}/*`;
}
