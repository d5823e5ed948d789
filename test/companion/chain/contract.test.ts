import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Abi,
  type AbiEvent,
  type AbiFunction,
  encodeFunctionData,
  size,
  toEventSelector,
  toFunctionSelector,
} from 'viem';
import { describe, expect, it } from 'vitest';

import { registryAbi } from '../../../companion/chain/contract/abi.ts';
import { readContractArtifact } from '../../../companion/chain/contract/artifact.ts';
import { ensureContract } from '../../../companion/chain/contract/compile.ts';
import { createFolder } from '../../helpers/create-folder.ts';
import { openChainHome, writeValue } from '../../helpers/local-chain.ts';

/** Selectors and topic of IPCM, as the chains of others have them. */
const published = {
  updateMapping: '0xf254da35',
  getMapping: '0xd5e350e3',
  owner: '0x8da5cb5b',
  transferOwnership: '0xf2fde38b',
  renounceOwnership: '0x715018a6',
  notOwnerError: '0x118cdaa7',
  mappingUpdatedTopic: '0x987d596c0d6d980b04b3f889d0bf04ecdab72d595e9669fcf5015ad2b394ecc5',
} as const;

const cid = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';
const stranger = '0x00000000000000000000000000000000000000aa';

function temporaryArtifact(): string {
  return join(createFolder(), 'build', 'contract.json');
}

describe('ensureContract', () => {
  it('compiles to exactly the functions and the event of IPCM', async () => {
    const path = temporaryArtifact();
    expect(await ensureContract(path)).toBe('compiled');
    const abi = readContractArtifact(path).abi as Abi;
    const functions = abi.filter((item): item is AbiFunction => item.type === 'function');
    expect(Object.fromEntries(functions.map((item) => [item.name, toFunctionSelector(item)]))).toEqual({
      updateMapping: published.updateMapping,
      getMapping: published.getMapping,
      owner: published.owner,
      transferOwnership: published.transferOwnership,
      renounceOwnership: published.renounceOwnership,
    });
    const event = abi.find(
      (item): item is AbiEvent => item.type === 'event' && item.name === 'MappingUpdated',
    );
    expect(event && toEventSelector(event)).toBe(published.mappingUpdatedTopic);
    expect(event?.inputs.map(({ indexed, type }) => ({ indexed, type }))).toEqual([
      { indexed: false, type: 'string' },
    ]);
    expect(abi.find((item) => item.type === 'constructor')?.inputs.map(({ type }) => type)).toEqual([
      'address',
    ]);
  });

  it('compiles again only when the source is newer, and to the same bytecode', async () => {
    const path = temporaryArtifact();
    await ensureContract(path);
    const first = readFileSync(path, 'utf8');
    expect(await ensureContract(path)).toBe('up-to-date');
    utimesSync(path, new Date(0), new Date(0));
    expect(await ensureContract(path)).toBe('compiled');
    expect(statSync(path).mtimeMs).toBeGreaterThan(0);
    expect(readFileSync(path, 'utf8')).toBe(first);
  });
});

describe('readContractArtifact', () => {
  it('says what to do when nothing was built, or not the right thing', async () => {
    const path = temporaryArtifact();
    expect(() => readContractArtifact(path)).toThrow(/npm run build:contract/);
    await ensureContract(path);
    writeFileSync(path, '{"abi": []}');
    expect(() => readContractArtifact(path)).toThrow(expect.objectContaining({ code: 'contract-missing' }));
  });
});

describe('the deployed contract', () => {
  it('has the code of every published selector', async () => {
    const { chain } = await openChainHome();
    const code = await chain.reader.getCode({ address: chain.contract });
    for (const name of [
      'updateMapping',
      'getMapping',
      'owner',
      'transferOwnership',
      'renounceOwnership',
    ] as const) {
      expect(code, name).toContain(published[name].slice(2));
    }
    expect(code).toContain(published.mappingUpdatedTopic.slice(2));
  });

  it('logs a CID as 128 bytes of data under the one topic, and answers it as the latest', async () => {
    const { chain } = await openChainHome();
    const { hash } = await writeValue(chain, cid);
    const transaction = await chain.reader.getTransaction({ hash });
    expect(size(transaction.input)).toBe(132);
    expect(transaction.input.slice(0, 10)).toBe(published.updateMapping);
    const { logs } = await chain.reader.getTransactionReceipt({ hash });
    expect(logs).toHaveLength(1);
    expect(logs[0]?.topics).toEqual([published.mappingUpdatedTopic]);
    expect(size(logs[0]?.data ?? '0x')).toBe(128);
    const latest = await chain.reader.readContract({
      address: chain.contract,
      abi: registryAbi,
      functionName: 'getMapping',
    });
    expect(latest).toBe(cid);
  });

  it('refuses everybody but its owner', async () => {
    const { chain } = await openChainHome();
    const attempt = chain.reader.call({
      account: stranger,
      to: chain.contract,
      data: encodeFunctionData({ abi: registryAbi, functionName: 'updateMapping', args: [cid] }),
    });
    await expect(attempt).rejects.toThrow(new RegExp(`custom error ${published.notOwnerError}`));
  });
});
