import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { MirrorState } from '../../extension/messages.ts';
import type { Outcome, Verdict } from '../../shared/evidence/verdict.ts';
import { type ExtensionBrowser, launchExtension } from '../helpers/browser.ts';
import { eventually } from '../helpers/eventually.ts';
import { type RunningCompanion, startCompanion } from '../helpers/running-companion.ts';

// A companion that this browser is not paired to: for the browser it is somebody's contract on somebody's chain.
let companion: RunningCompanion;
let extension: ExtensionBrowser;
let options: Page;
let diploma: { cid: string; digest: string };

beforeAll(async () => {
  [companion, extension] = await Promise.all([startCompanion(), launchExtension()]);
  const demo = await (await fetch(`${companion.ready.url}/demo`)).text();
  diploma = {
    cid: /\bQm[1-9A-HJ-NP-Za-km-z]{44}\b/.exec(demo)?.[0] ?? '',
    digest: /\b[0-9a-f]{64}\b/.exec(demo)?.[0] ?? '',
  };
  options = await extension.open('options.html');
  options.setDefaultTimeout(10_000);
});
afterAll(async () => {
  await extension?.close();
  await companion?.stop();
});

const card = () => options.getByRole('article', { name: 'A university' });
const field = (name: string) => options.getByLabel(name, { exact: true });
const button = (name: string) => options.getByRole('button', { name, exact: true });

async function expectVerdict(outcome: Outcome): Promise<Verdict> {
  return eventually(`the diploma is ${outcome}`, async () => {
    const verdict = await extension.ask<Verdict>(options, 'verify.hash', { hash: diploma.digest });
    return verdict.outcome === outcome ? verdict : undefined;
  });
}

describe('an issuer of the user’s own', () => {
  it('should not be saved before every field and every endpoint is right', async () => {
    const { chain, url } = companion.ready;
    await button('Add an issuer').click();
    await button('Trust this issuer').click();
    await options.getByText('At least one RPC endpoint is needed').waitFor();

    await field('Chain').selectOption('8453');
    expect(await field('Explorer (if you like)').inputValue()).toBe('https://basescan.org/tx/');
    await field('Name').fill('A university');
    await field('Contract').fill(chain.contract);
    await field('RPC endpoints').fill(chain.rpcUrl);
    await field('Gateway').fill(`${url}/ipfs`);
    await field('A block is final').selectOption('confirmations');
    await field('Number of blocks').fill('1');
    await button('Trust this issuer').click();
    await options.getByText(`answers for chain ${chain.id}, expected 8453`).waitFor();

    await field('Chain id').fill(String(chain.id));
    await field('Contract').fill(`0x${'1'.repeat(40)}`);
    await button('Trust this issuer').click();
    await options.getByText('knows no contract at').waitFor();
    expect(await extension.ask<unknown[]>(options, 'issuers.list')).toEqual([]);
  });

  it('should confirm once it is trusted', async () => {
    await field('Contract').fill(companion.ready.chain.contract);
    await field('Name of the chain').fill('Their chain');
    await button('Trust this issuer').click();
    await card().waitFor();
    const verdict = await expectVerdict('confirmed');
    expect(verdict.record?.issuer).toMatchObject({
      name: 'A university',
      chainName: 'Their chain',
      isLocal: true,
    });
  });

  it('should make its hashes unfamiliar while it is switched off, and not ask its chain for more', async () => {
    await card().getByRole('switch', { name: 'Trust this issuer' }).click();
    const verdict = await expectVerdict('unfamiliar');
    expect(verdict.reason).toMatch(/A university on Their chain, which is not among the issuers you trust/);
    expect(verdict.steps.every(({ result }) => result === 'passed')).toBe(true);
    await card().getByRole('switch', { name: 'Trust this issuer' }).click();
    await expectVerdict('confirmed');
  });

  it('should be removed with an undo, and be unfamiliar until its copy is forgotten', async () => {
    await card().getByRole('button', { name: 'Remove' }).click();
    await expectVerdict('unfamiliar');
    await button('Undo').click();
    await card().waitFor();
    await expectVerdict('confirmed');

    await card().getByRole('button', { name: 'Remove' }).click();
    await options.getByText('1 removed issuer').click();
    await button('Forget').click();
    await options.getByRole('group').getByRole('button', { name: 'Forget' }).click();
    // Nobody is on the list any more: not finding it proves nothing.
    await expectVerdict('unchecked');
    expect(await extension.ask<MirrorState[]>(options, 'mirror.state')).toEqual([]);
  });

  it('should come back from a file that was exported, once the user has looked at it', async () => {
    const { chain, url } = companion.ready;
    const issuer = {
      name: 'A university',
      chainId: chain.id,
      chainName: 'Their chain',
      contract: chain.contract,
      startBlock: 0,
      rpcUrls: [chain.rpcUrl],
      gatewayUrl: `${url}/ipfs/`,
      finality: { kind: 'confirmations', blocks: 1 },
    };
    const path = join(companion.home, 'issuers.json');
    await writeFile(path, JSON.stringify({ format: 'hashmark-issuers', version: 1, issuers: [issuer] }));
    await options.getByLabel('File with a list of issuers').setInputFiles(path);
    await options.getByText('1 issuer in this file').waitFor();
    expect(await extension.ask<unknown[]>(options, 'issuers.list')).toEqual([]);
    await button('Trust 1 issuer').click();
    await card().waitFor();
    await expectVerdict('confirmed');

    const saving = options.waitForEvent('download');
    await button('Export').click();
    const saved = JSON.parse(await readFile(await (await saving).path(), 'utf8'));
    expect(saved).toEqual({ format: 'hashmark-issuers', version: 1, issuers: [issuer] });
  });

  it('should be edited without asking for the contract again', async () => {
    await card().getByRole('button', { name: 'Edit' }).click();
    await field('Name').fill('A faculty');
    await options
      .getByRole('form', { name: /^Change/ })
      .getByRole('button', { name: 'Save' })
      .click();
    await options.getByRole('article', { name: 'A faculty' }).waitFor();
    expect((await expectVerdict('confirmed')).record?.issuer.name).toBe('A faculty');
  });
});
