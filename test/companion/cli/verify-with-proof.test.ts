import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { runVerify } from '../../../companion/cli/verify.ts';
import { settingsPath, updateSettings } from '../../../companion/settings-file.ts';
import { addressOfRoot } from '../../../shared/evidence/bitcoin-script.ts';
import { realTransaction } from '../../helpers/bitcoin-vectors.ts';
import { createFolder } from '../../helpers/create-folder.ts';
import { fakeEsplora } from '../../helpers/esplora-server.ts';
import { vectorById } from '../../helpers/originstamp-vectors.ts';
import { createRecordingIo } from './recording-io.ts';

const hosted = vectorById('btc-docs-2c5d36be');
const payment = {
  raw: realTransaction(hosted.transaction),
  address: addressOfRoot(hosted.root)?.address ?? '',
  height: 548_512,
};

let home: string;
beforeEach(() => {
  home = createFolder();
});
afterEach(() => vi.unstubAllGlobals());

function write(name: string, content: string): string {
  const path = join(home, name);
  writeFileSync(path, content);
  return path;
}

async function verify(target: string, proof: string, transaction?: string) {
  const io = createRecordingIo();
  const exitCode = await runVerify({ targets: [target], proof, transaction, home, json: true }, io);
  return { exitCode, ...io.json()[0] };
}

// There is no companion on this home: a proof that stands on Bitcoin needs none.
describe('hashmark verify --proof, on Bitcoin', () => {
  const setServers = (...hosts: string[]) => {
    updateSettings(settingsPath(home), () => ({ esploraUrls: hosts.map((host) => `https://${host}/api`) }));
    const worlds = { 'a.test': { transactions: [payment] }, 'b.test': { transactions: [payment] } };
    const { fetch, asked } = fakeEsplora(worlds);
    vi.stubGlobal('fetch', fetch);
    return asked;
  };

  it('reads no proof from what need not end', async () => {
    const io = createRecordingIo();
    expect(await runVerify({ targets: [hosted.leaf], proof: '/dev/zero', home }, io)).toBe(64);
    expect(io.err.join()).toContain('is a device, not a file');
  });

  it('asks the servers that the user set, and does not confirm by a block that they invented', async () => {
    const asked = setServers('a.test', 'b.test');
    const verdict = await verify(hosted.leaf, write('proof.xml', hosted.proof_xml));
    // The payment is real, and found; a block of Bitcoin cannot be made in a test.
    expect(verdict).toMatchObject({ exitCode: 3, outcome: 'unchecked' });
    expect(verdict.steps).toContainEqual(
      expect.objectContaining({
        id: 'root-on-chain',
        result: 'passed',
        detail: expect.stringContaining(hosted.transaction),
      }),
    );
    expect(verdict.steps).toContainEqual(
      expect.objectContaining({ id: 'block-time', detail: expect.stringContaining('less work in it') }),
    );
    expect(new Set(asked.map((path) => path.split('/')[0]))).toEqual(new Set(['a.test', 'b.test']));
  });

  it('asks nobody when no server is set, and says what is missing', async () => {
    const asked = setServers();
    expect(await verify(hosted.leaf, write('proof.xml', hosted.proof_xml))).toMatchObject({
      exitCode: 3,
      outcome: 'unchecked',
    });
    expect(asked).toEqual([]);
  });

  it('asks nobody about a proof that fails by itself', async () => {
    const asked = setServers('a.test');
    const forged = write('proof.xml', hosted.proof_xml.replace(hosted.root, 'ab'.repeat(32)));
    expect(await verify(hosted.leaf, forged)).toMatchObject({ exitCode: 1, outcome: 'contradicted' });
    expect(asked).toEqual([]);
  });

  it('reads a seed of the older method, whatever its file is called', async () => {
    setServers('a.test');
    const { seed_text: text } = vectorById('synthetic-seed-file');
    const verdict = await verify(text.split(' ')[2], write('download', `${text}\n`));
    // Nobody paid the address of its root, here.
    expect(verdict).toMatchObject({ exitCode: 3, outcome: 'unchecked' });
    expect(verdict.steps).toContainEqual(expect.objectContaining({ result: 'passed' }));
    expect(await verify('ab'.repeat(32), join(home, 'download'))).toMatchObject({ outcome: 'contradicted' });
  });
});
