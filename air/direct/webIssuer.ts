import { AirError } from '../../errors/AirError';

/**
 * An issuer that is known by a did:web, and everything that is derived from it. Resolvers and verifiers
 * compare these texts character by character, so they are built only here.
 */
export interface WebIssuer {
	/** `did:web:example.com`, or with a path `did:web:example.com:a:b`. */
	readonly did: string;
	/** The issuer as an https URL: the origin, and the path. */
	readonly url: string;
	/** Where resolvers fetch the DID document. */
	readonly didDocumentUrl: string;
	/** Where verifiers that do not know DIDs look for the keys: below the root of the host. */
	readonly vcIssuerUrl: string;
	readonly partnerInfoUrl: string;
	/** The DID URL of the entry that refers to the latter. */
	readonly partnerInfoId: string;
	/** @throws AirError `AIR_DIRECT_KID_INVALID` */
	keyId(kid: string): string;
}

const PREFIX = 'did:web:';
const HOST = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;
/** A URL would read such a host as an IPv4 address. */
const NUMBER_AT_END = /(?:^|\.)\d+$/;
const PORT = /^[1-9]\d{0,4}$/;
const SEGMENT = /^[A-Za-z0-9._-]+$/;
const KID = /^[A-Za-z0-9._~:-]{1,255}$/;
const PARTNER_INFO = 'air-partner-info';

/** Whether a key can be found under this `kid` in the DID document of an issuer. */
export const isIssuerKid = (kid: string) => KID.test(kid) && kid !== PARTNER_INFO;

const refuse = (detail: string) => new AirError('AIR_DIRECT_DID_INVALID', { detail });

function assertHost(host: string, port: string | undefined): void {
	const isWritten =
		HOST.test(host) && host.length <= 253 && URL.canParse(`https://${host}`)
			? new URL(`https://${host}`).hostname === host
			: false;
	if (!isWritten) throw refuse('the host is not a name in lower case');
	if (NUMBER_AT_END.test(host)) throw refuse('the host has to be a name, not an IP address');
	if (port === undefined) return;
	if (!PORT.test(port) || Number(port) > 65_535) throw refuse('the port is not a number');
	if (port === '443') throw refuse('port 443 is the usual one and has to be left out');
}

function assertSegment(segment: string): void {
	if (!SEGMENT.test(segment) || segment === '.' || segment === '..') {
		throw refuse(
			'a part of the path is empty, or has other characters than letters, digits, . _ -',
		);
	}
	if (segment === 'webhook-test') {
		throw refuse('webhook-test answers only while somebody watches; use the production URL');
	}
}

/**
 * Reads the did:web of an issuer, in the only spelling that resolvers find: host in lower case, `%3A`
 * before a port and nothing else encoded.
 *
 * @throws AirError `AIR_DIRECT_DID_INVALID`
 * @example
 * ```ts
 * const issuer = webIssuer('did:web:example.com:webhook:air');
 * issuer.didDocumentUrl; // 'https://example.com/webhook/air/did.json'
 * issuer.keyId('2026-11'); // 'did:web:example.com:webhook:air#2026-11'
 * ```
 */
export function webIssuer(did: string): WebIssuer {
	if (!did.startsWith(PREFIX)) throw refuse('it does not begin with did:web:');
	const [authority = '', ...path] = did.slice(PREFIX.length).split(':');
	const [host = '', port, ...rest] = authority.split('%3A');
	if (rest.length > 0) throw refuse('the port is not a number');
	assertHost(host, port);
	path.forEach(assertSegment);
	if (path.join(':') === '.well-known') throw refuse('.well-known is left out');
	const origin = `https://${host}${port === undefined ? '' : `:${port}`}`;
	const suffix = path.map((segment) => `/${segment}`).join('');
	/** At the root the documents are in `.well-known`; with a path they are directly in that folder. */
	const base = path.length === 0 ? `${origin}/.well-known` : `${origin}${suffix}`;
	return {
		did,
		url: `${origin}${suffix}`,
		didDocumentUrl: `${base}/did.json`,
		vcIssuerUrl: `${origin}/.well-known/jwt-vc-issuer${suffix}`,
		partnerInfoUrl: `${base}/${PARTNER_INFO}`,
		partnerInfoId: `${did}#${PARTNER_INFO}`,
		keyId: (kid) => {
			if (!KID.test(kid)) throw new AirError('AIR_DIRECT_KID_INVALID');
			if (kid === PARTNER_INFO) {
				throw new AirError('AIR_DIRECT_KID_INVALID', {
					detail: `${PARTNER_INFO} is the name of another entry of the DID document`,
				});
			}
			return `${did}#${kid}`;
		},
	};
}

/**
 * The issuer whose DID document is at an address.
 *
 * @param url - of the document: `https://HOST/.well-known/did.json`, or `https://HOST/PATH/did.json`
 * @throws AirError `AIR_DIRECT_DID_INVALID` where no did:web leads there
 * @example
 * ```ts
 * issuerOfDocument('https://example.com:8443/.well-known/did.json').did; // 'did:web:example.com%3A8443'
 * ```
 */
export function issuerOfDocument(url: string): WebIssuer {
	const parsed = URL.canParse(url) ? new URL(url) : undefined;
	if (parsed?.protocol !== 'https:') throw refuse('its document needs an https address');
	const folder = /^(.*)\/did\.json$/.exec(parsed.pathname)?.[1];
	if (folder === undefined || folder === '') {
		throw refuse('its document ends in /.well-known/did.json, or in a path and /did.json');
	}
	const path = folder === '/.well-known' ? '' : folder.replaceAll('/', ':');
	const issuer = webIssuer(`${PREFIX}${parsed.host.replace(':', '%3A')}${path}`);
	if (issuer.didDocumentUrl !== url)
		throw refuse('its document has another address than was given');
	return issuer;
}
