import type { DelayedQuery } from '../Ledger';
import type { Dialect } from '../sql/Dialect';
import { clock, rows, type Operation } from '../sql/Session';
import { appendEvents, eventForEach, hasEvent } from './events';
import { appendExpiring } from './expiring';
import { locking, lockRows } from './rows';

const MINUTE_MS = 60_000;

/** How far back to look again for what came due, since its commit may have been late. */
const LATE_COMMIT_MS = 2 * MINUTE_MS;

const DELAYED = `SELECT i.id AS id, i.pending_since AS "pendingSince" FROM issuances i
	WHERE i.realm = $1 AND i.state = 'submitted' AND i.pending_since > $2 AND i.pending_since <= $3
		AND NOT ${hasEvent("'delayed'", '$4')}
	ORDER BY i.pending_since, i.id LIMIT $5`;

const LOCK_SUBMITTED = locking(
	({ oneOf }) => `i.id ${oneOf('$1', 'bigint')} AND i.state = 'submitted'`,
);

/** Since when the first that a new threshold reports has been pending. @param due - what comes due now */
function firstOf({ start, minutes }: DelayedQuery, due: number): number {
	if (start === 'beginning') return 0;
	return start === 'now' ? due : start.since - minutes * MINUTE_MS;
}

/** `Ledger.appendDelayed`. */
export function* appendDelayed(dialect: Dialect, query: DelayedQuery): Operation<number> {
	if (query.before === 'expiry') return yield* appendExpiring(dialect, query);
	const { realm, minutes, limit } = query;
	yield* rows(
		'INSERT INTO delays (realm, minutes) VALUES ($1, $2) ON CONFLICT DO NOTHING',
		realm,
		minutes,
	);
	// Locked, so that two callers do not do the same work.
	const [found] = yield* rows<{ upTo: number | null }>(
		`SELECT up_to AS "upTo" FROM delays WHERE realm = $1 AND minutes = $2 ${dialect.rowLock}`,
		realm,
		minutes,
	);
	const now = yield* clock(dialect);
	const due = Math.trunc(now - minutes * MINUTE_MS);
	const before = found?.upTo ?? null;
	// After a clock was set back, what comes due must not stay hidden until the clock has caught up.
	const from = Math.min(before ?? firstOf(query, due), due);
	// A new threshold has nothing late.
	const since = before === null ? from : from - LATE_COMMIT_MS;
	const threshold = String(minutes);
	const delayed = yield* rows<{ id: number; pendingSince: number }>(
		DELAYED,
		realm,
		since,
		due,
		threshold,
		limit,
	);
	const upTo = delayed.length < limit ? due : (delayed.at(-1)?.pendingSince ?? due);
	yield* rows(
		'UPDATE delays SET up_to = $3 WHERE realm = $1 AND minutes = $2',
		realm,
		minutes,
		upTo,
	);
	if (delayed.length === 0) return 0;
	// Rows that were erased or confirmed since they were selected are left out.
	const ids = delayed.map(({ id }) => id);
	const still = new Set(yield* lockRows(dialect, LOCK_SUBMITTED, ids));
	const told = ids.filter((id) => still.has(id));
	yield* appendEvents(dialect, eventForEach(told, 'delayed', threshold), now);
	return delayed.length;
}
