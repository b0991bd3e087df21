import { AirError } from '../../errors/AirError';
import type { AirErrorCode } from '../../errors/errorCatalogue';
import { fail, pass, warn, type Verdict } from './Finding';
import type { SetupFacts } from './SetupFacts';

/**
 * Why the partner's own document could not be fetched. The catalogue's text is about AIR and its base
 * URL.
 */
export const UNREACHED: Partial<Record<AirErrorCode, string>> = {
	AIR_CONNECTION_REFUSED: 'the connection was refused',
	AIR_DNS: 'the host name is unknown',
	AIR_TLS: 'no secure connection could be made; is its certificate valid?',
	AIR_PROXY: 'the proxy of n8n did not let the request through',
	AIR_CONNECT_TIMEOUT: 'it could not be reached within 10 seconds',
	AIR_CONNECT_FAILED: 'it could not be reached',
	AIR_CONNECTION_LOST: 'the connection broke',
	AIR_TIMEOUT: 'it did not answer within 10 seconds',
	AIR_ANSWER_TOO_LARGE: 'the answer is larger than 64 kB',
};

/** Codes that the check of the address itself already reports. */
const ABOUT_ADDRESS: readonly AirErrorCode[] = ['AIR_TARGET_NOT_HTTPS', 'AIR_TARGET_PRIVATE'];

export function jwksUrl({ jwksUrl: url, jwks }: SetupFacts): Verdict | undefined {
	if (url === undefined) return undefined;
	if (url === '') return warn(new AirError('AIR_JWKS_URL_EMPTY'));
	return jwks?.location === undefined
		? fail(new AirError('AIR_JWKS_URL_INVALID'))
		: pass('The JWKS URL is a complete address');
}

export function publicAddress({ jwksUrl: url, jwks }: SetupFacts): Verdict | undefined {
	if (url === undefined || jwks?.location === undefined) return undefined;
	const { hostname, protocol } = new URL(url);
	const isPrivate = new AirError('AIR_JWKS_PRIVATE', { detail: hostname });
	// The operator's policy only allows http here.
	const isAllowed = jwks.location === 'private, but allowed' && /^https?:$/.test(protocol);
	if (isAllowed) return warn(isPrivate);
	if (protocol !== 'https:') return fail(new AirError('AIR_JWKS_NOT_HTTPS', { detail: hostname }));
	if (jwks.location === 'private') return fail(isPrivate);
	return jwks.location === 'public' ? pass('The JWKS URL is https and public') : undefined;
}

export function reachable({ jwks, air }: SetupFacts): Verdict | undefined {
	const answer = jwks?.answer;
	if (answer === undefined) return undefined;
	if (answer.error !== undefined) {
		const { error } = answer;
		if (ABOUT_ADDRESS.includes(error.code)) return undefined;
		const detail = UNREACHED[error.code];
		return fail(detail === undefined ? error : new AirError('AIR_JWKS_UNREADABLE', { detail }));
	}
	return air?.value === true
		? pass('The JWKS URL answers')
		: warn(new AirError('AIR_JWKS_SEEN_FROM_HERE_ONLY'));
}

export function json({ jwks }: SetupFacts): Verdict | undefined {
	const keys = jwks?.keys;
	if (keys === undefined) return undefined;
	if (keys.error !== undefined) return fail(keys.error);
	const { length } = keys.value;
	return pass(`The JWKS is a list of ${length === 1 ? 'one key' : `${length} keys`}`);
}

const LONGEST_CACHE_SECONDS = 24 * 60 * 60;

function cacheProblem(header: string | undefined): string | undefined {
	if (header === undefined || header.trim() === '') return 'there is no Cache-Control';
	const directives = header
		.toLowerCase()
		.split(',')
		.map((directive) => directive.trim());
	const forbidden = directives.find((one) => /^(no-store|no-cache|private)\b/.test(one));
	if (forbidden !== undefined) return 'it forbids caching';
	const ages = directives.flatMap((one) => {
		const seconds = /^(?:s-maxage|max-age)="?(\d{1,15})"?$/.exec(one)?.[1];
		return seconds === undefined ? [] : [Number(seconds)];
	});
	if (ages.length === 0) return 'it has no max-age';
	if (Math.max(...ages) === 0) return 'it forbids caching';
	return Math.max(...ages) > LONGEST_CACHE_SECONDS ? 'it allows more than a day' : undefined;
}

/** How long AIR itself keeps a JWKS is documented nowhere, so this never fails. */
export function cacheHeader({ jwks }: SetupFacts): Verdict | undefined {
	const answer = jwks?.answer?.value;
	if (answer === undefined || jwks?.keys?.value === undefined) return undefined;
	const detail = cacheProblem(answer.headers['cache-control']);
	return detail === undefined
		? pass('The JWKS may be cached, and not for too long')
		: warn(new AirError('AIR_JWKS_CACHE', { detail }));
}
