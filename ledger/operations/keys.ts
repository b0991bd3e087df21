import type { KeyAcceptance } from '../Ledger';
import type { Dialect } from '../sql/Dialect';
import { clock, rows, type Operation } from '../sql/Session';

const OF_KEY = 'realm = $1 AND key_thumbprint = $2';

/** `Ledger.keyAcceptance`. */
export function* keyAcceptance(
	dialect: Dialect,
	realm: string,
	keyThumbprint: string,
): Operation<KeyAcceptance | undefined> {
	const [found] = yield* rows<{ acceptedAt: number; refusedAt: number | null }>(
		`SELECT accepted_at AS "acceptedAt", refused_at AS "refusedAt"
		FROM accepted_keys WHERE ${OF_KEY}`,
		realm,
		keyThumbprint,
	);
	if (found === undefined) return undefined;
	const now = yield* clock(dialect);
	return { ageMs: now - found.acceptedAt, refused: found.refusedAt !== null };
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

/** `Ledger.refuseKey`. */
export function* refuseKey(
	dialect: Dialect,
	realm: string,
	keyThumbprint: string,
): Operation<void> {
	const noted = yield* rows(
		`UPDATE accepted_keys SET refused_at = $3
		WHERE ${OF_KEY} AND refused_at IS NULL RETURNING realm`,
		realm,
		keyThumbprint,
		yield* clock(dialect),
	);
	if (noted.length > 0) return;
	yield* rows(`DELETE FROM accepted_keys WHERE ${OF_KEY}`, realm, keyThumbprint);
}
