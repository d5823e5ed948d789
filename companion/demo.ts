import { HashmarkError } from '../shared/errors.ts';
import { fingerprint } from '../shared/fingerprint/fingerprint.ts';
import { createChainletterClient, uploadToLink } from '../shared/wire/chainletter.ts';
import { nodePlatform } from './fingerprint/node-platform.ts';
import type { Upstream } from './keyholder/forwarding.ts';
import { demoGroup, diploma, diplomaFile } from './pages/diploma.ts';

/** A client of the embedded service, with its keys. */
function openClient({ webhookUrl, secretKey, fetch }: Upstream) {
  const send = (url: string, init?: RequestInit) => fetch(new Request(url, init));
  const headers = { 'secret-key': secretKey };
  return { send, client: createChainletterClient({ baseUrl: webhookUrl, fetch: send, headers }) };
}

/**
 * Has the sample diploma stamped the way any client would: by an upload link, then a stamp of its group. Every step may
 * be repeated, so a start that died in the middle is made good by the next, and later starts change nothing.
 */
export async function stampDiploma(upstream: Upstream): Promise<void> {
  const { client, send } = openClient(upstream);
  const { name, mimetype } = diplomaFile;
  const link = await client.uploadLink({ groupId: demoGroup, filename: name, network: 'public' });
  try {
    const blob = new Blob([diploma], { type: mimetype });
    await uploadToLink(send, link.url, blob, { name, network: 'public' });
  } catch (error) {
    if (!(error instanceof HashmarkError) || error.code !== 'already-exists') throw error;
  }
  await client.stamp(demoGroup, { network: 'public' });
}

/** Whether an earlier start stamped the sample. Changes nothing. */
export async function isDiplomaThere(upstream: Upstream): Promise<boolean> {
  const { cid } = await fingerprint([diploma], nodePlatform);
  return (await openClient(upstream).client.verify(cid)).state === 'stamped';
}
