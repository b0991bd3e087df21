import { issuerOfDocument, type WebIssuer } from '../../air/direct/webIssuer';
import { AirError } from '../../errors/AirError';
import type { AirSettings } from './settings';

/** The issuer, and whether resolvers that know its DID come to this node. */
export interface ServedIssuer {
	readonly issuer: WebIssuer;
	/** Why resolvers may not come here; undefined where the DID is that of the address. */
	readonly elsewhere: string | undefined;
}

/**
 * The issuer whose documents are served. Credentials name that of the credential, so that one counts
 * wherever n8n believes to be: a proxy may lead here from the address that its DID stands for. Without
 * one it is the issuer that fits the address.
 *
 * @param didUrl - where n8n serves did.json in production
 * @throws AirError `AIR_DIRECT_DID_INVALID`, `AIR_JWKS_NO_DID`
 */
export function servedIssuer({ direct }: AirSettings, didUrl: string): ServedIssuer {
	if (direct !== undefined) {
		const { issuer } = direct;
		const elsewhere =
			issuer.didDocumentUrl === didUrl
				? undefined
				: `resolvers look for ${issuer.did} at ${issuer.didDocumentUrl}, which has to lead here`;
		return { issuer, elsewhere };
	}
	try {
		return { issuer: issuerOfDocument(didUrl), elsewhere: undefined };
	} catch (error) {
		if (!(error instanceof AirError)) throw error;
		throw new AirError('AIR_JWKS_NO_DID', { detail: error.facts.detail });
	}
}
