import { AirError } from '../errors/AirError';

export type AirEnvironment = 'sandbox' | 'production' | 'custom';

/** The newest address for each environment in AIR's documents. */
export const BASE_URLS = {
	sandbox: 'https://api.sandbox.mocachain.org/v1',
	production: 'https://mocachain-mainnet.api.air3.com/v1',
} as const;

/** Endpoints, in case somebody pastes the full address of one. */
const PASTED_ENDPOINT = /\/credentials(\/(issue-on-behalf|status))?$/;

/** Without the look-behind, a long run of slashes would take quadratic time. */
export const SLASHES_AT_END = /(?<!\/)\/+$/;

/**
 * The base URL that all endpoints are appended to: no trailing slash, always ending in a version
 * (`/v1` is added when there is none, since AIR's documents print it in both places).
 *
 * @param environment - which AIR
 * @param customUrl - for `custom`: the address as the user typed it
 * @throws AirError `AIR_BASE_URL_INVALID`. Whether the target is allowed is checked when connecting,
 * see `targetGuard.ts`.
 * @example
 * ```ts
 * resolveBaseUrl('custom', 'https://air.example.com/'); // 'https://air.example.com/v1'
 * ```
 */
export function resolveBaseUrl(environment: AirEnvironment, customUrl = ''): string {
	if (environment !== 'custom') return BASE_URLS[environment];
	const text = customUrl.trim();
	let url: URL;
	try {
		url = new URL(text);
	} catch {
		throw new AirError('AIR_BASE_URL_INVALID', {
			detail: text === '' ? 'it is empty' : 'it is not a complete address',
		});
	}
	if (url.protocol !== 'https:' && url.protocol !== 'http:') {
		throw new AirError('AIR_BASE_URL_INVALID', { detail: 'it must start with https://' });
	}
	if (url.username !== '' || url.password !== '' || text.includes('?') || text.includes('#')) {
		throw new AirError('AIR_BASE_URL_INVALID', {
			detail: 'it must not hold a user name, a query or a fragment',
		});
	}
	const path = url.pathname.replace(SLASHES_AT_END, '').replace(PASTED_ENDPOINT, '');
	return `${url.origin}${/\/v\d+$/.test(path) ? path : `${path}/v1`}`;
}
