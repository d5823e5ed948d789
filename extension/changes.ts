/**
 * Tells the extension's open pages that something they show has changed. A hint, not data: a page that hears it asks
 * the background again. BroadcastChannel reaches every context of the extension's origin and wakes none.
 */
export type Topic =
  | 'companion'
  | 'jobs'
  | 'groups'
  | 'mirror'
  | 'tabs'
  | 'sites'
  | 'settings'
  | 'issuers'
  | 'proofs'
  | 'bulk';

const channelName = 'hashmark-changes';

/** Announces a change to all other contexts of the extension. */
export function announce(topic: Topic): void {
  const channel = new BroadcastChannel(channelName);
  channel.postMessage(topic);
  channel.close();
}

/** Calls back on every change of the given topics until the returned function is called. */
export function onChange(topics: Topic[], callback: (topic: Topic) => void): () => void {
  const channel = new BroadcastChannel(channelName);
  channel.onmessage = ({ data }: MessageEvent<Topic>) => {
    if (topics.includes(data)) callback(data);
  };
  return () => channel.close();
}
