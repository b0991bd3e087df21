import type { Dialect } from '../sql/Dialect';
import { clock, rows, type Operation } from '../sql/Session';

const OF_KEY = 'realm = $1 AND key_thumbprint = $2';

/** `Ledger.isKeyAccepted`. */
export function* isKeyAccepted(realm: string, keyThumbprint: string): Operation<boolean> {
	const found = yield* rows(`SELECT 1 FROM accepted_keys WHERE ${OF_KEY}`, realm, keyThumbprint);
	return found.length > 0;
}

/** `Ledger.acceptKey`. */
export function* acceptKey(
	dialect: Dialect,
	realm: string,
	keyThumbprint: string,
): Operation<void> {
	yield* rows(
		`INSERT INTO accepted_keys (realm, key_thumbprint, accepted_at) VALUES ($1, $2, $3)
		ON CONFLICT (realm, key_thumbprint)
			DO UPDATE SET accepted_at = excluded.accepted_at, refused_at = NULL`,
		realm,
		keyThumbprint,
		yield* clock(dialect),
	);
}
