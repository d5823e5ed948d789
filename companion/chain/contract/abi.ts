import { parseAbi } from 'viem';

/**
 * What an IPCM contract offers, as far as we use it. Written out rather than taken from the compiled artifact: it also
 * describes the contracts of others, and it gives viem its types. A test holds it against what the compiler made.
 */
export const registryAbi = parseAbi([
  'function updateMapping(string value)',
  'function getMapping() view returns (string)',
  'function owner() view returns (address)',
  'event MappingUpdated(string value)',
  'error OwnableUnauthorizedAccount(address account)',
]);
