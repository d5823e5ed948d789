import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Commands } from './commands.ts';
import { tenant } from './tenant.ts';

/** A service in a fresh process, on a folder that goes with it. */
export interface MeasuredService {
  url: string;
  webhook: string;
  headers: Record<string, string>;
  /** Runs one of its commands there. */
  ask<Name extends keyof Commands>(
    name: Name,
    ...input: Parameters<Commands[Name]>
  ): ReturnType<Commands[Name]>;
  stop(): Promise<void>;
}

/** Runs `work` with a service of its own, and ends that afterwards in any case. */
export async function withService<T>(
  work: (service: MeasuredService) => Promise<T>,
  { chain = false } = {},
): Promise<T> {
  const service = await startMeasuredService(chain);
  try {
    return await work(service);
  } finally {
    await service.stop();
  }
}

async function startMeasuredService(chain: boolean): Promise<MeasuredService> {
  const folder = await mkdtemp(join(tmpdir(), 'hashmark-bench-'));
  const child = fork(join(import.meta.dirname, 'server.ts'), [folder, ...(chain ? ['chain'] : [])]);
  const exited = once(child, 'exit');
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  let lastId = 0;
  // However it ends, its folder goes with it.
  const gone = exited.then(() => rm(folder, { recursive: true, force: true }));
  const [ready] = (await Promise.race([
    once(child, 'message'),
    gone.then(() => Promise.reject(new Error('The measured service ended before it was ready.'))),
  ])) as [{ url: string }];
  child.on('message', (message: { id: number; result?: unknown; failure?: string }) => {
    const waiter = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.failure === undefined) waiter?.resolve(message.result);
    else waiter?.reject(new Error(message.failure));
  });
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`The measured service ended with ${code}.`));
  });
  return {
    url: ready.url,
    webhook: `${ready.url}/webhook/${tenant.apiKey}`,
    headers: { 'secret-key': tenant.secretKey },
    ask: ((name: string, input: unknown) =>
      new Promise((resolve, reject) => {
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        child.send({ id: lastId, name, input });
      })) as MeasuredService['ask'],
    async stop() {
      child.disconnect();
      await gone;
    },
  };
}
