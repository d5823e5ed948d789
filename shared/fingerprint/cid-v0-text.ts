const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
/** Digits that one division yields: the largest power of 58 whose remainders, times 2^16, a double still holds exactly. */
const digitsAtOnce = 5;
const divisor = 58 ** digitsAtOnce;
/** Two bytes each: 34 bytes of multihash. */
const limbCount = 17;
const digitCount = 46;
/** Code of SHA-256 (0x12) and its length in bytes (32): the first limb. */
const sha256Prefix = 0x12_20;

const groups = new Array<number>(Math.ceil(digitCount / digitsAtOnce));
const limbs = new Uint16Array(limbCount);

/**
 * The base58 text (Bitcoin's alphabet) of the SHA-256 multihash: a CIDv0.
 *
 * Every fingerprint ends here, and a general base58 divides digit by digit, which for a small file takes as long as hashing it;
 * the length is always the same, so five digits at once are enough for four times the speed. The tests compare it with
 * multiformats.
 *
 * @param hash 32 bytes
 */
export function cidV0Text(hash: Uint8Array): string {
  limbs[0] = sha256Prefix;
  for (let limb = 1; limb < limbCount; limb += 1)
    limbs[limb] = ((hash[2 * limb - 2] ?? 0) << 8) | (hash[2 * limb - 1] ?? 0);
  for (let group = groups.length - 1; group >= 0; group -= 1) {
    let rest = 0;
    for (let limb = 0; limb < limbCount; limb += 1) {
      const value = rest * 0x1_00_00 + (limbs[limb] ?? 0);
      const quotient = Math.floor(value / divisor);
      limbs[limb] = quotient;
      rest = value - quotient * divisor;
    }
    groups[group] = rest;
  }
  let text = '';
  for (const group of groups) {
    let rest = group;
    let digits = '';
    for (let digit = 0; digit < digitsAtOnce; digit += 1) {
      digits = alphabet[rest % 58] + digits;
      rest = Math.floor(rest / 58);
    }
    text += digits;
  }
  // Ten groups of five are four digits more than there are.
  return text.slice(-digitCount);
}
