import { HashmarkError } from '../shared/errors.ts';
import { createChainletterClient, uploadToLink } from '../shared/wire/chainletter.ts';
import type { Upstream } from './keyholder/forwarding.ts';
import { demoGroup, diploma, diplomaFile } from './pages/diploma.ts';

/**
 * Has the sample diploma stamped the way any client would: by an upload link, then a stamp of its group. Every step may
 * be repeated, so a start that died in the middle is made good by the next, and later starts change nothing.
 */
export async function stampDiploma({ webhookUrl, secretKey, fetch }: Upstream): Promise<void> {
  const send = (url: string, init?: RequestInit) => fetch(new Request(url, init));
  const client = createChainletterClient({
    baseUrl: webhookUrl,
    fetch: send,
    headers: { 'secret-key': secretKey },
  });
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
