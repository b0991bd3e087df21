import type { AirEnvironment } from '../../air/baseUrl';
import { resolveAccountUrl } from '../../air/direct/accountUrl';
import { issuerOfDocument, webIssuer, type WebIssuer } from '../../air/direct/webIssuer';
import { AirError } from '../../errors/AirError';

/** What direct issuance needs from a credential, in addition to what every call to AIR needs. */
export interface DirectSettings {
	/** Read when it is asked for. @throws AirError `AIR_DIRECT_DID_INVALID` */
	readonly issuer: WebIssuer;
	/** Whether issued credentials name the issuer by its DID or by its https URL. */
	readonly issuerAs: 'did' | 'url';
	/** Read when it is asked for. @throws AirError `AIR_ACCOUNT_URL_INVALID` */
	readonly accountUrl: string;
	/** Where status lists are: see `statusListUri`. Read when it is asked for. @throws AirError `AIR_STATUS_LIST_URL_INVALID` */
	readonly statusListUrl: string;
}

/** The credential's fields for direct issuance. */
export interface DirectFields {
	readonly environment: AirEnvironment;
	readonly directIssuer: string;
	readonly directIssuerAs: DirectSettings['issuerAs'];
	readonly accountUrl: string;
	readonly statusListUrl: string;
}

const refuse = (detail: string) => new AirError('AIR_DIRECT_DID_INVALID', { detail });

/** The address of a file that is published beside the DID document, or of a JWKS. */
const OF_A_FILE = /(?:\/\.well-known|\.json|\/air-partner-info|\/jwt-vc-issuer)$/;

function issuerOfAddress(text: string): WebIssuer {
	const address = text.includes('://') ? text : `https://${text}`;
	if (!URL.canParse(address)) throw refuse('it is neither a host, an https address nor a did:web');
	const url = new URL(address);
	if (url.protocol !== 'https:') throw refuse('the address has to begin with https://');
	if (url.username !== '' || url.password !== '' || /[?#]/.test(address)) {
		throw refuse('the address must not hold a user name, a query or a fragment');
	}
	if (url.pathname.endsWith('/did.json')) return issuerOfDocument(url.href);
	const path = url.pathname.replace(/\/$/, '');
	if (OF_A_FILE.test(path)) {
		throw refuse('the address is that of another file than did.json; use the host');
	}
	return webIssuer(`did:web:${url.host.replace(':', '%3A')}${path.replaceAll('/', ':')}`);
}

/**
 * Reads the issuer, in any of the forms in which people write it.
 *
 * @param text - a host, an https address (of the issuer or of its did.json), or a did:web
 * @throws AirError `AIR_DIRECT_DID_INVALID`
 * @example
 * ```ts
 * parseDirectIssuer('issuer.example.com').did; // 'did:web:issuer.example.com'
 * parseDirectIssuer('https://n8n.example.com/webhook/air').did; // 'did:web:n8n.example.com:webhook:air'
 * ```
 */
export function parseDirectIssuer(text: string): WebIssuer {
	const trimmed = text.trim();
	if (trimmed === '') throw refuse('it is empty');
	return /^did:/i.test(trimmed) ? webIssuer(trimmed) : issuerOfAddress(trimmed);
}

/**
 * Reads where status lists are.
 *
 * @param text - of the credential; empty: the folder `status-lists` below the issuer
 * @throws AirError `AIR_STATUS_LIST_URL_INVALID`
 */
export function parseStatusListUrl(text: string, issuer: WebIssuer): string {
	if (text === '') return `${issuer.url}/status-lists`;
	const invalid = (detail: string) => new AirError('AIR_STATUS_LIST_URL_INVALID', { detail });
	if (!URL.canParse(text) || new URL(text).protocol !== 'https:') {
		throw invalid('it is not an address that begins with https://');
	}
	const url = new URL(text);
	if (url.username !== '' || url.password !== '' || text.includes('#')) {
		throw invalid('it must not hold a user name or a fragment');
	}
	if (url.pathname.includes('/webhook-test/')) {
		throw invalid('a test URL answers only while somebody watches');
	}
	// Verifiers compare the addresses in credentials and lists literally, and may normalize them.
	if (url.href !== text && url.href !== `${text}/`) {
		throw invalid(`it is written in another way than verifiers do: ${url.href}`);
	}
	if (url.search !== '' && !text.endsWith('=')) {
		throw invalid('with a question mark in it, it has to end in an equals sign');
	}
	return text;
}

/**
 * A credential's settings for direct issuance. They are parsed on access, so that an invalid one stops
 * direct issuance and nothing else.
 *
 * @param label - the form's label of the issuer field, for errors
 * @returns undefined if no issuer is set, so that nothing can be issued directly
 * @example
 * ```ts
 * const { issuer } = directSettings(fields, 'Issuer Host or DID') ?? notSetUp();
 * ```
 */
export function directSettings(fields: DirectFields, label: string): DirectSettings | undefined {
	const { environment, directIssuer, directIssuerAs, accountUrl, statusListUrl } = fields;
	if (directIssuer === '') return undefined;
	return {
		issuerAs: directIssuerAs,
		get issuer() {
			try {
				return parseDirectIssuer(directIssuer);
			} catch (error) {
				if (!(error instanceof AirError)) throw error;
				throw error.with({ detail: `${label}: ${error.facts.detail ?? 'it cannot be read'}` });
			}
		},
		get accountUrl() {
			return resolveAccountUrl(environment, accountUrl);
		},
		get statusListUrl() {
			return parseStatusListUrl(statusListUrl, this.issuer);
		},
	};
}
