import { createHash } from 'node:crypto';
import { createWalletClient, defineChain, type Hex, http } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { addressOfRoot } from '../../../shared/evidence/bitcoin-script.ts';
import type { Issuer } from '../../../shared/evidence/issuer.ts';
import { buildTree, hashPair, proofOf } from '../../../shared/evidence/merkle.ts';
import { parseProofXml, writeProofXml } from '../../../shared/evidence/proof-xml.ts';
import { parseSeedFile } from '../../../shared/evidence/seed-file.ts';
import { type ProofQuestion, verifyProof } from '../../../shared/evidence/verify-proof.ts';
import { fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import { jsPlatform } from '../../../shared/fingerprint/js-platform.ts';
import { easiestBits, fakeEsplora, unsignedTransaction } from '../../helpers/esplora-server.ts';
import { fakeIssuer } from '../../helpers/fake-chain.ts';
import { realProofs, vectorById } from '../../helpers/originstamp-vectors.ts';
import { type Meddling, openProxy, type PublicNode, startPublicNode } from '../../helpers/public-chain.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const encode = (text: string) => new TextEncoder().encode(text);
const file = await fingerprint([encode('a contract')], jsPlatform);
const leaves = [file.digest, ...['b', 'c', 'd', 'e'].map((text) => hexOf(sha256(encode(text))))].toSorted();
const tree = buildTree(Buffer.from(leaves.join(''), 'hex'), sha256);
const proof = proofOf(tree, leaves.indexOf(file.digest));
const parsed = parseProofXml(writeProofXml(proof));
const { root } = proof;

let node: PublicNode;
const account = privateKeyToAccount(generatePrivateKey());
const stranger = privateKeyToAccount(generatePrivateKey());

async function send(data: Hex, from = account): Promise<Hex> {
  const chain = defineChain({
    id: node.chainId,
    name: 'Test',
    nativeCurrency: { name: 'E', symbol: 'E', decimals: 18 },
    rpcUrls: { default: { http: [node.url] } },
  });
  const wallet = createWalletClient({ account: from, chain, transport: http() });
  return wallet.sendTransaction({ to: from.address, value: 0n, data });
}

const trusted = (overrides: Partial<Issuer> = {}): Issuer =>
  fakeIssuer({
    name: 'Our wallet',
    chainId: node.chainId,
    wallet: account.address,
    rpcUrls: [node.url],
    explorerTxUrl: 'https://explorer.test/tx/',
    ...overrides,
  });

const verify = (question: Partial<ProofQuestion> = {}) =>
  verifyProof({
    subject: { fingerprint: file, name: 'contract.txt' },
    proof: parsed,
    issuers: [trusted()],
    fetch: (input, init) => fetch(input, init),
    now: () => 1_000,
    ...question,
  });

let transaction: Hex;
beforeAll(async () => {
  node = await startPublicNode();
  await node.fund(account.address);
  await node.fund(stranger.address);
  transaction = await send(`0x${root}`);
});
afterAll(() => node.stop());

const nobody: ProofQuestion['fetch'] = async (url) => {
  throw new Error(`${url} was asked.`);
};

describe('a proof with its transaction', () => {
  it('should be confirmed step by step, in words', async () => {
    const verdict = await verify({ hint: { transaction, chainId: node.chainId } });
    expect(verdict).toMatchObject({
      outcome: 'confirmed',
      hash: { kind: 'digest', value: file.digest },
      checkedAtMs: 1_000,
      seed: {
        method: 'evm-input',
        chainId: node.chainId,
        chainName: 'Test chain',
        isLocal: false,
        issuerName: 'Our wallet',
        writer: account.address.toLowerCase(),
        proof,
        transaction,
        explorerTxUrl: 'https://explorer.test/tx/',
      },
      reason: expect.stringMatching(
        /^This digest is in the seed whose root stands in block \d+ of Test chain, written by Our wallet/,
      ),
    });
    expect(verdict.record).toBeUndefined();
    expect(verdict.steps.map(({ id, result }) => `${id} ${result}`)).toEqual([
      'digest-in-proof passed',
      'merkle-path passed',
      'merkle-root passed',
      'transaction passed',
      'root-on-chain passed',
      'block-time passed',
      'finality passed',
      'writer passed',
    ]);
    expect(verdict.steps[0]?.detail).toMatch(/The 10 bytes of contract\.txt hash to .* at depth 3/);
    expect(verdict.steps[1]?.detail).toMatch(/^3 SHA-256/);
    expect(verdict.steps[3]?.detail).toMatch(/signed it; read from 127\.0\.0\.1:\d+$/);
    expect(verdict.believed).toEqual([expect.stringMatching(/^One RPC endpoint \(127\.0\.0\.1:\d+\)$/)]);
    expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
  });

  it('should be found on any chain of the issuers when the chain is not named', async () => {
    const elsewhere = trusted({ chainId: 8453, rpcUrls: ['http://127.0.0.1:1/'] });
    const verdict = await verify({ hint: { transaction }, issuers: [elsewhere, trusted()] });
    expect(verdict.outcome).toBe('confirmed');
  });

  it('should be unfamiliar when no trusted wallet sent it', async () => {
    const theirs = await send(`0x${root}`, stranger);
    const verdict = await verify({ hint: { transaction: theirs } });
    expect(verdict).toMatchObject({
      outcome: 'unfamiliar',
      seed: { writer: stranger.address.toLowerCase() },
      reason: expect.stringMatching(/not among the issuers you trust/),
    });
    expect(verdict.seed).not.toHaveProperty('issuerName');
    expect((await verify({ hint: { transaction }, issuers: [trusted({ wallet: undefined })] })).outcome).toBe(
      'unfamiliar',
    );
  });

  it('should trust the wallet on its own chain only', async () => {
    const issuers = [trusted({ wallet: stranger.address }), trusted({ chainId: 1, rpcUrls: [] })];
    const verdict = await verify({ hint: { transaction, chainId: node.chainId }, issuers });
    expect(verdict.outcome).toBe('unfamiliar');
  });

  it.each<[string, (root: string) => Hex, RegExp]>([
    ['as part of a longer input', (root) => `0xabcdef${root}00`, /32 bytes stand at byte 3 of its input/],
    ['as its hex digits', (root) => `0x${hexOf(encode(root))}`, /64 hex digits are its whole input/],
    [
      'as upper-case hex digits',
      (root) => `0x00${hexOf(encode(root.toUpperCase()))}`,
      /64 hex digits stand at byte 1/,
    ],
  ])('should be confirmed with the root %s', async (_, data, place) => {
    const verdict = await verify({ hint: { transaction: await send(data(root)) } });
    expect(verdict.outcome).toBe('confirmed');
    expect(verdict.steps.find(({ id }) => id === 'root-on-chain')?.detail).toMatch(place);
  });

  it.each<[string, (root: string) => Hex]>([
    ['does not hold the root', () => `0x${'ab'.repeat(32)}`],
    ['holds nothing', () => '0x'],
    ['holds the root half a byte off', (root) => `0xa${root}b`],
  ])('should be contradicted when it %s', async (_, data) => {
    const verdict = await verify({ hint: { transaction: await send(data(root)) } });
    expect(verdict).toMatchObject({
      outcome: 'contradicted',
      reason: expect.stringMatching(/^A step fails: The \d+ bytes of input .* do not contain root/),
    });
    expect(verdict.seed).toBeUndefined();
  });

  it('should be contradicted by the named chain that has no such transaction, and unchecked by an unnamed one', async () => {
    const invented = `0x${'12'.repeat(32)}`;
    const named = await verify({ hint: { transaction: invented, chainId: node.chainId } });
    expect(named).toMatchObject({
      outcome: 'contradicted',
      reason: expect.stringMatching(/holds no transaction/),
    });
    expect(await verify({ hint: { transaction: invented } })).toMatchObject({
      outcome: 'unchecked',
      reason: expect.stringMatching(/is not on Test chain, the only chain of your issuers\. Add an issuer/),
    });
  });

  it('should be pending until its block is final, and while it is in none', async () => {
    const slow = trusted({ finality: { kind: 'confirmations', blocks: 1_000 } });
    expect(await verify({ hint: { transaction }, issuers: [slow] })).toMatchObject({
      outcome: 'pending',
      seed: { transaction },
      reason: expect.stringMatching(/not final yet/),
    });
    const manual = await startPublicNode({ chainId: node.chainId, isManual: true });
    try {
      await manual.fund(account.address);
      const raw = await account.signTransaction({
        ...{ chainId: node.chainId, type: 'eip1559', nonce: 0, gas: 60_000n, to: account.address },
        ...{ maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n, data: `0x${root}` },
      });
      const waiting = (await manual.tell('eth_sendRawTransaction', raw)) as Hex;
      const issuers = [trusted({ rpcUrls: [manual.url] })];
      expect(await verify({ hint: { transaction: waiting }, issuers })).toMatchObject({
        outcome: 'pending',
        reason: expect.stringMatching(/in no block yet/),
      });
    } finally {
      await manual.stop();
    }
  });

  it('should say that a local chain proves nothing to strangers', async () => {
    const { outcome, believed, seed } = await verify({
      hint: { transaction },
      issuers: [trusted({ isLocal: true })],
    });
    expect([outcome, seed?.isLocal]).toEqual(['confirmed', true]);
    expect(believed.at(-1)).toMatch(/proves nothing to strangers/);
  });

  it('should be unchecked, with the next step, without any way to look', async () => {
    expect(await verify({ fetch: nobody })).toMatchObject({
      outcome: 'unchecked',
      reason: expect.stringMatching(
        /^The proof leads to its root, but .*does not name the transaction.*Give the transaction/,
      ),
    });
    expect(await verify({ fetch: nobody, hint: { transaction: '2021-03-16' } })).toMatchObject({
      outcome: 'unchecked',
    });
    expect(await verify({ fetch: nobody, hint: { transaction, chainId: 1 } })).toMatchObject({
      outcome: 'unchecked',
      reason: expect.stringMatching(/no issuer on chain 1.*Add an issuer/),
    });
    expect(await verify({ fetch: nobody, hint: { transaction: 'ab'.repeat(32) } })).toMatchObject({
      outcome: 'unchecked',
      reason: expect.stringMatching(/No Esplora server/),
    });
    const down = trusted({ rpcUrls: ['http://127.0.0.1:1/'] });
    expect(await verify({ hint: { transaction }, issuers: [down] })).toMatchObject({
      outcome: 'unchecked',
      reason: expect.stringMatching(/127\.0\.0\.1:1 did not answer/),
    });
  });
});

describe('an endpoint that lies', () => {
  const lies = {
    'about the input': ({ method }, ask) => change(method, ask, { input: `0x${'ab'.repeat(32)}` }),
    'about the sender': ({ method }, ask) => change(method, ask, { from: `0x${'11'.repeat(20)}` }),
    'with a transaction of its own': ({ method }, ask) =>
      change(method, ask, { hash: `0x${'22'.repeat(32)}` }),
    'about the block': ({ method }, ask) => change(method, ask, { blockHash: `0x${'33'.repeat(32)}` }),
  } satisfies Record<string, Meddling>;
  const change = (method: string, ask: () => Promise<unknown>, by: object) =>
    method === 'eth_getTransactionByHash'
      ? ask().then((transaction) => ({ ...(transaction as object), ...by }))
      : undefined;

  it.each(Object.entries<Meddling>(lies))('should not be believed %s', async (_, meddle) => {
    const proxy = await openProxy(node, meddle);
    const alone = await verify({ hint: { transaction }, issuers: [trusted({ rpcUrls: [proxy.url] })] });
    expect(alone.outcome).toBe('unchecked');
  });

  it('should not make a trusted wallet the sender of what that never signed', async () => {
    // A type that only its own chain knows hashes and signs in ways of its own: all of this is invented.
    const invented = `0x${'44'.repeat(32)}`;
    const real = await node.tell('eth_getTransactionByHash', transaction);
    const proxy = await openProxy(node, ({ method }) =>
      method === 'eth_getTransactionByHash'
        ? Promise.resolve({ ...(real as object), hash: invented, type: '0x7e' })
        : undefined,
    );
    const issuers = [trusted({ rpcUrls: [proxy.url] })];
    const verdict = await verify({ hint: { transaction: invented }, issuers });
    expect(verdict.outcome).toBe('unfamiliar');
    expect(verdict.steps.find(({ id }) => id === 'writer')).toMatchObject({
      result: 'failed',
      detail: expect.stringMatching(
        /is the wallet of Our wallet, but that it sent this is the endpoints' word/,
      ),
    });
    expect(verdict.seed).not.toHaveProperty('issuerName');
    expect(verdict.seed).not.toHaveProperty('writer');
  });

  it('should be left out when the lie shows, and stop the verdict when it cannot be told from the truth', async () => {
    const proxy = await openProxy(node, lies['about the input']);
    const issuers = [trusted({ rpcUrls: [proxy.url, node.url] })];
    expect(await verify({ hint: { transaction }, issuers })).toMatchObject({
      outcome: 'confirmed',
      believed: [expect.stringMatching(/^One RPC endpoint/)],
    });
    proxy.meddle = lies['about the block'];
    expect(await verify({ hint: { transaction }, issuers })).toMatchObject({
      outcome: 'unchecked',
      reason: expect.stringMatching(/disagree/),
    });
  });
});

describe('a forged proof', () => {
  const contradicted = async (question: Partial<ProofQuestion>, reason: RegExp) => {
    // What fails by itself is settled without asking anybody.
    const verdict = await verify({ hint: { transaction }, ...question, fetch: nobody });
    expect(verdict).toMatchObject({
      outcome: 'contradicted',
      reason: expect.stringMatching(reason),
      believed: [],
    });
    expect(verdict.seed).toBeUndefined();
    return verdict;
  };

  it('should be contradicted for another file', async () => {
    const other = await fingerprint([encode('another contract')], jsPlatform);
    await contradicted(
      { subject: { fingerprint: other, name: 'b.txt' } },
      /16 bytes of b\.txt hash to .* but the proof is for/,
    );
    await contradicted({ subject: { digest: 'ab'.repeat(32) } }, /^A step fails: The digest is abab/);
  });

  it('should be contradicted at the node that was changed', async () => {
    const [first, second, third] = parsed.steps;
    if (!first || !second || !third) throw new Error('Five leaves make three levels.');
    const wrong = 'ab'.repeat(32);
    const withSteps = (...steps: typeof parsed.steps) => ({ proof: { ...parsed, steps } });
    await contradicted(
      withSteps({ ...first, sibling: wrong }, second, third),
      /Node 1 above the digest is given as/,
    );
    await contradicted(
      withSteps(first, { ...second, parent: wrong }, third),
      /Node 2 above the digest is given as abab/,
    );
    const swapped = first.side === 'left' ? 'right' : 'left';
    await contradicted(withSteps({ ...first, side: swapped }, second, third), /Node 1 above/);
    await contradicted(withSteps(first, second), /Node 2 above/);
    await contradicted({ proof: { ...parsed, root: wrong } }, /Node 3 above the digest is given as abab/);
  });

  it('should be contradicted for the published tampered proof', async () => {
    const { proof_xml } = vectorById('negative-tampered-xml');
    const tampered = parseProofXml(proof_xml);
    await contradicted({ proof: tampered, subject: { digest: tampered.leaf } }, /Node 3 above the digest/);
  });

  it('should not let a file of 128 hex digits stand for the node that it hashes to', async () => {
    // The text of two leaves is the preimage of their parent: a proof that is cut off there, with the parent as its leaf.
    const [first, ...rest] = proof.steps;
    if (!first) throw new Error('A proof has steps.');
    const pair = first.side === 'left' ? first.sibling + proof.leaf : proof.leaf + first.sibling;
    const poser = await fingerprint([encode(pair)], jsPlatform);
    const parent =
      first.side === 'left'
        ? hashPair(first.sibling, proof.leaf, sha256)
        : hashPair(proof.leaf, first.sibling, sha256);
    expect(poser.digest).toBe(parent);
    // As XML with its children it is refused; cut off it leads to the root, and only its depth tells: it is shown.
    const inner = writeProofXml(proof)
      .replace('type="hash"', 'type="mesh"')
      .replace(`value="${parent}" type="mesh"`, `value="${parent}" type="hash"`);
    expect(() => parseProofXml(inner)).toThrow(/the stamped digest is a leaf/);
    const cut = { leaf: parent, steps: rest, root };
    const verdict = await verify({
      subject: { fingerprint: poser, name: 'pair.txt' },
      proof: cut,
      hint: { transaction },
    });
    expect(verdict.steps[0]?.detail).toMatch(/128 bytes of pair\.txt .* at depth 2/);
  });
});

describe('a proof whose root stands on Bitcoin', () => {
  const [, real] = realProofs;
  if (!real) throw new Error('There are real proofs.');
  const { fetch: esploraFetch } = fakeEsplora({ 'a.test': { transactions: [] } });

  it('should be looked for by its address when no transaction is named', async () => {
    const { leaf, proof_xml } = real;
    const verdict = await verify({
      subject: { digest: leaf.toUpperCase() },
      proof: parseProofXml(proof_xml),
      esplora: ['https://a.test/api'],
      fetch: esploraFetch,
    });
    expect(verdict).toMatchObject({
      outcome: 'unchecked',
      reason: expect.stringMatching(/nobody paid 1C6R4qvje8SWSyceGGqusPcr6vpaRA59f2.*Give the transaction/),
    });
  });
});

describe('a seed file', () => {
  const { seed_text, private_key, bitcoin_address } = vectorById('synthetic-seed-file');
  const digest = seed_text.split(' ')[2];
  const world = (address: string, script: string) =>
    fakeEsplora({
      'a.test': {
        transactions: [{ raw: unsignedTransaction([script]), height: 400_000, address }],
      },
    }).fetch;

  it.each([
    ['as downloaded', seed_text],
    ['with white space at its end', `${seed_text}\r\n`],
  ])('should be confirmed %s', async (_, text) => {
    const script = addressOfRoot(private_key)?.script ?? '';
    const verdict = await verify({
      subject: { digest },
      proof: parseSeedFile(encode(text)),
      esplora: ['https://a.test/api'],
      easiestBits,
      fetch: world(bitcoin_address, script),
    });
    expect(verdict).toMatchObject({
      outcome: 'confirmed',
      seed: { method: 'bitcoin-address', proof: { leaf: digest, steps: [], root: private_key } },
    });
  });

  it('should be contradicted for a digest that it does not list, also when two of its lines do together', async () => {
    const proof = parseSeedFile(encode(seed_text));
    const across = `${seed_text.slice(32, 64)}${seed_text.slice(65, 97)}`;
    for (const subject of [{ digest: 'ab'.repeat(32) }, { digest: across }]) {
      const verdict = await verify({ subject, proof, fetch: nobody });
      expect(verdict).toMatchObject({
        outcome: 'contradicted',
        reason: expect.stringMatching(/none of the 5 digests/),
      });
    }
  });

  it.each([
    ['commas', (text: string) => text.replace(' ', ',')],
    ['two spaces', (text: string) => text.replace(' ', '  ')],
    ['upper case', (text: string) => text.toUpperCase()],
    ['a space before it', (text: string) => ` ${text}`],
    ['a null byte', (text: string) => `${text}\0`],
    ['nothing', () => ''],
  ])('should be refused with %s', (_, spoil) => {
    expect(() => parseSeedFile(encode(spoil(seed_text)))).toThrow(
      expect.objectContaining({ code: 'malformed-proof' }),
    );
  });
});
