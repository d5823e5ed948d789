import { hkdfSync } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';

import type { Token } from '../ledger/tokens.ts';

/** Makes and reads the JWTs that tokens turn into. They name a token by its number; what it may do stays in the ledger. */
export interface JwtCodec {
  sign(token: Token): Promise<string>;
  /** The number of the token and its tenant; undefined for anything that we did not sign, or that has expired. */
  read(jwt: string): Promise<{ ref: number; tenantId: string } | undefined>;
}

const issuer = 'hashmark';
const audience = 'chainletter';
const algorithm = 'HS256';

/**
 * @param secret at least 32 random bytes. The key is derived from it under a label of its own, so that nothing else that
 * is signed with the same secret can pass for a JWT.
 * @param now Unix milliseconds.
 */
export function createJwtCodec(secret: Uint8Array, now: () => number): JwtCodec {
  const key = new Uint8Array(hkdfSync('sha256', secret, '', 'hashmark chainletter jwt v1', 32));
  return {
    sign: ({ ref, tenantId, groupName, createdAt, expiresAt }) =>
      new SignJWT({ groupname: groupName })
        .setProtectedHeader({ alg: algorithm, typ: 'JWT' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(tenantId)
        .setJti(String(ref))
        .setIssuedAt(Math.floor(createdAt / 1000))
        .setExpirationTime(Math.floor(expiresAt / 1000))
        .sign(key),
    async read(jwt) {
      try {
        const { payload } = await jwtVerify(jwt, key, {
          algorithms: [algorithm],
          issuer,
          audience,
          requiredClaims: ['sub', 'jti', 'exp'],
          currentDate: new Date(now()),
        });
        return { ref: Number(payload.jti), tenantId: String(payload.sub) };
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}
