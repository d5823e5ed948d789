/** The two ways in which OriginStamp has put a root on Bitcoin, as output scripts and addresses; and Bitcoin's hash. */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils.js';
import { base58btc } from 'multiformats/bases/base58';

/** What can be paid, and the script of an output that pays it. */
export interface BitcoinTarget {
  /** Base58check, version 0. */
  address: string;
  /** Lower-case hex. */
  script: string;
}

/**
 * The address whose private key is the root (method until February 2021): of the *uncompressed* public key. Undefined for the
 * few roots that are no private key (0, or not below the order of the curve).
 */
export function addressOfRoot(root: string): BitcoinTarget | undefined {
  const secret = hexToBytes(root);
  if (!secp256k1.utils.isValidSecretKey(secret)) return undefined;
  const key = secp256k1.getPublicKey(secret, false);
  const versioned = concatBytes(Uint8Array.of(0), ripemd160(sha256(key)));
  const checksum = doubleSha256(versioned).subarray(0, 4);
  return {
    // The encoder adds the multibase prefix, which Bitcoin does not have.
    address: base58btc.encode(concatBytes(versioned, checksum)).slice(1),
    script: payToKey(key),
  };
}

/** The script of an output that pays a key in its given form, P2PKH: DUP HASH160, push 20 bytes, EQUALVERIFY CHECKSIG. */
export function payToKey(publicKey: Uint8Array): string {
  return `76a914${bytesToHex(ripemd160(sha256(publicKey)))}88ac`;
}

/** The script of an output that carries the root as data (method since February 2021): OP_RETURN, push 32 bytes. */
export function opReturnScript(root: string): string {
  return `6a20${root}`;
}

/** Where OriginStamp's own Bitcoin transactions come from, and where their change goes back to. */
export const originStampWallet: BitcoinTarget = {
  address: '1Stampap27ZbxugEmWPbxNXJxzmYWn2op',
  script: '76a91404e575307e92a334979d5198cda84d974b3ab20b88ac',
};

/** How Bitcoin hashes transactions and blocks. */
export function doubleSha256(bytes: Uint8Array): Uint8Array {
  return sha256(sha256(bytes));
}

/** Bitcoin shows hashes with their bytes in reverse. */
export function toName(bytes: Uint8Array): string {
  return bytesToHex(bytes.slice().reverse());
}
