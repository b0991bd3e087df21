import type { AirClient } from '../../air/AirClient';

/** Base URL and partner ID: what keeps the rows of one AIR account apart from those of another. */
export function realmOf({ identity }: Pick<AirClient, 'identity'>): string {
	return `${identity.baseUrl} ${identity.partnerId}`;
}
