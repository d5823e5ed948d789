import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runProof } from '../../../companion/cli/proof.ts';
import { readProofPdf } from '../../../shared/evidence/proof-pdf.ts';
import { parseProofXml } from '../../../shared/evidence/proof-xml.ts';
import { runHashmark } from '../../helpers/hashmark-command.ts';
import { type RunningCompanion, startCompanion } from '../../helpers/running-companion.ts';
import { createRecordingIo } from './recording-io.ts';

let companion: RunningCompanion;
let folder: string;
const content = 'a contract that stays at home';
const digest = createHash('sha256').update(content).digest('hex');
const file = () => join(folder, 'contract.txt');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hashmark-proof-'));
  await writeFile(file(), content);
  companion = await startCompanion();
  const stamped = await runHashmark(['stamp', '--hash-only', file(), '--home', companion.home]);
  expect(stamped).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await companion.stop();
  await rm(folder, { recursive: true });
});

const proof = (...args: string[]) => runHashmark(['proof', ...args, '--home', companion.home]);

describe('hashmark proof', () => {
  it('should write a checked proof of a file, under the name that the API gives it', async () => {
    const { code, stdout, stderr } = await proof(file(), '--out', folder);
    const path = join(folder, `proof.Ethereum.${digest}.xml`);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${path}\n`, stderr: '' });
    expect(parseProofXml(await readFile(path, 'utf8')).leaf).toBe(digest);
  });

  it('should write a certificate, and tell programs about it', async () => {
    const { code, stdout } = await proof(digest, '--pdf', '--json', '--out', join(folder, 'c.pdf'));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      target: digest,
      digest,
      proof: join(folder, 'c.pdf'),
      type: 'pdf',
      outcome: 'confirmed',
      root: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const { xml, hint } = await readProofPdf(new Uint8Array(await readFile(join(folder, 'c.pdf'))));
    expect(parseProofXml(xml)).toMatchObject({ leaf: digest, root: JSON.parse(stdout).root });
    expect(hint).toMatchObject({ root: JSON.parse(stdout).root, chainId: companion.ready.chain.id });
    // The command that the certificate itself prints.
    const home = ['--home', companion.home];
    expect(await runHashmark(['verify', file(), '--proof', join(folder, 'c.pdf'), ...home])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('confirmed'),
    });
  });

  it('should write to standard output, and not garble a terminal', async () => {
    const { code, stdout } = await proof(digest, '--out', '-');
    expect(code).toBe(0);
    expect(parseProofXml(stdout).leaf).toBe(digest);
    const io = createRecordingIo();
    const terminal = { isTTY: true, write: () => expect.unreachable() };
    const options = { target: digest, type: 'pdf', out: '-', home: companion.home } as const;
    expect(await runProof(options, io, terminal)).toBe(64);
    expect(io.err.join()).toContain('garble');
    expect((await proof(digest, '--json', '--out', '-')).code).toBe(64);
  });

  it('should leave a file that holds something else as it is', async () => {
    const path = join(folder, 'kept.xml');
    await writeFile(path, 'mine');
    const { code, stderr } = await proof(digest, '--out', path);
    expect(code).toBe(1);
    expect(stderr).toContain('holds something else');
    expect(await readFile(path, 'utf8')).toBe('mine');
    const again = join(folder, 'again.xml');
    expect((await proof(digest, '--out', again)).code).toBe(0);
    expect((await proof(digest, '--out', again)).code).toBe(0);
    expect((await proof(digest, '--out', join(folder, 'absent', 'p.xml'))).code).toBe(1);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('should say when there is nothing to prove, and what is no digest', async () => {
    const unknown = await proof('ab'.repeat(32));
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('was never stamped by its hash only');
    const json = await proof('ab'.repeat(32), '--json');
    expect([json.code, JSON.parse(json.stdout)]).toEqual([2, expect.objectContaining({ proof: null })]);
    expect((await proof('QmPK1s3pNYLi9ERiq3BDxKa4XosgWwFRQUydHUtz4YgpqB')).code).toBe(64);
    expect((await proof(join(folder, 'absent.txt'))).code).toBe(64);
    expect((await proof(digest, '--pdf', '--xml')).code).toBe(64);
  });

  it('should say that no companion runs', async () => {
    const { code, stderr } = await runHashmark(['proof', digest, '--home', join(folder, 'nowhere')]);
    expect(code).toBe(1);
    expect(stderr).toContain('No companion runs');
  });
});
