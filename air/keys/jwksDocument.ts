import { AirError } from '../../errors/AirError';
import type { PublicJwk } from './PublicJwk';
import { isSamePublicKey } from './samePublicKey';

/** What is published at the JWKS URL. */
export interface JwksDocument {
	readonly keys: readonly PublicJwk[];
}

/**
 * Puts public keys into the document that AIR fetches. A key that is given twice under
 * the same kid is published once; under two kids it is published under both, as when a kid changes.
 *
 * @throws AirError `AIR_PUBLIC_KEY_KID_TWICE` when two keys share a kid, `AIR_PUBLIC_KEY_EMPTY`
 * @example
 * ```ts
 * JSON.stringify(jwksDocument([current, next])); // {"keys":[{"kty":"EC",…},{"kty":"EC",…}]}
 * ```
 */
export function jwksDocument(jwks: readonly PublicJwk[]): JwksDocument {
	if (jwks.length === 0) throw new AirError('AIR_PUBLIC_KEY_EMPTY');
	const byKid = new Map<string, PublicJwk>();
	for (const [index, jwk] of jwks.entries()) {
		const first = byKid.get(jwk.kid);
		if (first === undefined) byKid.set(jwk.kid, jwk);
		else if (!isSamePublicKey(first, jwk)) {
			const detail = `key ${jwks.indexOf(first) + 1} and key ${index + 1} of ${jwks.length}`;
			throw new AirError('AIR_PUBLIC_KEY_KID_TWICE', { detail });
		}
	}
	return { keys: [...byKid.values()] };
}
