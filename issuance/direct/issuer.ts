import type { AirClient } from '../../air/AirClient';
import { DirectClient } from '../../air/direct/DirectClient';
import { publicJwkOf } from '../../air/keys/PublicJwk';
import { AirError } from '../../errors/AirError';
import { proveDirectly, type Prove } from '../session/proveKey';
import type { AirSettings } from '../settings/settings';
import type { DirectIssuer } from './DirectIssuing';

/** One for each credential. */
const issuers = new WeakMap<AirSettings, DirectIssuer>();

/**
 * The issuer that a credential describes.
 *
 * @throws AirError `AIR_DIRECT_NOT_SET_UP`, `AIR_DIRECT_DID_INVALID`, `AIR_DIRECT_KID_INVALID`,
 *   `AIR_ACCOUNT_URL_INVALID`
 * @example
 * ```ts
 * const { client, issuer } = issuerOf(await readSettings(data));
 * ```
 */
export function issuerOf(settings: AirSettings): DirectIssuer {
	const known = issuers.get(settings);
	if (known !== undefined) return known;
	const { direct, identity, furtherPublicKeys } = settings;
	if (direct === undefined) throw new AirError('AIR_DIRECT_NOT_SET_UP');
	const { issuer, issuerAs, accountUrl } = direct;
	const { baseUrl, partnerId, kid, key } = identity;
	// Refuses a kid that cannot be part of a DID URL before anything is sent.
	issuer.keyId(kid);
	const made: DirectIssuer = {
		client: new DirectClient({ baseUrl, accountUrl, partnerId, kid, key, scope: 'issue' }),
		issuer,
		issuerAs,
		get statusListUrl() {
			return direct.statusListUrl;
		},
		published: [publicJwkOf(key, kid), ...furtherPublicKeys],
	};
	issuers.set(settings, made);
	return made;
}

/**
 * How to ask AIR whether it accepts the key of a credential: with the calls of direct issuance if that
 * is set up, since AIR may not offer Issue on Behalf to such a partner.
 *
 * @param client - of the same credential
 * @returns undefined if the question of Issue on Behalf should be used
 */
export function proofFor(settings: AirSettings, client: AirClient): Prove | undefined {
	if (settings.direct === undefined) return undefined;
	try {
		const issuer = issuerOf(settings);
		return async (proof) => {
			await proveDirectly(issuer.client, client, proof);
		};
	} catch (error) {
		// A mistake there stops direct issuance, and nothing else.
		if (error instanceof AirError) return undefined;
		throw error;
	}
}
