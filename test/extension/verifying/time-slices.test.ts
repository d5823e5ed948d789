import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createTimeSlices } from '../../../extension/verifying/in-page/time-slices.ts';

let tasks: { run: () => void; priority: string | undefined }[];

beforeEach(() => {
  tasks = [];
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  vi.stubGlobal('scheduler', {
    postTask: (run: () => void, options?: { priority?: string }) =>
      tasks.push({ run, priority: options?.priority }),
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Slices whose first one is over, and whether the pause after it has ended. */
function pauseAfterSlice() {
  const slices = createTimeSlices();
  vi.advanceTimersByTime(100);
  const state = { slices, isGoingOn: false };
  void slices.pause().then(() => {
    state.isGoingOn = true;
  });
  return state;
}

describe('createTimeSlices', () => {
  it('should go on at once while there is time', async () => {
    const slices = createTimeSlices();
    expect(slices.isOver()).toBe(false);
    await slices.pause();
    expect(tasks).toEqual([]);
  });

  it('should go on in a task that lets all others go first', async () => {
    const pause = pauseAfterSlice();
    expect(pause.slices.isOver()).toBe(true);
    expect(tasks).toMatchObject([{ priority: 'background' }]);
    await vi.advanceTimersByTimeAsync(50);
    expect(pause.isGoingOn).toBe(false);
    tasks[0]?.run();
    await vi.advanceTimersByTimeAsync(0);
    expect(pause.isGoingOn).toBe(true);
    expect(pause.slices.isOver()).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('should go on in the end on a page that never rests', async () => {
    const pause = pauseAfterSlice();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(pause.isGoingOn).toBe(true);
  });

  it('should go on where tasks have no priorities', async () => {
    vi.stubGlobal('scheduler', undefined);
    const pause = pauseAfterSlice();
    await vi.advanceTimersByTimeAsync(10);
    expect(pause.isGoingOn).toBe(true);
  });
});
