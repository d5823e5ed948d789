import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Prompt } from '../../../companion/cli/prompt.ts';
import { runProof } from '../../../companion/cli/proof.ts';
import { runStampDigests, type StampDigestsOptions } from '../../../companion/cli/stamp-digests.ts';
import { runVerify } from '../../../companion/cli/verify.ts';
import { settingsPath, updateSettings } from '../../../companion/settings-file.ts';
import { parseProofXml } from '../../../shared/evidence/proof-xml.ts';
import { runHashmark } from '../../helpers/hashmark-command.ts';
import { type RunningCompanion, startCompanion } from '../../helpers/running-companion.ts';
import { createRecordingIo } from './recording-io.ts';

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

let folder: string;
let companion: RunningCompanion;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hashmark-stamp-digests-'));
  const home = await mkdtemp(join(tmpdir(), 'hashmark-companion-'));
  // Long enough for digests to meet in one seed, and no longer.
  updateSettings(settingsPath(home), () => ({ seedCloseSeconds: 1 }));
  companion = await startCompanion({ home });
});
afterAll(async () => {
  await companion?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const nobody: Prompt = {
  isInteractive: false,
  confirm: async () => false,
  secret: async () => '',
};

async function stamp(options: Partial<StampDigestsOptions>, stdin = '', io = createRecordingIo()) {
  const exitCode = await runStampDigests(
    { files: [], wait: true, home: companion.home, json: true, ...options },
    io,
    nobody,
    Readable.from([Buffer.from(stdin)]),
  );
  return { exitCode, results: options.json === false ? [] : io.json(), out: io.out, err: io.err.join('\n') };
}

async function verify(targets: string[], options: { proof?: string; transaction?: string } = {}) {
  const io = createRecordingIo();
  const exitCode = await runVerify({ targets, ...options, home: companion.home, json: true }, io);
  return { exitCode, results: io.json(), err: io.err.join('\n') };
}

/** Everything that the service keeps as content. */
const storedContent = async () =>
  (await readdir(join(companion.home, 'content'), { recursive: true })).toSorted();

describe('hashmark stamp --hash-only', () => {
  it('stamps files whose bytes stay here, and hashmark verify confirms them', async () => {
    const paths = [await file('a.txt', 'contract A'), await file('b.txt', 'contract B')];
    const before = await storedContent();
    const stamped = await stamp({ files: paths, comment: 'two contracts' });
    expect(stamped).toMatchObject({ exitCode: 0, err: '' });
    const [first, second] = stamped.results;
    expect(first).toEqual({
      path: paths[0],
      digest: sha256('contract A'),
      isNew: true,
      submittedAtMs: expect.any(Number),
      comment: 'two contracts',
      seedId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      currency: 'Ethereum',
      status: 3,
      root: expect.stringMatching(/^[0-9a-f]{64}$/),
      transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      blockTimeSeconds: expect.any(Number),
    });
    expect(second).toMatchObject({ path: paths[1], seedId: first.seedId, transaction: first.transaction });
    // Its tree is kept; nothing of the files is.
    expect((await storedContent()).filter((name) => !name.startsWith('seeds'))).toEqual(
      before.filter((name) => !name.startsWith('seeds')),
    );

    const verified = await verify([...paths, first.digest.toUpperCase()]);
    expect(verified.exitCode).toBe(0);
    for (const { outcome, seed } of verified.results) {
      expect(outcome).toBe('confirmed');
      expect(seed).toMatchObject({ method: 'evm-input', transaction: first.transaction });
    }
  });

  it('stamps nothing twice', async () => {
    const path = await file('once.txt', 'only once');
    const first = await stamp({ files: [path] });
    const second = await stamp({ files: [path, path] });
    expect(second.results).toEqual(
      [first.results[0], first.results[0]].map((it) => ({ ...it, isNew: false })),
    );
  });

  it('returns at once when it is not to wait', async () => {
    const { exitCode, results } = await stamp({ files: [await file('quick.txt', 'quick')], wait: false });
    expect(exitCode).toBe(0);
    expect(results).toMatchObject([{ isNew: true, status: 0, transaction: null, blockTimeSeconds: null }]);
  });

  it('writes proofs that it checked, and keeps those that are there', async () => {
    const path = await file('proved.txt', 'proved');
    const proofs = join(folder, 'proofs', 'new');
    const { exitCode, results } = await stamp({ files: [path], proofs });
    expect(exitCode).toBe(0);
    const [{ digest, root, proofFile }] = results;
    expect(proofFile).toBe(join(proofs, `proof.Ethereum.${digest}.xml`));
    expect(parseProofXml(await readFile(proofFile, 'utf8'))).toMatchObject({ leaf: digest, root });

    await writeFile(proofFile, 'damaged');
    expect((await stamp({ files: [path], proofs })).exitCode).toBe(0);
    expect(parseProofXml(await readFile(proofFile, 'utf8'))).toMatchObject({ leaf: digest });
  });

  it('stamps every file in a folder, passes over empty ones, and says so', async () => {
    const walked = join(folder, 'walked');
    await mkdir(join(walked, 'deep'), { recursive: true });
    await writeFile(join(walked, 'z.txt'), 'walked z');
    await writeFile(join(walked, 'deep', '.a'), 'walked a');
    await writeFile(join(walked, 'empty'), '');
    await symlink(folder, join(walked, 'link'));
    const { exitCode, results, err } = await stamp({ files: [walked] });
    expect(exitCode).toBe(0);
    expect(results.map(({ path, digest }) => [path, digest])).toEqual([
      [join(walked, 'deep', '.a'), sha256('walked a')],
      [join(walked, 'z.txt'), sha256('walked z')],
    ]);
    expect(err).toMatch(/3 files in .*walked\n1 empty file was passed over/);

    await mkdir(join(folder, 'nothing'));
    expect(await stamp({ files: [join(folder, 'nothing')] })).toMatchObject({ exitCode: 1, results: [] });
  });

  it('sends nothing when a file cannot be read or is empty', async () => {
    const good = await file('good.txt', 'good, and unsent');
    const { exitCode, results, err } = await stamp({
      files: [good, await file('empty.txt', ''), join(folder, 'absent.txt')],
    });
    expect(exitCode).toBe(1);
    expect(results.map(({ error }) => error.code)).toEqual(['empty-content', 'file-not-found']);
    expect(err).toMatch(/nothing was stamped/);
    expect(await verify([good])).toMatchObject({ exitCode: 2, results: [{ outcome: 'unknown' }] });
  });

  it('writes for people, and says what left the machine', async () => {
    const { exitCode, out, err } = await stamp({ files: [await file('people.txt', 'people')], json: false });
    expect(exitCode).toBe(0);
    expect(out.join('\n')).toMatch(/^✓ stamped {2}.*people\.txt\n {2}digest {7}[0-9a-f]{64}\n/);
    expect(out.join('\n')).toContain(`hashmark proof ${sha256('people')} --xml`);
    expect(err).toMatch(/^1 digest stamped in 1 seed\. Nothing but digests was sent/);
    expect(err).toMatch(/prove nothing to strangers/);
    const again = await stamp({ files: [join(folder, 'people.txt')], json: false });
    expect(again.err).toMatch(/^1 digest stamped in 1 seed, which was known before\. /);
  });
});

describe('hashmark stamp --list', () => {
  it('stamps a list in its order, repeated digests and all', async () => {
    const names = Array.from({ length: 230 }, (_, n) => `file ${n}.txt`);
    const lines = names.map((name) => `${sha256(name)}  ${name}`);
    const list = await file('SHA256SUMS', `${[...lines, '', '# again', lines[0]].join('\n')}\n`);
    const { exitCode, results, err } = await stamp({ list });
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(results.map(({ name }) => name)).toEqual([...names, names[0]]);
    expect(results.map(({ line }) => line)).toEqual([...names.map((_, n) => n + 1), 233]);
    expect(results.at(-1)).toMatchObject({ digest: sha256('file 0.txt'), status: 3 });
    expect(results.filter(({ isNew }) => isNew)).toHaveLength(230);
    const some = [results[0].digest, results[229].digest];
    expect((await verify(some)).exitCode).toBe(0);
  });

  it('reads standard input', async () => {
    const { exitCode, out } = await stamp({ list: '-', json: false }, `${sha256('stdin')}\n`);
    expect(exitCode).toBe(0);
    expect(out).toEqual([`✓ stamped  ${sha256('stdin')}`]);
  });

  it('sends nothing of a list with a bad line, and names it', async () => {
    const digest = sha256('in a bad list');
    const bad = `${digest}  fine\nno digest \u001b[2J\n`;
    const refused = await stamp({ list: '-' }, bad);
    expect(refused).toMatchObject({ exitCode: 1, results: [] });
    expect(refused.err).toMatch(/^Line 2 is no digest: no digest/);
    expect(refused.err).not.toContain('\u001b');
    expect(await verify([digest])).toMatchObject({ results: [{ outcome: 'unknown' }] });

    const skipped = await stamp({ list: '-', skipBad: true, wait: false }, bad);
    expect(skipped).toMatchObject({ exitCode: 0, results: [{ line: 1, digest, name: 'fine' }] });
    expect(skipped.err).toMatch(/^Line 2 is no digest/);
  });

  it.each([
    ['an empty list', { list: '-' }, 1],
    ['a list that is not there', { list: '/no/such/list' }, 1],
    ['neither files nor a list', {}, 64],
    ['both', { files: ['x'], list: '-' }, 64],
    ['a group', { files: ['x'], group: 'Spring' }, 64],
    ['proofs without waiting', { files: ['x'], proofs: 'x', wait: false }, 64],
    ['proofs where a file is', { files: ['x'], proofs: import.meta.filename }, 64],
    ['a comment that is too long', { files: ['x'], comment: 'x'.repeat(257) }, 64],
  ])('says no to %s', async (_what, options, exitCode) => {
    const { err, ...result } = await stamp({ json: false, ...options });
    expect(result).toMatchObject({ exitCode, out: [] });
    expect(err).toMatch(/^hashmark stamp: /);
  });

  it.runIf(process.platform === 'linux')('says no to proofs where no folder can be made', async () => {
    const { exitCode, err } = await stamp({ list: '-', proofs: '/proc/hashmark/x' }, `${sha256('x')}\n`);
    expect(exitCode).toBe(64);
    expect(err).toMatch(/^hashmark stamp: proofs cannot be written to “\/proc\/hashmark\/x”: no folder/);
  });

  it('fails without a companion, and says what to do', async () => {
    const home = await mkdtemp(join(folder, 'no-companion-'));
    const { exitCode, results } = await stamp({ list: '-', home }, `${sha256('x')}\n`);
    expect(exitCode).toBe(1);
    expect(results[0].error).toMatchObject({ code: 'companion-unreachable' });
  });

  it('stops when interrupted', async () => {
    const controller = new AbortController();
    const io = createRecordingIo(controller.signal);
    io.progress = (text) => {
      if (text?.startsWith('Waiting')) controller.abort();
    };
    const { exitCode, err } = await stamp({ list: '-' }, `${sha256('interrupted')}\n`, io);
    expect(exitCode).toBe(130);
    expect(err).toMatch(/goes on from there/);
  });
});

describe('hashmark verify --proof', () => {
  const prove = async (name: string) => {
    const path = await file(name, `content of ${name}`);
    const { results } = await stamp({ files: [path], proofs: join(folder, 'given') });
    return { path, ...(results[0] as { digest: string; proofFile: string; transaction: string }) };
  };

  it('confirms a file, and a digest, by the proof', async () => {
    const { path, digest, proofFile, transaction } = await prove('held.txt');
    for (const target of [path, digest]) {
      const { exitCode, results } = await verify([target], { proof: proofFile });
      expect(results).toMatchObject([
        { outcome: 'confirmed', seed: { transaction, proof: { leaf: digest } } },
      ]);
      expect(exitCode).toBe(0);
    }
  });

  it('confirms a file by its PDF certificate, which says where to look', async () => {
    const { path, digest, transaction } = await prove('certified.txt');
    const certificate = join(folder, 'certificate.pdf');
    const given = { target: path, type: 'pdf', out: certificate, home: companion.home } as const;
    expect(await runProof(given, createRecordingIo())).toBe(0);
    const { exitCode, results } = await verify([path], { proof: certificate });
    expect(exitCode).toBe(0);
    expect(results).toMatchObject([{ outcome: 'confirmed', seed: { transaction, proof: { leaf: digest } } }]);
    expect(await verify([await file('not-certified.txt', 'x')], { proof: certificate })).toMatchObject({
      exitCode: 1,
    });
  });

  it('is contradicted by another file, a forged step, and what is no proof', async () => {
    const { path, proofFile } = await prove('forged.txt');
    const other = await file('other.txt', 'other');
    expect(await verify([other], { proof: proofFile })).toMatchObject({ exitCode: 1 });

    const xml = await readFile(proofFile, 'utf8');
    const forged = await file(
      'forged.xml',
      xml.replace(/value="(.)/, (_, c) => `value="${c === '0' ? '1' : '0'}`),
    );
    expect(await verify([path], { proof: forged })).toMatchObject({
      exitCode: 1,
      results: [{ outcome: 'contradicted' }],
    });
    expect(await verify([path], { proof: other })).toMatchObject({
      exitCode: 1,
      results: [{ outcome: 'contradicted', steps: [{ id: 'proof-form', result: 'failed' }] }],
    });
  });

  it('reads the chain where it is told to', async () => {
    const { path, proofFile, transaction } = await prove('told.txt');
    expect((await verify([path], { proof: proofFile, transaction })).exitCode).toBe(0);
    const elsewhere = `0x${'12'.repeat(32)}`;
    expect(await verify([path], { proof: proofFile, transaction: elsewhere })).toMatchObject({
      exitCode: 3,
      results: [{ outcome: 'unchecked' }],
    });
  });

  it('could not check without a companion, and says what to do', async () => {
    const { path, proofFile } = await prove('alone.txt');
    const home = await mkdtemp(join(folder, 'no-companion-'));
    const io = createRecordingIo();
    expect(await runVerify({ targets: [path], proof: proofFile, home, json: true }, io)).toBe(3);
    expect(io.json()[0].reason).toMatch(/hashmark start|npm start/);
  });

  it.each([
    ['two targets', ['a'.repeat(64), 'b'.repeat(64)], { proof: 'x' }],
    ['a CID', ['QmS9JArPwa55ePgDnyg6TzX24mYTS1b1vLqWNebyVotKxQ'], { proof: 'x' }],
    ['a proof that is not there', ['a'.repeat(64)], { proof: '/no/such/proof' }],
    ['a proof that is a folder', ['a'.repeat(64)], { proof: tmpdir() }],
    ['a transaction alone', ['a'.repeat(64)], { transaction: 'a'.repeat(64) }],
    ['a transaction that is none', ['a'.repeat(64)], { proof: 'x', transaction: '0x12' }],
  ])('is bad usage with %s', async (_what, targets, options) => {
    const { exitCode, results, err } = await verify(targets, options);
    expect({ exitCode, results }).toEqual({ exitCode: 64, results: [] });
    expect(err).toMatch(/^hashmark verify: /);
  });
});

describe('npx hashmark stamp --list -', () => {
  it('is a filter', async () => {
    const list = await file('filter.txt', `${sha256('filter')}  some name\n`);
    const result = await runHashmark(['stamp', '--list', list, '--json', '--home', companion.home]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(result.stdout)).toMatchObject({
      digest: sha256('filter'),
      name: 'some name',
      status: 3,
    });
  });

  it('does not take its options for files that are sent', async () => {
    const result = await runHashmark(['stamp', 'x', '--no-wait', '--home', companion.home]);
    expect(result).toMatchObject({ code: 64, stdout: '' });
    expect(result.stderr).toMatch(/--hash-only/);
  });

  it('does not send a folder, and says how to stamp what is in it', async () => {
    const result = await runHashmark(['stamp', folder, '--home', companion.home]);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(/is a folder\..*--hash-only/);
  });
});
