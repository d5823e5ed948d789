import { readFileSync } from 'node:fs';

/**
 * The most that this process held so far, in MiB.
 *
 * Linux counts it for `resourceUsage` from what the process held that started this one, so there it is read where that is left out.
 */
export function peakMemoryMiB(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1024;
  return readStatus('self', 'VmHWM');
}

/** A figure of a process from https://man7.org/linux/man-pages/man5/proc_pid_status.5.html, in MiB. */
export function readStatus(pid: number | 'self', field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const [, kibibytes = '0'] = new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(status) ?? [];
  return Number(kibibytes) / 1024;
}
