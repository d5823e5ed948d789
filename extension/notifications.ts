import { browser } from 'wxt/browser';

import { HashmarkError } from '../shared/errors.ts';
import type { Job } from './stamping/jobs/job.ts';

/** The id says what a click opens, because the worker that made the notification may be gone by then. */
const jobPrefix = 'hashmark-job-';
const problemPrefix = 'hashmark-problem-';

/** Says that a job is stamped, or why it failed. The same job replaces its notification, so it never shows twice. */
export async function notifyJob(job: Job): Promise<void> {
  await show(
    jobPrefix + job.id,
    job.phase === 'done'
      ? { title: `Stamped: ${job.title}`, message: stampedText(job) }
      : { title: `Not stamped: ${job.title}`, message: job.message ?? 'It failed. Open Hashmark to retry.' },
  );
}

/** Says why something that the user asked for did not happen, where no job can say it. */
export async function notifyProblem(title: string, error: unknown): Promise<void> {
  const message = error instanceof HashmarkError ? error.message : `Something went wrong: ${error}`;
  await show(problemPrefix + crypto.randomUUID(), { title, message });
}

/** Call in the first tick. */
export function openReportOnClick(openReport: (jobId: string) => Promise<unknown>): void {
  browser.notifications.onClicked.addListener((id: string) => {
    void browser.notifications.clear(id);
    if (id.startsWith(jobPrefix)) void openReport(id.slice(jobPrefix.length));
  });
}

function stampedText({ groupId, blockTimeSeconds, transaction }: Job): string {
  const time =
    blockTimeSeconds === undefined
      ? ''
      : ` at ${new Date(blockTimeSeconds * 1000).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })}`;
  return `On chain${time}, in group “${groupId}”.${transaction ? ` Transaction ${transaction.slice(0, 10)}…` : ''}`;
}

async function show(id: string, text: { title: string; message: string }): Promise<void> {
  await browser.notifications.create(id, {
    type: 'basic',
    iconUrl: browser.runtime.getURL('/icon/128.png' as '/'),
    ...text,
  });
}
