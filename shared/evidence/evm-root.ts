/** Looks for the root of a seed in the input of an EVM transaction. */
import { believeChain, believeSources } from './believed.ts';
import { createChainReaderFrom } from './chain-reader.ts';
import { checkBlock, describeMissing, describeOpen } from './check-block.ts';
import { concludeRecord } from './conclude.ts';
import type { Issuer } from './issuer.ts';
import { createEndpoint, type Fetch } from './json-rpc.ts';
import type { RootFinding } from './root-finding.ts';
import type { ChainTransaction } from './signed-transaction.ts';
import type { Step } from './verdict.ts';

/** One chain, and the issuers that write on it. */
type IssuersOfChain = readonly [Issuer, ...Issuer[]];

/**
 * Reads a transaction back through all RPC endpoints that the issuers of its chain have, and looks for the root in its input. The
 * writer is the sender, recovered from its signature; it is trusted when it is the wallet of an issuer on that chain. Never throws: what could not be asked is
 * in the finding.
 *
 * @param at.transaction `0x` and 64 hex digits
 * @param at.chainId the chain; all chains of the issuers are looked through without it
 */
export async function findEvmRoot(
  root: string,
  at: { chainId?: number; transaction: string },
  issuers: readonly Issuer[],
  fetch: Fetch,
): Promise<RootFinding> {
  const chains = [...Map.groupBy(issuers, ({ chainId }) => chainId).values()].filter(
    ([issuer]) => at.chainId === undefined || issuer?.chainId === at.chainId,
  ) as unknown as IssuersOfChain[];
  if (chains.length === 0) {
    const chain = at.chainId === undefined ? 'any chain' : `chain ${at.chainId}`;
    return {
      outcome: 'unchecked',
      steps: [transactionStep('could-not-run', `You have no issuer on ${chain}, and so no way to read it`)],
      believed: [],
      nextStep: 'Add an issuer on that chain, with its wallet and an RPC endpoint.',
    };
  }
  const looks = await Promise.all(chains.map((ofChain) => findOnChain(root, at.transaction, ofChain, fetch)));
  const found = looks.find(({ isThere }) => isThere);
  if (found) return found.finding;
  const open = looks.find(({ finding }) => finding.outcome === 'unchecked');
  if (open) return open.finding;
  const [only, ...others] = looks;
  if (only && others.length === 0 && at.chainId !== undefined) return only.finding;
  // Nobody said that it has to be on one of these chains: not finding it there refutes nothing.
  const names = chains.map(([{ chainName }]) => chainName).join(', ');
  const all = chains.length === 1 ? 'the only chain of your issuers' : 'the chains of your issuers';
  return {
    outcome: 'unchecked',
    steps: [transactionStep('could-not-run', `${at.transaction} is not on ${names}, ${all}`)],
    believed: [],
    nextStep: 'Add an issuer on the chain that holds it.',
  };
}

interface Look {
  /** Whether the chain has the transaction, whatever it holds. */
  isThere: boolean;
  finding: RootFinding;
}

