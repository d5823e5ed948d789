import { once } from 'node:events';
import { WebSocket } from 'ws';

/** A value as WebDriver BiDi writes it; more kinds exist, tests only meet these. */
export interface RemoteValue {
  type: string;
  value?: unknown;
  /** Names a node for later commands. */
  sharedId?: string;
}

/** Where a script runs: a tab, or the browser's own window. */
export interface ScriptTarget {
  /** Id of a browsing context. */
  context: string;
}

/** Everything a test sends to Firefox: WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi/) over one socket. */
export interface Bidi {
  /** Sends a command; throws with the browser's own error code and message. */
  send<Result>(method: string, params: object): Promise<Result>;
  /** Calls a function there with JSON arguments and returns its JSON result; throws what it threw. */
  call<Result, Args extends unknown[]>(
    target: ScriptTarget,
    run: (...args: Args) => Result,
    ...args: Args
  ): Promise<Awaited<Result>>;
  /** The same for a function that takes nodes, by the ids that BiDi gave them. */
  callWithNodes<Result>(
    target: ScriptTarget,
    run: (...nodes: never[]) => Result,
    ...sharedIds: string[]
  ): Promise<Awaited<Result>>;
  close(): void;
}

interface Answer {
  id?: number;
  type: 'success' | 'error' | 'event';
  result?: unknown;
  error?: string;
  message?: string;
}

interface ScriptResult {
  type: 'success' | 'exception';
  result?: RemoteValue;
  exceptionDetails?: { text: string };
}

/** Opens the one session of a browser that listens at `ws://127.0.0.1:PORT`. */
export async function openBidi(url: string): Promise<Bidi> {
  const socket = new WebSocket(`${url}/session`, { perMessageDeflate: false });
  await once(socket, 'open');
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let lastId = 0;
  socket.on('message', (data) => {
    const { id = 0, type, error, message, result } = JSON.parse(String(data)) as Answer;
    const asked = waiting.get(id);
    waiting.delete(id);
    if (type === 'error') asked?.reject(new Error(`${error}: ${message}`));
    else asked?.resolve(result);
  });
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('The browser closed the connection.'));
    waiting.clear();
  });
  socket.on('error', () => undefined); // `close` follows, and tells whoever waits.

  // Results cross as text: BiDi's own notation of objects would have to be read back piece by piece.
  const runScript = async (target: ScriptTarget, functionDeclaration: string, sharedIds: string[]) => {
    const answer = await bidi.send<ScriptResult>('script.callFunction', {
      functionDeclaration,
      arguments: sharedIds.map((sharedId) => ({ sharedId })),
      awaitPromise: true,
      target,
    });
    if (answer.type === 'exception') throw new Error(answer.exceptionDetails?.text);
    const text = answer.result?.value as string | undefined;
    return text === undefined ? undefined : JSON.parse(text);
  };

  const bidi: Bidi = {
    send<Result>(method: string, params: object) {
      const id = ++lastId;
      const asked = Promise.withResolvers<unknown>();
      waiting.set(id, asked);
      socket.send(JSON.stringify({ id, method, params }));
      return asked.promise as Promise<Result>;
    },
    call(target, run, ...args) {
      const list = args.map((arg) => JSON.stringify(arg) ?? 'undefined').join(', ');
      return runScript(target, `async () => JSON.stringify(await (${run})(${list}))`, []);
    },
    callWithNodes: (target, run, ...sharedIds) =>
      runScript(target, `async (...nodes) => JSON.stringify(await (${run})(...nodes))`, sharedIds),
    close: () => socket.close(),
  };
  await bidi.send('session.new', { capabilities: {} });
  return bidi;
}
