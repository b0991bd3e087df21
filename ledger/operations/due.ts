import type { DueQuery, LedgerRow, Missing, Postponed } from '../Ledger';
import type { Dialect } from '../sql/Dialect';
import {
	clock,
	forDialect,
	later,
	rows,
	type Operation,
	type Value,
	rowsFor,
} from '../sql/Session';
import { decideMissing, HASH_MISSING } from '../transitions';
import { appendEvents, eventForEach } from './events';
import { BY_ID, lockIds, LOCK_STANDING, lockRows, readAnyRows, readRowsById } from './rows';

/** No check or claim is put off for longer: a later time was written by a clock that was ahead. */
const LONGEST_AHEAD_MS = 2 * 60 * 60_000;

const CLAIM = forDialect(
	({ oneOf, least }) => `UPDATE issuances SET claimed_until = $2,
		next_check_at = ${least}(next_check_at, $3) WHERE id ${oneOf('$1', 'bigint')}`,
);

/** `Ledger.claimDue`. */
export function* claimDue(dialect: Dialect, query: DueQuery): Operation<LedgerRow[]> {
	const now = yield* clock(dialect);
	const due = yield* claimable(dialect, query, 'due_at <= $2', now, query.limit);
	const rest = query.limit - due.length;
	const beyond = now + LONGEST_AHEAD_MS;
	const ahead = rest > 0 ? yield* claimable(dialect, query, 'due_at > $2', beyond, rest) : [];
	const ids = [...due, ...ahead];
	if (ids.length === 0) return [];
	yield* rowsFor(dialect, CLAIM, ids, later(now, query.leaseMs), now);
	const claimed = yield* readAnyRows(dialect, BY_ID, ids);
	const byId = new Map(claimed.map((row) => [row.id, row]));
	return ids.flatMap((id) => byId.get(id) ?? []);
}

/** @returns IDs of unclaimed rows, the longest due first */
function* claimable(
	{ skipLocked, oneOf }: Dialect,
	{ realm, instance, ids }: DueQuery,
	when: string,
	at: number,
	limit: number,
): Operation<number[]> {
	const values: Value[] = [realm, at, limit];
	const from = instance === undefined ? '' : `AND instance = $${values.push(instance)}`;
	const which =
		ids === undefined ? "origin = 'issued'" : `id ${oneOf(`$${values.push(ids)}`, 'bigint')}`;
	const found = yield* rows<{ id: number }>(
		`SELECT id FROM issuances WHERE realm = $1 AND ${when} ${from} AND ${which}
		ORDER BY due_at, id LIMIT $3 ${skipLocked}`,
		...values,
	);
	return found.map(({ id }) => id);
}

const RELEASE = forDialect(
	({ oneOf }) => `UPDATE issuances SET claimed_until = NULL WHERE id ${oneOf('$1', 'bigint')}`,
);

/** `Ledger.release`. */
export function* release(dialect: Dialect, ids: readonly number[]): Operation<void> {
	if (ids.length === 0) return;
	yield* lockIds(dialect, ids);
	yield* rowsFor(dialect, RELEASE, ids);
}

const HOLD = forDialect(
	({ oneOf, greatest }) => `UPDATE issuances
	SET claimed_until = ${greatest}(coalesce(claimed_until, 0), $2) WHERE id ${oneOf('$1', 'bigint')}`,
);

/** `Ledger.hold`. */
export function* hold(
	dialect: Dialect,
	realm: string,
	coreClaimHash: string,
	leaseMs: number,
): Operation<void> {
	const ids = yield* lockRows(dialect, LOCK_STANDING, realm, coreClaimHash);
	if (ids.length === 0) return;
	yield* rowsFor(dialect, HOLD, ids, later(yield* clock(dialect), leaseMs));
}

const POSTPONE = forDialect(({ update }) =>
	update(
		'issuances AS i',
		`claimed_until = NULL, checks = checks + 1,
		next_check_at = CASE WHEN next_check_at IS NOT NULL THEN t.at END`,
		'i.id = t.id',
		{ id: 'bigint', at: 'bigint' },
	),
);

/** `Ledger.postpone`. */
export function* postpone(dialect: Dialect, postponed: readonly Postponed[]): Operation<void> {
	if (postponed.length === 0) return;
	const ids = postponed.map(({ id }) => id);
	yield* lockIds(dialect, ids);
	const now = yield* clock(dialect);
	const told = postponed.map(({ id, nextCheckMs }) => ({ id, at: later(now, nextCheckMs) }));
	yield* rowsFor(dialect, POSTPONE, told);
}

/** `Ledger.missing`. */
export function* missing(
	dialect: Dialect,
	realm: string,
	coreClaimHash: string,
	{ nextCheckMs, condemnAfterMs, recipient }: Missing,
): Operation<void> {
	const ids = yield* lockRows(dialect, LOCK_STANDING, realm, coreClaimHash);
	const now = yield* clock(dialect);
	const condemned: number[] = [];
	for (const row of yield* readRowsById(dialect, ids)) {
		if (recipient !== undefined && row.recipient !== recipient) continue;
		const [found] = yield* rows<{ since: number }>(
			`UPDATE issuances SET missing_since = coalesce(missing_since, $2), checks = checks + 1,
				claimed_until = NULL, updated_at = $2,
				next_check_at = CASE WHEN next_check_at IS NOT NULL THEN CAST($3 AS bigint) END
			WHERE id = $1 RETURNING missing_since AS since`,
			row.id,
			now,
			later(now, nextCheckMs),
		);
		if (!decideMissing(row, now - (found?.since ?? now), condemnAfterMs)) continue;
		yield* rows(
			`UPDATE issuances SET state = 'unusable', state_at = $2, reason = $3, next_check_at = NULL
			WHERE id = $1`,
			row.id,
			now,
			HASH_MISSING,
		);
		condemned.push(row.id);
	}
	yield* appendEvents(dialect, eventForEach(condemned, 'unusable'), now);
}
