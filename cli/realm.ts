import { resolveBaseUrl } from '../air/baseUrl';
import { realmOf } from '../issuance/session/realm';

interface WhoOptions {
	readonly air: string;
	readonly partner: string;
}

/**
 * Whose rows a command is about.
 *
 * @throws AirError `AIR_BASE_URL_INVALID`
 */
export function identityOfOptions({ air, partner }: WhoOptions) {
	const baseUrl =
		air === 'sandbox' || air === 'production' ? resolveBaseUrl(air) : resolveBaseUrl('custom', air);
	return { baseUrl, partnerId: partner.trim() };
}

/**
 * The realm of these rows.
 *
 * @throws AirError `AIR_BASE_URL_INVALID`
 */
export const realmOfOptions = (options: WhoOptions): string =>
	realmOf({ identity: identityOfOptions(options) });
