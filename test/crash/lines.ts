/** What the stamper does, over and over. */
export const tasks = ['upload and stamp', 'register', 'delete', 'upload'] as const;

export type Task = (typeof tasks)[number];

/** An answer that a client has, and what it was about. */
export interface Answer {
  task: Task;
  status: number;
  /** Content of the file. */
  text: string;
  cid: string | null;
  transaction: `0x${string}` | null;
}

/** An event that a reader was told. */
export interface ToldEvent {
  id: number;
  type: string;
  data: Record<string, unknown>;
}

/** One line of the stamper's output. */
export type Line = ({ kind: 'answer' } & Answer) | ({ kind: 'event' } & ToldEvent);

/** The one tenant, the same at every start. */
export const tenant = { id: 'acme', name: 'Acme', apiKey: 'test-key', secretKey: 'test-secret' };
