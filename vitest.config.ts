import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { WxtVitest } from 'wxt/testing/vitest-plugin';

/** Tests that start processes or a browser get room: these limits stop a hang, they measure nothing. */
const processTimeoutMs = 60_000;
const browserTimeoutMs = 120_000;

export default defineConfig({
  test: {
    // Most tests wait for processes and clocks: two files at once on two cores, where one would be the default, take half the time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: ['test/shared/**/*.test.ts', 'test/companion/**/*.test.ts', 'test/house/**/*.test.ts'],
          testTimeout: processTimeoutMs,
          hookTimeout: processTimeoutMs,
          restoreMocks: true,
        },
      },
      {
        plugins: [WxtVitest()],
        test: {
          name: 'extension',
          environment: 'happy-dom',
          include: ['test/extension/**/*.test.{ts,tsx}'],
          restoreMocks: true,
        },
      },
      {
        test: {
          name: 'conformance',
          environment: 'node',
          include: ['test/conformance/**/*.test.ts', 'test/crash/**/*.test.ts'],
          testTimeout: processTimeoutMs,
          hookTimeout: processTimeoutMs,
        },
      },
      {
        test: {
          name: 'browser',
          environment: 'node',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: browserTimeoutMs,
          hookTimeout: browserTimeoutMs,
          fileParallelism: false,
        },
      },
    ],
  },
});
