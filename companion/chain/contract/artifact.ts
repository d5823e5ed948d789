import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { type Hex, isHex } from 'viem';

import { HashmarkError } from '../../../shared/errors.ts';
import { projectFolder } from '../../project.ts';

/** Where the compiled contract lies. Generated, never edited, not in the repository. */
export const artifactPath = join(projectFolder, 'build', 'contract.json');

const artifactSchema = v.object({
  contractName: v.string(),
  /** Version of the compiler that made it, for whoever wants to reproduce the bytecode. */
  compiler: v.string(),
  abi: v.array(v.unknown()),
  /** Creation bytecode; the constructor's argument (the owner) is appended when it is deployed. */
  bytecode: v.custom<Hex>((value) => isHex(value) && value.length > 2, 'expected 0x and hex digits'),
});

/** A compiled contract as the build leaves it. */
export type ContractArtifact = v.InferOutput<typeof artifactSchema>;

/**
 * The compiled contract.
 * @throws HashmarkError `contract-missing` when it was not built, or what is there is not one.
 */
export function readContractArtifact(path: string = artifactPath): ContractArtifact {
  try {
    return v.parse(artifactSchema, JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new HashmarkError(
      'contract-missing',
      `The compiled contract could not be read from ${path}. Run \`npm run build:contract\`.`,
      { cause },
    );
  }
}
