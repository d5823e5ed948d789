import { browser } from 'wxt/browser';

import { HashmarkError } from '../shared/errors.ts';
import type { Bulk } from './stamping/bulk/bulk.ts';
import { type Job, methodOf } from './stamping/jobs/job.ts';

/** The id says what a click opens, because the worker that made the notification may be gone by then. */
const jobPrefix = 'hashmark-job-';
const bulkPrefix = 'hashmark-list-';
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

/** Says that nothing of a list is open any more. The same list replaces its notification. */
export async function notifyBulk({ id, name, counts: { proven, failed } }: Bulk): Promise<void> {
  await show(bulkPrefix + id, {
    title: `${failed > 0 ? 'Not all stamped' : 'Stamped'}: ${name}`,
    message: `${proven.toLocaleString()} on chain with a checked proof${failed > 0 ? `, ${failed.toLocaleString()} failed` : ''}.`,
  });
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
    if (id.startsWith(bulkPrefix)) void openWorkbench(id.slice(bulkPrefix.length));
  });
}

function openWorkbench(bulkId: string): Promise<unknown> {
  const query = new URLSearchParams({ list: bulkId });
  return browser.tabs.create({ url: browser.runtime.getURL(`/workbench.html?${query}` as '/') });
}

function stampedText(job: Job): string {
  const { groupId, blockTimeSeconds, transaction } = job;
  const time =
    blockTimeSeconds === undefined
      ? ''
      : ` at ${new Date(blockTimeSeconds * 1000).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })}`;
  return methodOf(job) === 'hash-only'
    ? `Its hash is on chain${time}, and the proof was checked. Keep the file: it is in your downloads.`
    : `On chain${time}, in group “${groupId}”.${transaction ? ` Transaction ${transaction.slice(0, 10)}…` : ''}`;
}

async function show(id: string, text: { title: string; message: string }): Promise<void> {
  await browser.notifications.create(id, {
    type: 'basic',
    iconUrl: browser.runtime.getURL('/icon/128.png' as '/'),
    ...text,
  });
}
