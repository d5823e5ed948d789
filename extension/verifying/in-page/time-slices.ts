/** A task that lasts longer than 50 ms makes a page feel stuck; ours shares its task with the browser's own work. */
const sliceMs = 8;

/** Work in slices: `pause()` resolves at once while there is time left, else in a later task. */
export interface TimeSlices {
  isOver(): boolean;
  pause(): Promise<void>;
}

/** Slices of this thread's time, each of {@link sliceMs}. */
export function createTimeSlices(): TimeSlices {
  let end = performance.now() + sliceMs;
  return {
    isOver: () => performance.now() >= end,
    async pause() {
      if (performance.now() < end) return;
      await nextTask();
      end = performance.now() + sliceMs;
    },
  };
}

/** The page's own work, input and drawing come first; a fifth of a second later it is our turn whatever they do. */
const latestMs = 200;

/**
 * A later task of the lowest priority. Idle callbacks are no better for the page and far slower: after one that asks for the
 * next, Chromium lets up to 50 ms pass.
 */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const hasPriorities = typeof scheduler !== 'undefined'; // Safari and test environments have none.
    const latest = setTimeout(resolve, hasPriorities ? latestMs : 1);
    if (!hasPriorities) return;
    const run = (): void => {
      clearTimeout(latest);
      resolve();
    };
    void scheduler.postTask(run, { priority: 'background' });
  });
}
