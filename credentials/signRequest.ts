import type { ICredentialDataDecryptedObject, IHttpRequestOptions } from 'n8n-workflow';
import { AirClient } from '../air/AirClient';
import { AirError } from '../errors/AirError';
import { SLASHES_AT_END } from '../air/baseUrl';
import { assertTargetAllowed, targetPolicy } from '../air/http/targetGuard';
import { parseRecipient } from '../issuance/inputs/inputs';
import { readSettings } from '../issuance/settings/settings';
import { keepMessage } from '../n8n/errors/keepMessage';

/** Names the recipient in a request of the HTTP Request node; removed before anything is sent. */
export const RECIPIENT_HEADER = 'x-moca-air-recipient';

/** After a 401, n8n calls this again with the options that we returned. */
const signedFor = new WeakMap<object, string>();

/** Request options as they arrive: the HTTP Request node still uses the older shape. */
type AnyRequestOptions = Omit<IHttpRequestOptions, 'url' | 'baseURL' | 'proxy' | 'agentOptions'> &
	Partial<Record<'url' | 'uri' | 'baseURL' | 'proxy' | 'agentOptions', unknown>>;

/** The text of an error as an Error that n8n shows unchanged: without a code or a response. */
function plainError(error: unknown): Error {
	const words =
		error instanceof AirError
			? `${error.message}. ${error.description}`
			: error instanceof Error
				? error.message
				: String(error);
	return new Error(keepMessage(words));
}

const otherOrigin = (detail: string) => new AirError('AIR_CREDENTIAL_OTHER_ORIGIN', { detail });

const isAbsolute = (url: string) => /^(?:[a-z][a-z\d+.-]*:)?\/\//i.test(url);

/** An address as text; n8n's older helper also takes URL objects. Empty means none. */
function addressOf(part: unknown): string {
	if (part == null) return '';
	if (part instanceof URL) return part.href;
	if (typeof part !== 'string') throw otherOrigin('the address is not text');
	return part;
}

/** Resolves an address; relative ones are joined as in n8n's request helper. */
function resolve(address: string, base: string): URL {
	const joined =
		address === ''
			? base
			: isAbsolute(address)
				? address
				: `${base.replace(SLASHES_AT_END, '')}/${address.replace(/^\/+/, '')}`;
	if (!URL.canParse(joined)) throw otherOrigin('the address is not complete');
	return new URL(joined);
}

/**
 * Where the request will really go. As in n8n, `url` takes precedence over `uri`, but both must lead to
 * the credential's own origin, so that neither can carry a token elsewhere.
 */
function ownTarget({ url, uri, baseURL, proxy }: AnyRequestOptions, ownBaseUrl: string): URL {
	const base = addressOf(baseURL) || ownBaseUrl;
	const given = [addressOf(url), addressOf(uri)].filter((address) => address !== '');
	const targets = given.map((address) => resolve(address, base));
	const target = targets[0] ?? resolve('', base);
	for (const { origin, host, username, password } of [target, ...targets]) {
		if (origin !== new URL(ownBaseUrl).origin) throw otherOrigin(`not to ${host}`);
		if (username !== '' || password !== '') {
			throw otherOrigin('not with a user name or password in the address');
		}
	}
	if (proxy !== '' && proxy != null) throw otherOrigin('not through a proxy of the node');
	return target;
}

/** Agent options can redirect a connection; only those that the HTTP Request node sets are kept. */
function safeAgentOptions({ agentOptions }: AnyRequestOptions): { agentOptions?: object } {
	if (agentOptions == null) return {};
	const kept = Object.entries(agentOptions).filter(([name]) =>
		['ca', 'cert', 'key', 'passphrase'].includes(name),
	);
	return { agentOptions: Object.fromEntries(kept) };
}

/** Removes the headers that we set ourselves, and reads the recipient from them. */
function readHeaders(requestOptions: AnyRequestOptions) {
	const headers: Record<string, unknown> = {};
	const named = new Set<unknown>();
	for (const [name, value] of Object.entries(requestOptions.headers ?? {})) {
		const lower = name.toLowerCase();
		if (lower === RECIPIENT_HEADER) named.add(value);
		else if (lower !== 'x-partner-auth' && lower !== 'host') headers[name] = value;
	}
	if (named.size > 1) {
		throw new AirError('AIR_RECIPIENT_INVALID', { detail: 'there is more than one address' });
	}
	const [recipient = signedFor.get(requestOptions)] = named;
	if (recipient === undefined) throw new AirError('AIR_RECIPIENT_HEADER_MISSING');
	return { headers, recipient: parseRecipient(recipient) };
}

/**
 * Signs a request of n8n's own helpers, e.g. of the HTTP Request node, with a Partner JWT for the
 * recipient that the header `x-moca-air-recipient` names. The token cannot be sent anywhere else: other
 * origins are refused, and redirects, proxies, a foreign Host header and unchecked certificates are
 * disabled.
 *
 * @param credentials - the fields of `mocaAirApi`
 * @param requestOptions - what the node wants to send
 * @throws Error with a text for the user, before anything is sent
 */
export async function signRequest(
	credentials: ICredentialDataDecryptedObject,
	requestOptions: IHttpRequestOptions,
): Promise<IHttpRequestOptions> {
	try {
		const { identity } = await readSettings(credentials);
		const target = ownTarget(requestOptions, identity.baseUrl);
		assertTargetAllowed(target, targetPolicy(process.env));
		const { headers, recipient } = readHeaders(requestOptions);
		const signed = {
			...requestOptions,
			url: target.href,
			...('uri' in requestOptions ? { uri: target.href } : {}),
			...safeAgentOptions(requestOptions),
			headers: { ...headers, 'x-partner-auth': await new AirClient(identity).token(recipient) },
			// n8n reads one or another of these, depending on the helper.
			disableFollowRedirect: true,
			maxRedirects: 0,
			followRedirect: false,
			followAllRedirects: false,
			skipSslCertificateValidation: false,
			rejectUnauthorized: true,
		};
		delete signed.baseURL;
		signedFor.set(signed, recipient);
		return signed;
	} catch (error) {
		throw plainError(error);
	}
}
