import { jwksDocument } from '../keys/jwksDocument';
import type { PublicJwk } from '../keys/PublicJwk';
import type { WebIssuer } from './webIssuer';

/** A document that an issuer has to publish. */
export interface IssuerDocument {
	readonly url: string;
	/** Resolvers refuse or misread other types; some do not find a document sent as octet-stream. */
	readonly contentType: string;
	readonly content: Readonly<Record<string, unknown>>;
}

export interface IssuerDocuments {
	/** Where verifiers find the keys of the DID. */
	readonly did: IssuerDocument;
	/** Where verifiers that take an https issuer find them. */
	readonly vcIssuer: IssuerDocument;
	/** Tells AIR whose DID it is; the DID document refers to it. */
	readonly partnerInfo: IssuerDocument;
}

const CONTEXTS = ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/suites/jws-2020/v1'];

/**
 * The documents of an issuer who signs credentials. RSA and P-256 keys only, because one key of another
 * kind makes several libraries refuse the whole set. They use `JsonWebKey2020`, absolute IDs,
 * references instead of embedded keys, and one service of one type: in other forms some resolvers find
 * no key.
 *
 * @param partnerId - of the AIR account
 * @param keys - current and former ones: every key that has signed a credential that has not expired
 * @throws AirError `AIR_DIRECT_KID_INVALID`, `AIR_PUBLIC_KEY_KID_TWICE`, `AIR_PUBLIC_KEY_EMPTY`
 * @example
 * ```ts
 * const { did } = issuerDocuments(webIssuer('did:web:example.com'), partnerId, [publicJwkOf(key, kid)]);
 * did.url; // 'https://example.com/.well-known/did.json'
 * ```
 */
export function issuerDocuments(
	issuer: WebIssuer,
	partnerId: string,
	keys: readonly PublicJwk[],
): IssuerDocuments {
	const published = jwksDocument(keys);
	const methods = published.keys.map((publicKeyJwk) => ({
		id: issuer.keyId(publicKeyJwk.kid),
		type: 'JsonWebKey2020',
		controller: issuer.did,
		publicKeyJwk,
	}));
	return {
		did: {
			url: issuer.didDocumentUrl,
			contentType: 'application/did+ld+json',
			content: {
				'@context': CONTEXTS,
				id: issuer.did,
				verificationMethod: methods,
				assertionMethod: methods.map(({ id }) => id),
				service: [
					{
						id: issuer.partnerInfoId,
						type: 'AirPartnerInfoService',
						serviceEndpoint: issuer.partnerInfoUrl,
					},
				],
			},
		},
		vcIssuer: {
			url: issuer.vcIssuerUrl,
			contentType: 'application/json',
			content: { issuer: issuer.url, jwks: published },
		},
		partnerInfo: {
			url: issuer.partnerInfoUrl,
			contentType: 'application/json',
			content: { partnerId },
		},
	};
}
