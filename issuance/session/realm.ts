import type { AirIdentity } from '../../air/AirClient';

/** Base URL and partner ID: keeps the rows of AIR accounts apart. */
export function realmOf({
	identity,
}: {
	readonly identity: Pick<AirIdentity, 'baseUrl' | 'partnerId'>;
}): string {
	return `${identity.baseUrl} ${identity.partnerId}`;
}
