import { AirError } from '../../errors/AirError';
import { resolveBaseUrl, type AirEnvironment } from '../baseUrl';
import { ACCOUNT_PATH } from './account';

/** The account host of each environment, by AIR's documents; not the host of the base URL. */
const ACCOUNT_URLS = {
	sandbox: 'https://air.api.sandbox.air3.com',
	production: 'https://air.api.air3.com',
} as const;

/**
 * Where accounts are looked up: the origin that the endpoint is appended to.
 *
 * @param environment - which AIR
 * @param customUrl - for `custom`: Account URL as the user typed it
 * @throws AirError `AIR_ACCOUNT_URL_INVALID`
 * @example
 * ```ts
 * resolveAccountUrl('sandbox'); // 'https://air.api.sandbox.air3.com'
 * ```
 */
export function resolveAccountUrl(environment: AirEnvironment, customUrl = ''): string {
	if (environment !== 'custom') return ACCOUNT_URLS[environment];
	const refuse = (detail: string | undefined) =>
		new AirError('AIR_ACCOUNT_URL_INVALID', { detail });
	let url: URL;
	try {
		url = new URL(resolveBaseUrl('custom', customUrl));
	} catch (error) {
		throw error instanceof AirError ? refuse(error.facts.detail) : error;
	}
	// Somebody may paste the full address of the endpoint; a version is added if there is none.
	const path = url.pathname.replace(/\/v1$/, '');
	if (path !== '' && path !== ACCOUNT_PATH) throw refuse('it must have no path');
	return url.origin;
}
