import { resolveBaseUrl } from '../air/baseUrl';
import { realmOf } from '../issuance/session/realm';

/**
 * The realm of the rows that a command is about.
 *
 * @throws AirError `AIR_BASE_URL_INVALID`
 */
export function realmOfOptions({
	air,
	partner,
}: {
	readonly air: string;
	readonly partner: string;
}): string {
	const baseUrl =
		air === 'sandbox' || air === 'production' ? resolveBaseUrl(air) : resolveBaseUrl('custom', air);
	return realmOf({ identity: { baseUrl, partnerId: partner.trim() } });
}
