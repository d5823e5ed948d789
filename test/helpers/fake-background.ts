import type { Topic } from '../../extension/changes.ts';
import type { Messages } from '../../extension/messages.ts';
import type { ask } from '../../extension/messaging.ts';
import { HashmarkError } from '../../shared/errors.ts';

type Answers = {
  [N in keyof Messages]?: (
    request: Messages[N]['request'],
  ) => Messages[N]['reply'] | Promise<Messages[N]['reply']>;
};

/** A background for a page's store: it answers what the test says, notes what it was asked, and announces on demand. */
export function createFakeBackground(answers: Answers) {
  const asked: { name: keyof Messages; request: unknown }[] = [];
  const listeners = new Set<{ topics: Topic[]; callback: (topic: Topic) => void }>();
  return {
    answers,
    asked,
    requests: (name: keyof Messages) => asked.filter((it) => it.name === name).map(({ request }) => request),
    ask: (async (name: keyof Messages, request?: unknown) => {
      asked.push({ name, request });
      const answer = answers[name] as ((request: unknown) => unknown) | undefined;
      if (!answer) throw new HashmarkError('no-reply', `The test has no answer to ${name}.`);
      return answer(request);
    }) as typeof ask,
    onChange(topics: Topic[], callback: (topic: Topic) => void) {
      const listener = { topics, callback };
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    announce(topic: Topic) {
      for (const { topics, callback } of listeners) if (topics.includes(topic)) callback(topic);
    },
    listenerCount: () => listeners.size,
  };
}
