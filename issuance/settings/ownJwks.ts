import { jwksDocument, type JwksDocument } from '../../air/keys/jwksDocument';
import { publicJwkOf } from '../../air/keys/PublicJwk';
import type { AirSettings } from './settings';

/**
 * The JWKS of a credential: first the public half of its private key under its Key ID, then its Further
 * Public Keys.
 *
 * @throws AirError `AIR_PUBLIC_KEY_KID_TWICE`, `AIR_PUBLIC_KEY_KID_INVALID`
 * @example
 * ```ts
 * JSON.stringify(ownJwks(await readSettings(data))); // what to serve at the JWKS URL
 * ```
 */
export function ownJwks({ identity, furtherPublicKeys }: AirSettings): JwksDocument {
	return jwksDocument([publicJwkOf(identity.key, identity.kid), ...furtherPublicKeys]);
}
