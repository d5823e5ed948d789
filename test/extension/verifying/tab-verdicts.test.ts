import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';

import { describeTab } from '../../../extension/verifying/tab-badge.ts';
import {
  changeFrame,
  type FrameVerdicts,
  forgetTab,
  knownTabs,
  readTab,
} from '../../../extension/verifying/tab-verdicts.ts';
import { summarizeVerdict, type VerdictSummary } from '../../../extension/verifying/verdict-summary.ts';
import type { Outcome } from '../../../shared/evidence/verdict.ts';
import { makeSeedVerdict, makeVerdict } from '../../helpers/views.ts';

beforeEach(() => {
  fakeBrowser.reset();
  living = { 0: 'top' };
});

const verdict = (outcome: Outcome, value = outcome): VerdictSummary => ({
  outcome,
  hash: { kind: 'cid', value },
  reason: '',
});

/** Page ids by frame, as the scripts in them would say. */
let living: Record<number, string>;
const pageIn = async (_: number, frameId: number) => living[frameId];

const add = (tabId: number, frameId: number, pageId: string, ...outcomes: Outcome[]) =>
  changeFrame(
    tabId,
    frameId,
    pageId,
    (frame) => {
      for (const outcome of outcomes) frame.verdicts[outcome] = verdict(outcome);
      frame.candidateCount = 10;
    },
    pageIn,
  );

const outcomes = async (tabId: number, pageId: string | undefined) =>
  (await readTab(tabId, pageId)).verdicts.map(({ outcome }) => outcome);

describe('changeFrame', () => {
  it('should put the worst first, over all frames', async () => {
    await add(1, 0, 'top', 'confirmed', 'pending');
    const tab = await add(1, 7, 'inner', 'contradicted');
    expect(tab.verdicts.map(({ outcome }) => outcome)).toEqual(['contradicted', 'pending', 'confirmed']);
    expect(tab.candidateCount).toBe(20);
    expect(await outcomes(1, 'top')).toEqual(['contradicted', 'pending', 'confirmed']);
  });

  it('should forget the tab when its top frame shows another page, a frame when it does', async () => {
    await add(1, 0, 'top', 'confirmed');
    await add(1, 7, 'inner', 'pending');
    await add(1, 7, 'inner 2', 'unchecked');
    expect(await outcomes(1, 'top')).toEqual(['unchecked', 'confirmed']);
    await add(1, 0, 'top 2', 'pending');
    expect(await outcomes(1, 'top 2')).toEqual(['pending']);
  });

  it('should keep a frame of the new page that spoke before its parent', async () => {
    await add(1, 0, 'top', 'confirmed');
    await add(1, 3, 'old inner', 'unchecked');
    await add(1, 7, 'new inner', 'pending');
    living = { 7: 'new inner' };
    await add(1, 0, 'top 2', 'confirmed');
    expect(await outcomes(1, 'top 2')).toEqual(['pending', 'confirmed']);
  });

  it('should not count a former page with the frames of one that is not looked at itself', async () => {
    await add(1, 0, 'top', 'contradicted');
    living = { 7: 'inner' };
    const tab = await add(1, 7, 'inner', 'confirmed');
    expect(tab.verdicts.map(({ outcome }) => outcome)).toEqual(['confirmed']);
    living = { 9: 'inner of a third page' };
    const third = await add(1, 9, 'inner of a third page', 'pending');
    expect(third.verdicts.map(({ outcome }) => outcome)).toEqual(['pending']);
  });

  it('should keep changes that come at once', async () => {
    await Promise.all([
      add(1, 0, 'top', 'confirmed'),
      add(1, 0, 'top', 'pending'),
      add(2, 0, 'x', 'unchecked'),
    ]);
    expect(await outcomes(1, 'top')).toEqual(['pending', 'confirmed']);
    expect((await knownTabs()).sort()).toEqual([1, 2]);
  });

  it('should keep the worst of very many', async () => {
    const fill = ({ verdicts }: FrameVerdicts) => {
      for (let count = 0; count < 600; count += 1) verdicts[`${count}`] = verdict('confirmed');
      verdicts.bad = verdict('contradicted');
    };
    const tab = await changeFrame(1, 0, 'top', fill, pageIn);
    expect(tab.verdicts).toHaveLength(500);
    expect(tab.verdicts[0]?.outcome).toBe('contradicted');
  });

  it('should say when the browser has no room for the list, and keep the rest of the tab', async () => {
    await add(1, 7, 'inner', 'contradicted');
    const { set } = fakeBrowser.storage.session;
    const roomBytes = 800;
    const full = vi
      .spyOn(fakeBrowser.storage.session, 'set')
      .mockImplementation(async (items: Record<string, unknown>) => {
        if (JSON.stringify(items).length > roomBytes) throw new Error('QuotaBytes quota exceeded');
        return set(items);
      });
    living = { 0: 'top', 7: 'inner' };
    await changeFrame(
      1,
      0,
      'top',
      (frame) => {
        for (let count = 0; count < 20; count += 1) frame.verdicts[count] = verdict('confirmed');
        frame.candidateCount = 20;
      },
      pageIn,
    );
    full.mockRestore();
    const tab = await readTab(1, 'top');
    expect(tab).toMatchObject({ isListCut: true, candidateCount: 30 });
    expect(tab.verdicts.map(({ outcome }) => outcome)).toEqual(['contradicted']);
  });
});

