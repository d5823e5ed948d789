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

/** Idle time where there is some, and a fifth of a second later where there is none. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof requestIdleCallback === 'function') requestIdleCallback(() => resolve(), { timeout: 200 });
    else setTimeout(resolve, 1); // Safari and test environments have no idle callbacks.
  });
}
