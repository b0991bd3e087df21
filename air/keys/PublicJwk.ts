import type { JWK } from 'jose';
import { AirError } from '../../errors/AirError';
import type { PrivateKey } from './privateKey';
import type { SigningAlgorithm } from './signingAlgorithm';

/** A key of a JWKS as we publish it: these members and no others, so that nothing private gets in. */
export type PublicJwk =
	| {
			readonly kty: 'RSA';
			readonly n: string;
			readonly e: string;
			readonly kid: string;
			readonly alg: 'RS256';
			readonly use: 'sig';
	  }
	| {
			readonly kty: 'EC';
			readonly crv: 'P-256';
			readonly x: string;
			readonly y: string;
			readonly kid: string;
			readonly alg: 'ES256';
			readonly use: 'sig';
	  };

const KID = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]{1,255}$/u;

/** Whether a text can be a `kid`: visible, and not too long. */
export const isKid = (kid: string) => KID.test(kid);

/**
 * Picks the public members of a JWK, by whitelist; all others are dropped.
 *
 * @param jwk - of a key that `algorithm` can use; may be a private one
 * @throws AirError `AIR_PUBLIC_KEY_KID_INVALID`, `AIR_PUBLIC_KEY_UNREADABLE`
 */
export function pickPublic(
	{ n, e, x, y }: Pick<JWK, 'n' | 'e' | 'x' | 'y'>,
	algorithm: SigningAlgorithm,
	kid: string,
): PublicJwk {
	if (!isKid(kid)) throw new AirError('AIR_PUBLIC_KEY_KID_INVALID');
	if (algorithm === 'RS256') {
		if (n === undefined || e === undefined) throw new AirError('AIR_PUBLIC_KEY_UNREADABLE');
		return { kty: 'RSA', n, e, kid, alg: algorithm, use: 'sig' };
	}
	if (x === undefined || y === undefined) throw new AirError('AIR_PUBLIC_KEY_UNREADABLE');
	return { kty: 'EC', crv: 'P-256', x, y, kid, alg: algorithm, use: 'sig' };
}

/**
 * The public half of a private key, as a JWKS publishes it.
 *
 * @param kid - as the credential names it; without one, the thumbprint of the key (RFC 7638)
 * @throws AirError `AIR_PUBLIC_KEY_KID_INVALID`
 * @example
 * ```ts
 * publicJwkOf(await importPrivateKey(pem), 'partner-2026'); // { kty: 'EC', crv: 'P-256', x: …, kid: 'partner-2026', … }
 * ```
 */
export function publicJwkOf(key: PrivateKey, kid: string = key.thumbprint): PublicJwk {
	return pickPublic(key.publicJwk, key.algorithm, kid);
}