describe('summarizeVerdict', () => {
  it('should keep what a list shows, a fraction of it', () => {
    const whole = makeVerdict();
    const summary = summarizeVerdict(whole);
    expect(summary).toEqual({
      outcome: 'confirmed',
      hash: whole.hash,
      reason: whole.reason,
      blockTimeSeconds: whole.record?.blockTimeSeconds,
    });
    expect(summarizeVerdict(makeSeedVerdict()).blockTimeSeconds).toBeDefined();
    expect(JSON.stringify(summary).length).toBeLessThan(JSON.stringify(whole).length / 5);
  });

  it('should keep the whole of a contradiction, which only its tab can tell again', () => {
    const whole = makeVerdict({ outcome: 'contradicted' });
    expect(summarizeVerdict(whole).contradiction).toEqual(whole);
  });
});

describe('readTab', () => {
  it('should say nothing of a page that is no longer shown', async () => {
    await add(1, 0, 'top', 'confirmed');
    expect(await outcomes(1, 'another')).toEqual([]);
    expect(await outcomes(1, undefined)).toEqual([]);
    await forgetTab(1);
    expect(await outcomes(1, 'top')).toEqual([]);
  });
});

describe('describeTab', () => {
  it('should not look like nothing when what was found could not be kept', () => {
    expect(
      describeTab({ verdicts: [], candidateCount: 3, isIncomplete: false, isListCut: true }),
    ).toMatchObject({
      text: '?',
      title: expect.stringContaining('look at the badges'),
    });
  });

  const nothing = { verdicts: [], candidateCount: 3, isIncomplete: false };

  it('should show nothing for a page without records', () => {
    expect(describeTab(nothing)).toBeUndefined();
  });

  it('should not look like nothing when the record could not be looked at', () => {
    expect(describeTab({ ...nothing, isIncomplete: true, reason: 'RPC is down.' })).toMatchObject({
      text: '?',
      title: 'Hashmark could not look at the record. RPC is down.',
    });
  });

  it('should count, in the colour of the worst', () => {
    const badge = describeTab({
      ...nothing,
      verdicts: [verdict('contradicted'), verdict('confirmed', 'pending'), verdict('confirmed')],
    });
    expect(badge).toEqual({ text: '3', colour: '#b91c1c', title: 'Hashmark: 1 contradicted, 2 confirmed' });
  });

  it('should tell what the page does to the badges', () => {
    const { title } =
      describeTab({ ...nothing, verdicts: [verdict('confirmed')], notice: 'It takes them away.' }) ?? {};
    expect(title).toBe('Hashmark: 1 confirmed. It takes them away.');
  });
});
