// A companion without its outer parts, to be killed: works without end, and prints a line for every answer it got and every
// event it was told. What stands in a line was acknowledged, so it must be there after any crash. See doomed-service.ts.

import { randomBytes } from 'node:crypto';

import { nodePlatform } from '../../companion/fingerprint/node-platform.ts';
import { fingerprint } from '../../shared/fingerprint/fingerprint.ts';
import { openDoomedService, printLine } from './doomed-service.ts';
import { type Answer, type Line, tasks, tenant } from './lines.ts';

/** Enough to have requests at every step of their way when the kill comes. */
const writers = 4;
/** More than one chunk of a tree, so that a kill can come between two writes of one file. */
const largeFileBytes = 600_000;

const service = await openDoomedService(tenant);
const print: (line: Line) => void = printLine;
service.events.subscribe(tenant.id, ({ id, type, data }) => print({ kind: 'event', id, type, data }));

async function ask(method: string, headers: Record<string, string>, body?: RequestInit['body']) {
  const response = await service.app.request(`/webhook/${tenant.apiKey}`, {
    method,
    headers: { 'secret-key': tenant.secretKey, ...headers },
    body,
  });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

function upload(text: string, headers: Record<string, string>) {
  const form = new FormData();
  form.append('file', new File([text], 'file.txt', { type: 'text/plain' }));
  return ask('POST', { network: 'public', ...headers }, form);
}

/** Does one task from its beginning to its end, and prints what was acknowledged on the way. */
async function perform(task: (typeof tasks)[number], name: string, group: string): Promise<void> {
  const text = `${name} ${randomBytes(8).toString('hex')}`;
  const headers = { 'group-id': group };
  const printAnswer = (done: Awaited<ReturnType<typeof ask>>, sent: string) => {
    const { hash, transaction_id: transaction = null } = done.answer;
    const told = { cid: hash, transaction } as Pick<Answer, 'cid' | 'transaction'>;
    print({ kind: 'answer', task, status: done.status, text: sent, ...told });
  };
  switch (task) {
    case 'upload and stamp':
      return printAnswer(await upload(text, { ...headers, 'stamp-immediately': 'true' }), text);
    case 'upload': {
      const large = text.repeat(Math.ceil(largeFileBytes / text.length));
      return printAnswer(await upload(large, headers), large);
    }
    case 'register': {
      const { cid } = await fingerprint([Buffer.from(text)], nodePlatform);
      return printAnswer(await ask('POST', headers, JSON.stringify({ hash: cid, name })), text);
    }
    case 'delete': {
      const { answer } = await upload(text, { 'group-id': `${group}-bin` });
      const body = JSON.stringify({ file_hash: answer.hash });
      return printAnswer(await ask('DELETE', { 'group-id': `${group}-bin` }, body), text);
    }
  }
}

async function workForEver(writer: number): Promise<void> {
  for (let count = writer; ; count++) {
    const task = tasks[count % tasks.length] ?? 'upload';
    // A few rounds of tasks share a group, so that stamps cover files that came before, and come upon each other.
    const group = `${process.pid}-${writer % 2}-${Math.floor(count / (2 * tasks.length))}`;
    await perform(task, `${writer} ${count}`, group);
  }
}

await Promise.all(Array.from({ length: writers }, (_, writer) => workForEver(writer)));
