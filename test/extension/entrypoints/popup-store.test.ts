import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createPopupStore, type PopupStore } from '../../../extension/entrypoints/popup/store.ts';
import { createFakeBackground } from '../../helpers/fake-background.ts';
import {
  makeCompanion,
  makeGroup,
  makeGroupFile,
  makeJob,
  makeSite,
  makeVerdict,
} from '../../helpers/views.ts';

const tabId = 7;
let background: ReturnType<typeof createFakeBackground>;
let store: PopupStore;
let stop: () => void;
const requestOrigins = vi.fn<(origins: string[]) => Promise<boolean>>();
const openPage = vi.fn();

beforeEach(async () => {
  requestOrigins.mockReset().mockResolvedValue(true);
  openPage.mockReset();
  background = createFakeBackground({
    'companion.state': () => makeCompanion(),
    'jobs.list': () => [makeJob()],
    'groups.list': () => [makeGroup()],
    'stamping.method': () => 'upload',
    'stamping.set-method': ({ method }) => method,
    'stamping.privacy': () => 'private',
    'stamp.page': () => ({ jobId: 'job-1' }),
    'groups.files': () => [makeGroupFile()],
    'site.state': () => makeSite({ isEnabledForSite: false, origin: 'https://example.org:8443' }),
    'site.want': () => undefined,
    'site.enable': () => makeSite(),
    'tab.verdicts': () => ({ verdicts: [], candidateCount: 0, isIncomplete: false }),
    'job.dismiss': () => undefined,
    'job.restore': () => undefined,
  });
  store = createPopupStore({
    ...background,
    activeTab: async () => ({ id: tabId, title: 'A page' }),
    requestOrigins,
    openPage,
    now: () => 0,
  });
  stop = store.start();
  await vi.waitFor(() => {
    expect(store.site.data.value).toBeDefined();
    expect(store.groups.data.value).toBeDefined();
  });
});
afterEach(() => stop());

describe('setSite', () => {
  it('should ask the browser within the click, for the site without its port', async () => {
    const done = store.setSite('site', true);
    // Synchronously: a request after an await would no longer count as the user's.
    expect(requestOrigins).toHaveBeenCalledWith(['https://example.org/*']);
    await done;
    expect(background.requests('site.enable')).toEqual([{ tabId, scope: 'site' }]);
    expect(store.site.data.value?.isEnabledForSite).toBe(true);
  });

  it('should leave its wish with the background, because the question may close the popup', () => {
    void store.setSite('all', true);
    expect(background.requests('site.want')).toEqual([{ tabId, scope: 'all' }]);
  });

  it('should change nothing and say why when the user says no', async () => {
    requestOrigins.mockResolvedValue(false);
    expect(await store.setSite('site', true)).toBe(false);
    expect(store.actions.problemOf('site')?.code).toBe('permission-refused');
    expect(background.requests('site.enable')).toEqual([]);
  });
});

describe('stampPage', () => {
  it('should leave the choice of the group to the background unless the user made one', async () => {
    await store.stampPage();
    store.stampGroupId.value = 'group-1';
    await store.stampPage();
    expect(background.requests('stamp.page')).toEqual([
      { tabId, method: 'upload' },
      { tabId, method: 'upload', groupId: 'group-1' },
    ]);
  });

  it('should stamp as it shows, and remember how', async () => {
    await store.setMethod('hash-only');
    expect(store.method.data.value).toBe('hash-only');
    await store.stampPage();
    expect(background.requests('stamping.set-method')).toEqual([{ method: 'hash-only' }]);
    expect(background.requests('stamp.page')).toEqual([{ tabId, method: 'hash-only' }]);
  });

  it('should show how another page chose to stamp', async () => {
    background.answers['stamping.method'] = () => 'hash-only';
    background.announce('settings');
    await vi.waitFor(() => expect(store.method.data.value).toBe('hash-only'));
  });

  it('should tell who will be able to fetch the file, as it is now', async () => {
    expect(store.privacy.data.value).toBe('private');
    background.answers['stamping.privacy'] = () => 'public';
    background.announce('settings');
    await vi.waitFor(() => expect(store.privacy.data.value).toBe('public'));
  });
});

describe('the cost of a stamp', () => {
  const cost = {
    isFree: false,
    chainName: 'Sepolia',
    expected: '0.1 ETH',
    most: '0.2 ETH',
    balance: '1 ETH',
  };
  const chain = { id: 11_155_111, name: 'Sepolia', isLocal: false, contract: `0x${'1'.repeat(40)}` };

  it('should not be asked for on the chain of this computer', () => {
    expect(store.costlyChain.value).toBeUndefined();
    expect(background.requests('stamping.cost')).toEqual([]);
  });

  it('should be known before the stamp is made where it costs money, for the way that is chosen', async () => {
    background.answers['companion.state'] = () => makeCompanion({ chain });
    background.answers['stamping.cost'] = () => cost;
    background.announce('companion');
    await vi.waitFor(() => expect(store.costs.upload.data.value).toEqual(cost));
    expect(store.costlyChain.value).toBe('Sepolia');
    await store.setMethod('hash-only');
    await vi.waitFor(() => expect(store.costs['hash-only'].data.value).toEqual(cost));
    expect(background.requests('stamping.cost')).toEqual([{ kind: 'upload' }, { kind: 'hash-only' }]);
  });
});

describe('dismissJob', () => {
  it('should be undone by undoDismiss', async () => {
    await store.dismissJob(makeJob());
    expect(store.dismissed.value).toMatchObject({ jobId: 'job-1' });
    store.undoDismiss();
    await vi.waitFor(() => expect(background.requests('job.restore')).toEqual([{ jobId: 'job-1' }]));
    expect(store.dismissed.value).toBeUndefined();
  });
});

describe('start', () => {
  it('should ask again for what has changed, and for nothing else', async () => {
    const before = background.asked.length;
    background.announce('jobs');
    await vi.waitFor(() => expect(background.asked.length).toBeGreaterThan(before));
    expect(background.asked.slice(before).map(({ name }) => name)).toEqual(['jobs.list', 'groups.list']);
  });

  it('should list the groups once the companion is there again', async () => {
    background.answers['companion.state'] = () => makeCompanion({ status: 'unreachable' });
    background.announce('companion');
    await vi.waitFor(() => expect(store.isConnected.value).toBe(false));
    const before = background.requests('groups.list').length;
    background.answers['companion.state'] = () => makeCompanion();
    background.announce('companion');
    await vi.waitFor(() => expect(background.requests('groups.list')).toHaveLength(before + 1));
  });

  it('should listen no more after it was stopped', () => {
    stop();
    expect(background.listenerCount()).toBe(0);
  });
});

describe('openVerdict', () => {
  it('should name the tab with a contradiction only, since that is about what the page claims', () => {
    const { value } = makeVerdict().hash;
    store.openVerdict(makeVerdict());
    store.openVerdict(makeVerdict({ outcome: 'contradicted' }));
    expect(openPage.mock.calls).toEqual([
      [`/report.html?hash=${value}`],
      [`/report.html?hash=${value}&tab=${tabId}`],
    ]);
  });
});

describe('toggleGroup', () => {
  it('should ask for the files when a group is opened, and again when they may have changed', async () => {
    store.toggleGroup('group-1');
    await vi.waitFor(() => expect(store.filesOf('group-1')?.data.value).toHaveLength(1));
    background.announce('groups');
    await vi.waitFor(() => expect(background.requests('groups.files')).toHaveLength(2));
    store.toggleGroup('group-1');
    expect(store.openGroups.value.size).toBe(0);
  });
});
