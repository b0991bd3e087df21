import type { Session } from './Database';

/** See `Ledger.acceptKey`. */
export async function acceptKey(
	{ rows, now }: Session,
	realm: string,
	keyThumbprint: string,
): Promise<void> {
	await rows(
		`INSERT INTO moca_air.accepted_keys (realm, key_thumbprint, accepted_at)
		VALUES ($1, $2, ${now})
		ON CONFLICT (realm, key_thumbprint)
			DO UPDATE SET accepted_at = excluded.accepted_at, refused_at = NULL`,
		[realm, keyThumbprint],
	);
}

/** See `Ledger.refuseKey`. */
export async function refuseKey(
	{ rows, now }: Session,
	realm: string,
	keyThumbprint: string,
): Promise<void> {
	const noted = await rows(
		`UPDATE moca_air.accepted_keys SET refused_at = ${now}
		WHERE realm = $1 AND key_thumbprint = $2 AND refused_at IS NULL RETURNING 1`,
		[realm, keyThumbprint],
	);
	if (noted.length > 0) return;
	await rows('DELETE FROM moca_air.accepted_keys WHERE realm = $1 AND key_thumbprint = $2', [
		realm,
		keyThumbprint,
	]);
}
