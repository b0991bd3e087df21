import { issuerOfDocument, type WebIssuer } from '../../air/direct/webIssuer';
import { AirError } from '../../errors/AirError';
import type { AirSettings } from './settings';

/** The issuer, and whether resolvers of its DID reach this node. */
export interface ServedIssuer {
	readonly issuer: WebIssuer;
	/** Why resolvers may not reach this node; undefined if the DID fits the address. */
	readonly elsewhere: string | undefined;
}

/**
 * The issuer whose documents are served: the one in the n8n credential, which issued credentials name,
 * even if n8n's own address differs, since a proxy may forward from the DID's address. If the n8n
 * credential names none, it is the issuer that fits the address.
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
