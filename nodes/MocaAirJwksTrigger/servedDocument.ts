import type { WebhookType } from 'n8n-workflow';
import { issuerDocuments } from '../../air/direct/issuerDocuments';
import type { WebIssuer } from '../../air/direct/webIssuer';
import { ownJwks } from '../../issuance/settings/ownJwks';
import type { AirSettings } from '../../issuance/settings/settings';

type Document = 'jwks' | 'did' | 'partnerInfo';
type Asked = Document | 'statusList' | 'revocation';

/** n8n's type allows two names of webhooks; n8n itself accepts any name in the description. */
const named = (name: string) => name as WebhookType;

/** The webhooks of the node, by the names that n8n knows them by. */
export const WEBHOOKS: Readonly<Record<Asked, WebhookType>> = {
	jwks: 'default',
	did: named('did'),
	partnerInfo: named('partnerInfo'),
	statusList: named('statusList'),
	revocation: named('revocation'),
};

const isAsked = (name: string): name is Exclude<Asked, 'jwks'> =>
	name in WEBHOOKS && name !== 'jwks';

/** What the requested webhook serves. */
export const askedFor = (name: string): Asked => (isAsked(name) ? name : 'jwks');

export interface ServedDocument {
	readonly contentType: string;
	readonly content: object;
}

/**
 * What one of the webhooks serves. The JWKS is sent as JSON, which browsers show, and not as
 * `application/jwk-set+json` (RFC 7517, 8.5.1), which they download: people are told to look at it.
 *
 * @param issuer - undefined if only the JWKS is served
 * @returns undefined if it is not served
 * @throws AirError if the keys of the credential cannot be published
 */
export function servedDocument(
	document: Document,
	settings: AirSettings,
	issuer: WebIssuer | undefined,
): ServedDocument | undefined {
	const jwks = ownJwks(settings);
	if (document === 'jwks') return { contentType: 'application/json', content: jwks };
	return issuer && issuerDocuments(issuer, settings.identity.partnerId, jwks.keys)[document];
}