async function findOnChain(root: string, hash: string, issuers: IssuersOfChain, fetch: Fetch): Promise<Look> {
  const [anyIssuer] = issuers;
  const { chainName } = anyIssuer;
  const urls = [...new Set(issuers.flatMap(({ rpcUrls }) => rpcUrls))];
  const endpoints = urls.map((url) => createEndpoint(url, fetch));
  const answer = await createChainReaderFrom(anyIssuer, endpoints).transaction(hash);
  if (answer.kind !== 'agreed') {
    const steps = [transactionStep('could-not-run', describeOpen(answer), chainName)];
    return { isThere: false, finding: { outcome: 'unchecked', steps, believed: [] } };
  }
  const believed = believeSources('RPC endpoint', answer.endpoints);
  const asked = `${answer.endpoints.join(' and ')}${describeMissing(answer)}`;
  const transaction = answer.value;
  if (!transaction) {
    const steps = [
      transactionStep('failed', `${chainName} holds no transaction ${hash}, say ${asked}`, chainName),
    ];
    return { isThere: false, finding: { outcome: 'contradicted', steps, believed } };
  }

  const place = findInInput(root, transaction.input);
  const steps = [
    transactionStep('passed', describeTransaction(transaction, asked), chainName),
    rootStep(root, transaction, place),
  ];
  if (!place) return { isThere: true, finding: { outcome: 'contradicted', steps, believed } };
  const { block, from, isSenderProved } = transaction;
  const named = issuers.find(({ wallet }) => wallet?.toLowerCase() === from);
  // Whom an endpoint alone calls the sender is nobody: it could call a transaction of its own invention by any wallet's name.
  const writer = isSenderProved ? named : undefined;
  const isTrusted = writer !== undefined;
  const common = { believed: [...believed, ...believeChain(anyIssuer)] };
  if (!block) {
    const waiting: Step = {
      id: 'block-time',
      label: 'A block says when',
      result: 'could-not-run',
      detail: `Transaction ${hash} waits for a block`,
    };
    return { isThere: true, finding: { outcome: 'pending', steps: [...steps, waiting], ...common } };
  }
  const { finality } = writer ?? anyIssuer;
  const reader = createChainReaderFrom({ ...anyIssuer, finality }, endpoints);
  const seen = await checkBlock(block, 'transaction', finality, reader);
  const outcome = concludeRecord({
    isTrusted,
    source: 'claim',
    log: 'present',
    membership: 'proved',
    ...seen,
  });
  return {
    isThere: true,
    finding: {
      outcome,
      ...common,
      steps: [...steps, ...seen.steps, writerStep(transaction, named)],
      ...(seen.timeSeconds === undefined
        ? {}
        : {
            record: {
              method: 'evm-input',
              chainId: anyIssuer.chainId,
              chainName,
              isLocal: anyIssuer.isLocal,
              ...(writer ? { issuerName: writer.name } : {}),
              ...(isSenderProved ? { writer: from } : {}),
              transaction: transaction.hash,
              blockNumber: block.number,
              blockHash: block.hash,
              blockTimeSeconds: seen.timeSeconds,
              ...explorerOf(writer, issuers),
            },
          }),
    },
  };
}

function explorerOf(writer: Issuer | undefined, issuers: IssuersOfChain): { explorerTxUrl?: string } {
  const explorerTxUrl =
    writer?.explorerTxUrl ?? issuers.find((issuer) => issuer.explorerTxUrl)?.explorerTxUrl;
  return explorerTxUrl === undefined ? {} : { explorerTxUrl };
}

/** Where in the input the root stands: as its raw bytes, or as its hex digits in ASCII. Undefined when it does not. */
function findInInput(root: string, input: string): string | undefined {
  const digits = input.slice(2);
  const ascii = (text: string): string =>
    Array.from(text, (character) => character.charCodeAt(0).toString(16)).join('');
  const forms = [
    { form: 'its 32 bytes', sought: root },
    { form: 'its 64 hex digits', sought: ascii(root) },
    { form: 'its 64 hex digits', sought: ascii(root.toUpperCase()) },
  ];
  for (const { form, sought } of forms) {
    // A match that begins in the middle of a byte is none.
    for (let at = digits.indexOf(sought); at >= 0; at = digits.indexOf(sought, at + 1)) {
      if (at % 2 === 1) continue;
      return sought.length === digits.length
        ? `${form} are its whole input`
        : `${form} stand at byte ${at / 2} of its input`;
    }
  }
  return undefined;
}

function describeTransaction({ hash, block, from, isSenderProved }: ChainTransaction, asked: string): string {
  const where = block ? `block ${block.number}` : 'no block yet';
  const sender = isSenderProved
    ? `it hashes to its name, and ${from} signed it`
    : `${from} sent it, as the endpoints say`;
  return `${hash} in ${where}: ${sender}; read from ${asked}`;
}

function transactionStep(result: Step['result'], detail: string, chainName?: string): Step {
  const label = chainName ? `${chainName} has the transaction` : 'A chain has the transaction';
  return { id: 'transaction', label, result, detail };
}

function rootStep(root: string, { hash, input }: ChainTransaction, place: string | undefined): Step {
  return {
    id: 'root-on-chain',
    label: 'The transaction holds the root',
    result: place ? 'passed' : 'failed',
    detail: place
      ? `Root ${root}: ${place}`
      : `The ${input.length / 2 - 1} bytes of input of transaction ${hash} do not contain root ${root}`,
  };
}

function writerStep({ from, isSenderProved }: ChainTransaction, named: Issuer | undefined): Step {
  const whose = named ? `is the wallet of ${named.name}` : 'is the wallet of no issuer on your list';
  return {
    id: 'writer',
    label: 'An issuer that you trust wrote it',
    result: named && isSenderProved ? 'passed' : 'failed',
    detail: isSenderProved
      ? `${from} ${whose}`
      : `${from} ${whose}, but that it sent this is the endpoints' word: only the chain itself can check this type of transaction`,
  };
}
