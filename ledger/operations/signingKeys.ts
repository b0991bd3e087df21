import type { KeyOfKid, LiveKey, UnpublishRequest, UnpublishResult } from '../Ledger';
import type { Dialect } from '../sql/Dialect';
import { clock, rows, type Operation } from '../sql/Session';
import { mayHaveIssuedIn } from './states';

/**
 * Counted by number, unless AIR has refused it; a credential without a number, which AIR has stored or
 * may have stored, is counted by its row, which an erasure deletes.
 */
const LIVE_KEYS = `SELECT k.kid AS kid, k.key_thumbprint AS "keyThumbprint", k.public_jwk AS "publicJwk",
		k.last_expires_at AS "lastExpiresAt", k.unpublished_at AS "unpublishedAt",
		(SELECT count(*) FROM credentials c WHERE c.realm = k.realm
			AND c.key_thumbprint = k.key_thumbprint AND c.expires_at > $2 AND c.revoked_at IS NULL
			AND NOT EXISTS (SELECT 1 FROM issuances r
				WHERE r.revocation_number = c.number AND r.state = 'rejected' AND NOT ${mayHaveIssuedIn('r')}))
		+ (SELECT count(*) FROM issuances i WHERE i.realm = k.realm AND i.way = 'direct'
			AND (i.state = 'stored' OR i.state IN ('sending', 'unknown', 'abandoned', 'rejected')
				AND ${mayHaveIssuedIn('i')})
			AND i.expires_at > $2 AND i.key_thumbprint = k.key_thumbprint
			AND NOT EXISTS (SELECT 1 FROM credentials n WHERE n.number = i.revocation_number))
			AS credentials
	FROM signing_keys k WHERE k.realm = $1 AND k.last_expires_at > $2
	ORDER BY k.last_expires_at DESC, k.kid`;

/** `Ledger.liveKeys`. */
export function* liveKeys(dialect: Dialect, realm: string): Operation<LiveKey[]> {
	const now = yield* clock(dialect);
	const found = yield* rows<LiveKey>(LIVE_KEYS, realm, now);
	return found.filter(({ credentials }) => credentials > 0);
}

/** `Ledger.otherKey`. */
export function* otherKey(
	dialect: Dialect,
	{ realm, kid, keyThumbprint }: KeyOfKid,
): Operation<LiveKey | undefined> {
	const isOther = (key: Pick<LiveKey, 'kid' | 'keyThumbprint' | 'unpublishedAt'>) =>
		key.kid === kid && key.keyThumbprint !== keyThumbprint && key.unpublishedAt === null;
	// Asked in each run: credentials are counted only if there is such a key.
	const keys = yield* rows<Pick<LiveKey, 'kid' | 'keyThumbprint' | 'unpublishedAt'>>(
		`SELECT kid, key_thumbprint AS "keyThumbprint", unpublished_at AS "unpublishedAt"
		FROM signing_keys WHERE realm = $1 AND kid = $2`,
		realm,
		kid,
	);
	return keys.some(isOther) ? (yield* liveKeys(dialect, realm)).find(isOther) : undefined;
}

/** `Ledger.unpublishKey`. */
export function* unpublishKey(
	dialect: Dialect,
	{ realm, kid, givenUp }: UnpublishRequest,
): Operation<UnpublishResult> {
	// Issuing writes the row of its key only when the day changes, so this lock delays nobody.
	yield* rows(
		`SELECT kid FROM signing_keys WHERE realm = $1 AND kid = $2 ${dialect.rowLock}`,
		realm,
		kid,
	);
	const live = (yield* liveKeys(dialect, realm)).filter((key) => key.kid === kid);
	const keys = live.filter(({ unpublishedAt }) => unpublishedAt === null);
	const credentials = keys.reduce((sum, key) => sum + key.credentials, 0);
	const lastExpiresAt = keys[0]?.lastExpiresAt ?? null;
	if (keys.length === 0 && live.length > 0)
		return { outcome: 'before', credentials, lastExpiresAt };
	if (credentials > 0 && credentials !== givenUp)
		return { outcome: 'needed', credentials, lastExpiresAt };
	yield* rows(
		`UPDATE signing_keys SET unpublished_at = $3
		WHERE realm = $1 AND kid = $2 AND unpublished_at IS NULL`,
		realm,
		kid,
		yield* clock(dialect),
	);
	return { outcome: 'unpublished', credentials, lastExpiresAt };
}
