import type { AirIdentity } from '../../air/AirClient';

/** Base URL and partner ID: what keeps the rows of one AIR account apart from those of another. */
export function realmOf({
	identity,
}: {
	readonly identity: Pick<AirIdentity, 'baseUrl' | 'partnerId'>;
}): string {
	return `${identity.baseUrl} ${identity.partnerId}`;
}
