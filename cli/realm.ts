import { resolveBaseUrl } from '../air/baseUrl';
import { realmOf } from '../issuance/session/realm';

/**
 * Which rows of a ledger a command line means.
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
