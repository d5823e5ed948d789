import { artifactPath } from '../companion/chain/contract/artifact.ts';
import { ensureContract } from '../companion/chain/contract/compile.ts';

console.error(`hashmark build: the contract in ${artifactPath} is ${await ensureContract()}.`);
