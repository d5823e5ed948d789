import { createRequire } from 'node:module';
import { join } from 'node:path';

import { HashmarkError } from '../../shared/errors.ts';

const requireFromAnvil = createRequire(
  createRequire(import.meta.url).resolve('@foundry-rs/anvil/package.json'),
);

/** npm's names of platform and processor, in the words of anvil's platform packages. */
const architectures: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };

/**
 * Path of the node's native program. The package's own script is passed over: it would put one more process between us
 * and the node, and a kill would reach the wrong one.
 * @throws HashmarkError `chain-unsupported` on a platform that has no such package, or when it was not installed.
 */
export function resolveAnvil(
  platform: string = process.platform,
  architecture: string = process.arch,
): string {
  const name = `@foundry-rs/anvil-${platform}-${architectures[architecture] ?? architecture}`;
  try {
    const manifest = requireFromAnvil.resolve(`${name}/package.json`);
    return join(manifest, '..', 'bin', platform === 'win32' ? 'anvil.exe' : 'anvil');
  } catch (cause) {
    throw new HashmarkError(
      'chain-unsupported',
      `The local chain's node is not installed: the package ${name} is missing. Run \`npm ci\` without --omit=optional; if the platform has no such package, it cannot run the local chain.`,
      { data: { platform, architecture }, cause },
    );
  }
}
