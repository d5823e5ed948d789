import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { checkAllowance } from '../../../companion/cli/digest-allowance.ts';
import { createOriginstampClient, type OriginstampClient } from '../../../shared/wire/originstamp.ts';
import {
  type OriginstampUpstream,
  startOriginstampUpstream,
  success,
  upstreamKey,
} from '../../helpers/originstamp-upstream.ts';
import { createRecordingIo } from './recording-io.ts';

let upstream: OriginstampUpstream;
let client: OriginstampClient;
beforeEach(async () => {
  upstream = await startOriginstampUpstream();
  const headers = { authorization: upstreamKey };
  client = createOriginstampClient({ baseUrl: upstream.baseUrl, fetch, headers });
});
afterEach(() => upstream.close());

describe('checkAllowance', () => {
  const answer = (path: string, data: unknown) => {
    upstream.fault = (call) => (call.path === path ? { body: success(data) } : undefined);
  };

  it('is silent where there is room', async () => {
    answer('/v3/api_key/usage', { timestamps_per_month: 10, consumed_timestamps: 7, limitation_type: 1 });
    const io = createRecordingIo();
    await checkAllowance(client, 3, io);
    expect(io.err).toEqual([]);
  });

  it('says before anything is sent that a list may be too long', async () => {
    answer('/v3/api_key/usage', { timestamps_per_month: 10, consumed_timestamps: 7, limitation_type: 1 });
    const io = createRecordingIo();
    await checkAllowance(client, 4, io);
    expect(io.err).toEqual(['Of 4 digests, at most 3 that are new can be stamped this month.']);
  });

  it('says nothing where credits are what counts', async () => {
    const io = createRecordingIo();
    await checkAllowance(client, 1_000, io);
    expect(io.err).toEqual([]);
  });

  it('refuses to send to a service that has nothing to stamp on', async () => {
    answer('/v3/currencies/get', []);
    await expect(checkAllowance(client, 1, createRecordingIo())).rejects.toMatchObject({ code: 'no-chain' });
  });
});
