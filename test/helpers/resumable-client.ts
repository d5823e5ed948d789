import type { RunningService } from './running-service.ts';

export const base64 = (text: string) => Buffer.from(text).toString('base64');

/** A signed upload link with these terms. */
export async function signLink(
  running: Pick<RunningService, 'json'>,
  query: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<string> {
  const { status, body } = await running.json(
    'GET',
    headers,
    undefined,
    `/upload-link?${new URLSearchParams(query)}`,
  );
  if (status !== 200) throw new Error(`upload-link answered ${status}: ${body.message}`);
  return body.upload_url;
}

/** Begins a resumable upload as the provider's SDK does; its URL. */
export async function announce(link: string, sizeBytes: number, metadata = ''): Promise<string> {
  const answer = await fetch(link, {
    method: 'POST',
    headers: { 'Upload-Length': String(sizeBytes), ...(metadata && { 'Upload-Metadata': metadata }) },
  });
  const location = answer.headers.get('location');
  if (answer.status !== 201 || !location) {
    throw new Error(`creating the upload answered ${answer.status}: ${await answer.text()}`);
  }
  return location;
}

export function sendChunk(location: string, offset: number, chunk: Uint8Array): Promise<Response> {
  return fetch(location, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(offset) },
    body: new Uint8Array(chunk),
  });
}
