import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { HashmarkError } from '../../../shared/errors.ts';
import { artifactPath, type ContractArtifact } from './artifact.ts';

const sourceName = 'HashmarkRegistry.sol';
const contractName = 'HashmarkRegistry';
const sourcePath = join(import.meta.dirname, sourceName);

/** cancun, because that is the hardfork that the local chain runs and every chain of interest understands. */
const settings = {
  evmVersion: 'cancun',
  optimizer: { enabled: true, runs: 200 },
  // The metadata hash would change the bytecode with every comment and path.
  metadata: { bytecodeHash: 'none' },
  outputSelection: { '*': { [contractName]: ['abi', 'evm.bytecode.object'] } },
};

/** The parts of solc that we use (it has no types of its own). */
interface Solc {
  version(): string;
  compile(
    input: string,
    callbacks: { import(path: string): { contents: string } | { error: string } },
  ): string;
}

interface CompilerOutput {
  errors?: { severity: 'error' | 'warning' | 'info'; formattedMessage: string }[];
  contracts?: Record<string, Record<string, { abi: unknown[]; evm: { bytecode: { object: string } } }>>;
}

/**
 * Compiles the contract into the build folder, unless what is there is newer than everything it is made of.
 * @returns `compiled` or `up-to-date`.
 * @throws HashmarkError `contract-broken` with the compiler's own text.
 */
export async function ensureContract(path: string = artifactPath): Promise<'compiled' | 'up-to-date'> {
  if (isUpToDate(path)) return 'up-to-date';
  const artifact = await compileContract();
  mkdirSync(dirname(path), { recursive: true });
  // By rename: another start that reads the file meanwhile sees the old one or the new one, never a half.
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(artifact, null, 2)}\n`);
  renameSync(temporary, path);
  return 'compiled';
}

function isUpToDate(path: string): boolean {
  if (!existsSync(path)) return false;
  const builtAt = statSync(path).mtimeMs;
  return [sourcePath, import.meta.filename].every((source) => statSync(source).mtimeMs <= builtAt);
}

async function compileContract(): Promise<ContractArtifact> {
  const require = createRequire(import.meta.url);
  // Loaded only when something has to be compiled: it is 8 MB of WebAssembly.
  const { default: solc } = (await import('solc')) as { default: Solc };
  const input = {
    language: 'Solidity',
    sources: { [sourceName]: { content: readFileSync(sourcePath, 'utf8') } },
    settings,
  };
  const output: CompilerOutput = JSON.parse(
    solc.compile(JSON.stringify(input), {
      import: (specifier) => {
        try {
          return { contents: readFileSync(require.resolve(specifier), 'utf8') };
        } catch {
          return { error: `${specifier} is not installed` };
        }
      },
    }),
  );
  const contract = output.contracts?.[sourceName]?.[contractName];
  const errors = (output.errors ?? []).filter(({ severity }) => severity !== 'info');
  if (errors.length > 0 || !contract) {
    throw new HashmarkError(
      'contract-broken',
      `${sourceName} does not compile without warnings:\n${errors.map(({ formattedMessage }) => formattedMessage).join('\n')}`,
    );
  }
  return {
    contractName,
    compiler: solc.version(),
    abi: contract.abi,
    bytecode: `0x${contract.evm.bytecode.object}`,
  };
}
