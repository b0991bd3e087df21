import { issuerDocuments } from '../../air/direct/issuerDocuments';
import type { WebIssuer } from '../../air/direct/webIssuer';
import { jwksDocument } from '../../air/keys/jwksDocument';
import type { PublicJwk } from '../../air/keys/PublicJwk';
import { ownJwks } from './ownJwks';
import type { AirSettings } from './settings';

/** A document that somebody has to host, as a file. */
export interface PublicDocument {
	/** As the ready-made hosts of this package expect it. */
	readonly fileName: string;
	readonly mediaType: string;
	/** Where it must be served; empty if that is free to choose and not known. */
	readonly url: string;
	readonly content: object;
}

/**
 * Everything that an issuer hosts: the JWKS, and the documents that verifiers of direct issuance need.
 *
 * @param partnerId - of the AIR account
 * @param keys - current and former ones: every key that has signed a credential that has not expired
 * @param jwksUrl - where the JWKS is; empty if not known
 * @throws AirError `AIR_DIRECT_KID_INVALID`, `AIR_PUBLIC_KEY_KID_TWICE`, `AIR_PUBLIC_KEY_EMPTY`
 * @example
 * ```ts
 * for (const { fileName, content } of documentsToHost(issuer, partnerId, keys)) save(fileName, content);
 * ```
 */
export function documentsToHost(
	issuer: WebIssuer,
	partnerId: string,
	keys: readonly PublicJwk[],
	jwksUrl = '',
): PublicDocument[] {
	const { did, vcIssuer, partnerInfo } = issuerDocuments(issuer, partnerId, keys);
	const files = {
		'did.json': did,
		'jwt-vc-issuer.json': vcIssuer,
		'air-partner-info.json': partnerInfo,
	};
	return [
		jwksFile(jwksDocument(keys), jwksUrl),
		...Object.entries(files).map(([fileName, { contentType, url, content }]) => ({
			fileName,
			mediaType: contentType,
			url,
			content,
		})),
	];
}

const jwksFile = (content: object, url: string): PublicDocument => ({
	fileName: 'jwks.json',
	mediaType: 'application/json',
	url,
	content,
});

/**
 * What a credential's owner hosts: the JWKS, and the other documents if direct issuance is set up.
 * Further Public Keys are in all of them.
 *
 * @throws AirError `AIR_DIRECT_DID_INVALID`, `AIR_DIRECT_KID_INVALID`, `AIR_PUBLIC_KEY_KID_TWICE`,
 *   `AIR_PUBLIC_KEY_KID_INVALID`
 * @example
 * ```ts
 * publicDocuments(await readSettings(data)).map(({ fileName }) => fileName); // ['jwks.json']
 * ```
 */
export function publicDocuments(settings: AirSettings): PublicDocument[] {
	const { identity, direct, jwksUrl } = settings;
	const jwks = ownJwks(settings);
	return direct === undefined
		? [jwksFile(jwks, jwksUrl)]
		: documentsToHost(direct.issuer, identity.partnerId, jwks.keys, jwksUrl);
}
