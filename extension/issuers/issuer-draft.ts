import * as v from 'valibot';

import type { Issuer } from '../../shared/evidence/issuer.ts';
import { issuerSchema } from './issuer-schema.ts';

/** An issuer as it is being typed: texts, whatever they say. */
export interface IssuerDraft {
  name: string;
  chainId: string;
  chainName: string;
  contract: string;
  wallet: string;
  startBlock: string;
  /** One URL a line. */
  rpcUrls: string;
  gatewayUrl: string;
  explorerTxUrl: string;
  finality: 'safe' | 'finalized' | 'confirmations';
  /** For `confirmations`. */
  blocks: string;
}

export type DraftField = keyof IssuerDraft;
export type DraftProblems = Partial<Record<DraftField, string>>;

export const emptyDraft: IssuerDraft = {
  name: '',
  chainId: '',
  chainName: '',
  contract: '',
  wallet: '',
  startBlock: '0',
  rpcUrls: '',
  gatewayUrl: '',
  explorerTxUrl: '',
  finality: 'finalized',
  blocks: '12',
};

export function toDraft(issuer: Issuer): IssuerDraft {
  return { ...emptyDraft, ...toTexts(issuer) };
}

/** Part of an issuer as texts for the form. */
export function toTexts({ name, chainId, chainName, contract, startBlock, ...rest }: Partial<Issuer>) {
  const { rpcUrls, gatewayUrl, explorerTxUrl, wallet, finality } = rest;
  const texts: Partial<IssuerDraft> = { name, chainName, contract, wallet, gatewayUrl, explorerTxUrl };
  if (chainId !== undefined) texts.chainId = String(chainId);
  if (startBlock !== undefined) texts.startBlock = String(startBlock);
  if (rpcUrls) texts.rpcUrls = rpcUrls.join('\n');
  if (finality?.kind === 'tag') texts.finality = finality.tag;
  if (finality?.kind === 'confirmations')
    Object.assign(texts, { finality: 'confirmations', blocks: String(finality.blocks) });
  return Object.fromEntries(
    Object.entries(texts).filter(([, text]) => text !== undefined),
  ) as Partial<IssuerDraft>;
}

/** The issuer that a draft describes, or what is wrong in which field. */
export function readDraft(draft: IssuerDraft): { issuer: Issuer } | { problems: DraftProblems } {
  const explorer = draft.explorerTxUrl.trim();
  const wallet = draft.wallet.trim();
  const read = v.safeParse(issuerSchema, {
    name: draft.name,
    chainId: toNumber(draft.chainId),
    chainName: draft.chainName,
    contract: draft.contract,
    ...(wallet ? { wallet } : {}),
    startBlock: toNumber(draft.startBlock),
    rpcUrls: toLines(draft.rpcUrls),
    gatewayUrl: draft.gatewayUrl,
    ...(explorer ? { explorerTxUrl: explorer } : {}),
    finality:
      draft.finality === 'confirmations'
        ? { kind: 'confirmations', blocks: toNumber(draft.blocks) }
        : { kind: 'tag', tag: draft.finality },
  });
  if (read.success) return { issuer: read.output };
  const problems: DraftProblems = {};
  for (const { path, message } of read.issues) {
    const key = path?.[0]?.key;
    const field = (key === 'finality' ? 'blocks' : key) as DraftField | undefined;
    if (field) problems[field] ??= `${message}.`;
  }
  return { problems };
}

/** The lines of a text that hold something. */
export function toLines(text: string): string[] {
  return text
    .split(/\s+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** NaN for what is no whole number in digits: `1e3` and `0x1` are typing errors here. */
function toNumber(text: string): number {
  return /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
}
