import type { KeyObject } from 'node:crypto';
import { AirError } from '../../errors/AirError';

/** The signature algorithms that AIR takes. */
export type SigningAlgorithm = 'RS256' | 'ES256';

const SHORTEST_RSA_BITS = 2048;

/**
 * The one algorithm of those AIR takes that fits a key, given its private or its public half.
 *
 * @throws AirError `AIR_KEY_…` for a key that none of them can use
 * @example
 * ```ts
 * signingAlgorithm(createPublicKey(pem)); // 'ES256'
 * ```
 */
export function signingAlgorithm(key: KeyObject): SigningAlgorithm {
	const details = key.asymmetricKeyDetails;
	switch (key.asymmetricKeyType) {
		case 'rsa':
			if ((details?.modulusLength ?? 0) < SHORTEST_RSA_BITS) {
				throw new AirError('AIR_KEY_RSA_SHORT', {
					detail: `${details?.modulusLength ?? 0} bits`,
				});
			}
			return 'RS256';
		case 'rsa-pss':
			throw new AirError('AIR_KEY_RSA_PSS');
		case 'ec':
			if (details?.namedCurve === 'prime256v1') return 'ES256';
			if (details?.namedCurve === 'secp256k1') throw new AirError('AIR_KEY_SECP256K1');
			throw new AirError('AIR_KEY_CURVE');
		case 'ed25519':
		case 'ed448':
			throw new AirError('AIR_KEY_EDDSA');
		default:
			throw new AirError('AIR_KEY_TYPE');
	}
}
