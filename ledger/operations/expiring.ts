import type { DelayedQuery } from '../Ledger';
import type { Dialect } from '../sql/Dialect';
import { clock, rows, type Operation } from '../sql/Session';
import { appendEvents, eventForEach, hasEvent } from './events';
import { locking, lockRows } from './rows';
import { STORED } from './states';

const MINUTE_MS = 60_000;

/** How far back to look again for what came due, since its commit may have been late. */
const LATE_COMMIT_MS = 2 * MINUTE_MS;

const EXPIRING = `SELECT i.id AS id, i.expires_at AS "expiresAt" FROM issuances i
	WHERE i.realm = $1 AND ${STORED} AND i.expires_at > $2 AND i.expires_at <= $3
		AND NOT ${hasEvent('CAST($4 AS text)', '$5')}
	ORDER BY i.expires_at, i.id LIMIT $6`;

const LOCK_STORED = locking(({ oneOf }) => `i.id ${oneOf('$1', 'bigint')} AND i.state = 'stored'`);

/**
 * Appends `expiring`, or `expired` with 0 minutes, for stored credentials: see `Ledger.appendDelayed`.
 * A credential that was stored with less time left gets the event, too.
 */
export function* appendExpiring(dialect: Dialect, query: DelayedQuery): Operation<number> {
	const { realm, minutes, start, limit } = query;
	yield* rows(
		'INSERT INTO expiries (realm, minutes) VALUES ($1, $2) ON CONFLICT DO NOTHING',
		realm,
		minutes,
	);
	// Locked, so that two callers do not do the same work.
	const [found] = yield* rows<{ upTo: number | null }>(
		`SELECT up_to AS "upTo" FROM expiries WHERE realm = $1 AND minutes = $2 ${dialect.rowLock}`,
		realm,
		minutes,
	);
	const now = yield* clock(dialect);
	const due = Math.trunc(now + minutes * MINUTE_MS);
	const before = found?.upTo ?? null;
	const first = start === 'beginning' ? 0 : now;
	// A credential that expires soon may be stored at any time before it does: so look from what had
	// expired at the last call on.
	const last = before === null ? first : before - minutes * MINUTE_MS - LATE_COMMIT_MS;
	const from = Math.trunc(Math.min(last, due));
	const [type, threshold] = minutes === 0 ? ['expired', ''] : ['expiring', String(minutes)];
	const ending = yield* rows<{ id: number; expiresAt: number }>(
		EXPIRING,
		realm,
		from,
		due,
		type,
		threshold,
		limit,
	);
	const upTo = ending.length < limit ? due : (ending.at(-1)?.expiresAt ?? due);
	yield* rows(
		'UPDATE expiries SET up_to = $3 WHERE realm = $1 AND minutes = $2',
		realm,
		minutes,
		upTo,
	);
	if (ending.length === 0) return 0;
	// Rows that were erased, revoked or replaced since they were selected are left out.
	const ids = ending.map(({ id }) => id);
	const still = new Set(yield* lockRows(dialect, LOCK_STORED, ids));
	const told = ids.filter((id) => still.has(id));
	yield* appendEvents(
		dialect,
		eventForEach(told, minutes === 0 ? 'expired' : 'expiring', threshold),
		now,
	);
	return ending.length;
}
