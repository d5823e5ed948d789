import { writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTerminalSession } from '../../../companion/cli/session.ts';
import { nameGroup, runStamp } from '../../../companion/cli/stamp.ts';
import { runVerify } from '../../../companion/cli/verify.ts';
import { fingerprintFile } from '../../../companion/fingerprint/fingerprint-file.ts';
import { toCidV1 } from '../../../shared/fingerprint/cid.ts';
import { createChainletterClient } from '../../../shared/wire/chainletter.ts';
import { runHashmark } from '../../helpers/hashmark-command.ts';
import { type RunningCompanion, startCompanion } from '../../helpers/running-companion.ts';
import { createRecordingIo } from './recording-io.ts';

let folder: string;
let companion: RunningCompanion;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hashmark-verbs-'));
  companion = await startCompanion();
});
afterAll(async () => {
  await companion?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function stamp(files: string[], group?: string) {
  const io = createRecordingIo();
  const exitCode = await runStamp({ files, group, home: companion.home, json: true }, io);
  return { exitCode, results: io.json(), err: io.err.join('\n') };
}

async function verify(targets: string[], home = companion.home) {
  const io = createRecordingIo();
  const exitCode = await runVerify({ targets, home, json: true }, io);
  return { exitCode, results: io.json(), err: io.err.join('\n') };
}

async function openClient() {
  const { url, fetch } = await openTerminalSession(companion.home, createRecordingIo().signal);
  return createChainletterClient({ baseUrl: `${url}/keyholder/embedded/webhook`, fetch });
}

describe('hashmark stamp, then hashmark verify', () => {
  it('puts a single file’s own CID on the chain, and confirms file, CID in both versions and digest', async () => {
    const path = await file('diploma.txt', 'This is to certify.');
    const stamped = await stamp([path]);
    expect(stamped).toMatchObject({ exitCode: 0, err: '' });
    const [result] = stamped.results;
    expect(result).toEqual({
      path,
      ...(await fingerprintFile(path)),
      group: expect.stringContaining('diploma.txt'),
      transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      contract: expect.stringMatching(/^0x[0-9a-fA-F]{40}$/),
      chainId: companion.ready.chain.id,
      bundleCid: null,
      blockTimeSeconds: expect.any(Number),
    });

    const targets = [
      path,
      result.cid,
      toCidV1(result.cid),
      toCidV1(result.cid).toUpperCase(),
      result.digest.toUpperCase(),
    ];
    const verified = await verify(targets);
    expect(verified.results.map(({ outcome }) => outcome)).toEqual(targets.map(() => 'confirmed'));
    expect(verified.exitCode).toBe(0);
    expect(verified.results[0]).toMatchObject({
      target: path,
      cid: result.cid,
      record: { transaction: result.transaction, isBundle: false, blockTimeSeconds: result.blockTimeSeconds },
    });
  });

  it('stamps once, however often it is asked', async () => {
    const path = await file('once.txt', 'only once');
    const first = await stamp([path]);
    const second = await stamp([path]);
    expect(second).toEqual(first);
  });

  it('puts several files into one bundle and one transaction, under any name of a group', async () => {
    const paths = await Promise.all(['a', 'b', 'c'].map((name) => file(`${name}.txt`, `file ${name}`)));
    const group = 'Frühling (2026) "x" a/b 50% 🎓';
    const { exitCode, results } = await stamp(paths, group);
    expect(exitCode).toBe(0);
    expect(results.map(({ path }) => path)).toEqual(paths);
    expect(new Set(results.map(({ transaction }) => transaction)).size).toBe(1);
    expect(results[0]).toMatchObject({ group, bundleCid: expect.stringMatching(/^Qm/) });
    expect((await (await openClient()).listGroups()).map(({ name }) => name)).toContain(group);

    const verified = await verify([...paths, results[1].digest]);
    expect(verified.exitCode).toBe(0);
    for (const { record } of verified.results)
      expect(record).toMatchObject({ isBundle: true, value: results[0].bundleCid });
  });

  it('sends the same content once when it is given under two names', async () => {
    const paths = await Promise.all(['x', 'y'].map((name) => file(`${name}.txt`, 'the same')));
    const { exitCode, results } = await stamp(paths);
    expect(exitCode).toBe(0);
    expect(results.map(({ path }) => path)).toEqual(paths);
    expect(results[0].bundleCid).toBeNull();
  });

  it('stamps a file of several chunks with a name full of surprises', async () => {
    const path = await file("Zeugnis „é” (1) '%41' 🎓.pdf", new Uint8Array(700_000).fill(7));
    expect((await stamp([path])).exitCode).toBe(0);
    expect((await verify([path])).exitCode).toBe(0);
  });

  it('writes for people', async () => {
    const path = await file('people.txt', 'for people');
    const io = createRecordingIo();
    expect(await runStamp({ files: [path], home: companion.home }, io)).toBe(0);
    expect(io.out.join('\n')).toMatch(/^✓ stamped {2}.*people\.txt\n {2}CID {10}Qm/);
    expect(io.err.join('\n')).toMatch(/proves nothing to strangers/);
    const verifyIo = createRecordingIo();
    expect(await runVerify({ targets: [path], home: companion.home }, verifyIo)).toBe(0);
    expect(verifyIo.out.join('\n')).toMatch(/^✓ confirmed {2}.*people\.txt\n/);
  });
});

describe('hashmark verify', () => {
  const noSuchCid = 'QmS9JArPwa55ePgDnyg6TzX24mYTS1b1vLqWNebyVotKxQ';

  it('does not know what nobody stamped, and the worst of several verdicts wins', async () => {
    const path = await file('known.txt', 'known');
    await stamp([path]);
    const { exitCode, results } = await verify([path, noSuchCid, 'ab'.repeat(32)]);
    expect(results.map(({ outcome }) => outcome)).toEqual(['confirmed', 'unknown', 'unknown']);
    expect(exitCode).toBe(2);
  });

  it('does not take an altered file for the stamped one', async () => {
    const path = await file('altered.txt', 'Grade: 3');
    await stamp([path]);
    await file('altered.txt', 'Grade: 1');
    expect(await verify([path])).toMatchObject({ exitCode: 2, results: [{ outcome: 'unknown' }] });
  });

  it('calls a file pending that the service holds and no chain does', async () => {
    const path = await file('pending.txt', 'not stamped yet');
    const { cid } = await fingerprintFile(path);
    await (await openClient()).registerHash({ groupId: 'Waiting', cid });
    expect(await verify([path])).toMatchObject({ exitCode: 2, results: [{ outcome: 'pending' }] });
  });

  it('says that empty content proves nothing', async () => {
    const path = await file('empty.txt', '');
    const emptyDigest = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    const { exitCode, results } = await verify([
      path,
      'QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH',
      emptyDigest,
    ]);
    expect(results).toHaveLength(3);
    expect(exitCode).toBe(2);
    for (const { outcome, reason } of results) {
      expect(outcome).toBe('unknown');
      expect(reason).toMatch(/empty content/);
    }
  });

  it.each([
    ['a word', 'not-a-hash', /is no file here, no CID/],
    ['a digest that lost a digit', 'a'.repeat(63), /is no file here/],
    ['an empty argument', '', /is no file here/],
    ['a folder', '.', /is a folder/],
    ['a NUL character', 'a\0b', /is no file here/],
    ['a very long text', 'Q'.repeat(100_000), /is no file here/],
  ])('is bad usage with %s, and looks at nothing', async (_name, target, sentence) => {
    const { exitCode, results, err } = await verify([noSuchCid, target]);
    expect(exitCode).toBe(64);
    expect(results).toEqual([]);
    expect(err).toMatch(sentence);
  });

  it('is bad usage without arguments', async () => {
    expect((await verify([])).exitCode).toBe(64);
  });

  it('could not check without a companion, and says what to do', async () => {
    const home = await mkdtemp(join(folder, 'no-companion-'));
    const { exitCode, results } = await verify([noSuchCid], home);
    expect(exitCode).toBe(3);
    expect(results).toMatchObject([
      { outcome: 'unchecked', reason: expect.stringMatching(/npm start|hashmark start/) },
    ]);
  });
});

describe('nameGroup', () => {
  const a = { path: '/x/a.txt', cid: 'QmA'.padEnd(46, 'a') };
  const b = { path: '/x/b.txt', cid: 'QmB'.padEnd(46, 'b') };

  it('names the same group for the same files in any order', () => {
    expect(nameGroup([b, a])).toBe(nameGroup([a, b]));
    expect(nameGroup([a, b])).toMatch(/^a\.txt and 1 more \([0-9a-f]{12}\)$/);
    expect(nameGroup([a, a])).toBe('a.txt (QmAaaaaaaaaa)');
  });

  it('names other groups for other files', () => {
    expect(nameGroup([a])).not.toBe(nameGroup([{ ...a, cid: b.cid }]));
  });

  it('keeps the name of a long file short', () => {
    expect(nameGroup([{ ...a, path: `/x/${'n'.repeat(255)}` }]).length).toBeLessThan(100);
  });
});

describe('hashmark stamp', () => {
  it('sends nothing when one file is empty or absent', async () => {
    const good = await file('good.txt', 'good');
    const empty = await file('nothing.txt', '');
    const absent = join(folder, 'absent.txt');
    const { exitCode, results, err } = await stamp([good, empty, absent], 'All or nothing');
    expect(exitCode).toBe(1);
    expect(results).toEqual([
      { path: empty, error: expect.objectContaining({ code: 'empty-content' }) },
      { path: absent, error: expect.objectContaining({ code: 'file-not-found' }) },
    ]);
    expect(err).toMatch(/nothing was stamped/);
    expect((await (await openClient()).listGroups()).map(({ name }) => name)).not.toContain('All or nothing');
  });

  it('is bad usage without files, and with a group without a name', async () => {
    expect((await stamp([])).exitCode).toBe(64);
    expect((await stamp([await file('g.txt', 'g')], '  ')).exitCode).toBe(64);
  });

  it('fails without a companion, and says what to do', async () => {
    const io = createRecordingIo();
    const home = await mkdtemp(join(folder, 'no-companion-'));
    expect(await runStamp({ files: [await file('h.txt', 'h')], home }, io)).toBe(1);
    expect(io.err.join('\n')).toMatch(/npm start|hashmark start/);
  });

  it('does not stamp a file that changes while it is sent, and leaves nothing of it in the group', async () => {
    const path = await file('changing.txt', 'before');
    const io = createRecordingIo();
    io.progress = (text) => {
      if (text?.startsWith('Sending')) writeFileSync(path, 'after!');
    };
    expect(await runStamp({ files: [path], group: 'Changing', home: companion.home, json: true }, io)).toBe(
      1,
    );
    expect(io.json()).toMatchObject([{ error: { code: 'wrong-cid', data: { path } } }]);
    expect(await (await openClient()).listFiles('Changing')).toEqual([]);
  });

  it('keeps a private group private', async () => {
    const client = await openClient();
    await client.createGroup('Quiet', { network: 'private' });
    const path = await file('quiet.txt', 'not for everybody');
    expect(await stamp([path], 'Quiet')).toMatchObject({ exitCode: 0 });
    expect(await client.listFiles('Quiet')).toMatchObject([{ network: 'private', isStamped: true }]);
    expect((await verify([path])).exitCode).toBe(0);
  });

  it('stops when interrupted', async () => {
    const controller = new AbortController();
    controller.abort();
    const io = createRecordingIo(controller.signal);
    expect(await runStamp({ files: [await file('i.txt', 'i')], home: companion.home }, io)).toBe(130);
  });
});

describe('npx hashmark', () => {
  const run = (...args: string[]) => runHashmark([...args, '--home', companion.home]);

  it('stamps and verifies, with nothing but JSON on standard output', async () => {
    const path = await file('command.txt', 'as a command');
    const stamped = await run('stamp', path, '--group', 'Command', '--json');
    expect(stamped).toMatchObject({ code: 0, stderr: '' });
    const { transaction } = JSON.parse(stamped.stdout);

    const verified = await run('verify', '--json', path, 'cd'.repeat(32));
    expect(verified).toMatchObject({ code: 2, stderr: '' });
    const [first, second] = verified.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(first).toMatchObject({ outcome: 'confirmed', record: { transaction } });
    expect(second).toMatchObject({ outcome: 'unknown', hash: { kind: 'digest', value: 'cd'.repeat(32) } });
  });

  it.each([
    ['verify', 64],
    ['verify nonsense', 64],
    ['verify --nonsense', 64],
    ['stamp', 64],
    ['fingerprint', 64],
    ['fingerprint /no/such/file', 1],
    ['stamp /no/such/file', 1],
  ])('hashmark %s exits with %i and says why on standard error', async (line, code) => {
    const result = await run(...line.split(' '));
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).not.toBe('');
    expect(result.stderr).not.toMatch(/ {4}at /);
  });
});
