import { isWhole } from '../assertRow';
import type { PruneResult, Retention } from '../Ledger';
import type { Dialect } from '../sql/Dialect';
import { clock, forDialect, rows, type Operation, type Store } from '../sql/Session';
import { expireLease } from '../transitions';
import { endAttempts, leaseEnd } from './endAttempts';
import { appendEvents, eventForEach } from './events';
import { lockRows, readAnyRows } from './rows';
import { FINISHED, OPEN } from './states';

/** Rows per transaction; kept small because it blocks the event loop and other writers. */
const STEP = 50;

const DAY_MS = 86_400_000;

/**
 * `Ledger.prune`, in steps: a transaction for each, so that none holds its rows for long. The oldest
 * come first; those that somebody holds come next time.
 */
export async function prune(
	store: Store,
	{ finishedDays, openDays, limit, realm }: Retention,
): Promise<PruneResult> {
	const { dialect } = store;
	const inSteps = async (step: (most: number) => Operation<number>): Promise<number> => {
		for (let done = 0; ;) {
			const most = Math.min(STEP, limit - done);
			const found = most > 0 ? await store.write(() => step(most)) : 0;
			done += found;
			if (found < STEP) return done;
		}
	};
	return {
		expired: await inSteps((most) => expire(dialect, most)),
		abandoned: await inSteps((most) => abandon(dialect, most, openDays, realm)),
		deleted: await inSteps((most) => remove(dialect, most, finishedDays, realm)),
	};
}

/** @returns the first rows in a state since `before`, locked */
function* oldest(
	{ skipLocked }: Dialect,
	state: string,
	before: number,
	most: number,
	realm: string | undefined,
): Operation<number[]> {
	const found = yield* rows<{ id: number }>(
		`SELECT id FROM issuances
		WHERE ${state} AND state_at <= $1 ${realm === undefined ? '' : 'AND realm = $3'}
		ORDER BY state_at LIMIT $2 ${skipLocked}`,
		before,
		most,
		...(realm === undefined ? [] : [realm]),
	);
	return found.map(({ id }) => id);
}

function* expire(dialect: Dialect, most: number): Operation<number> {
	const ids = yield* lockRows(
		dialect,
		`i.id IN (SELECT id FROM issuances WHERE state = 'sending' AND lease_until <= $1
			ORDER BY lease_until LIMIT $2 ${dialect.skipLocked})`,
		yield* clock(dialect),
		most,
	);
	const found = yield* readAnyRows(dialect, `WHERE i.id ${dialect.oneOf('$1', 'bigint')}`, ids);
	const now = yield* clock(dialect);
	const ends = found.flatMap((row) => {
		// One that means nothing is passed, so that it stops no other.
		const end = isWhole(row) ? expireLease(row, now) : undefined;
		return end === undefined ? [] : [leaseEnd(row, end, now)];
	});
	yield* endAttempts(dialect, ends);
	return ends.length;
}

const ABANDON = forDialect(
	({ oneOf }) => `UPDATE issuances SET state = 'abandoned', state_at = $2, updated_at = $2,
		next_check_at = NULL, claimed_until = NULL WHERE id ${oneOf('$1', 'bigint')}`,
);

function* abandon(
	dialect: Dialect,
	most: number,
	days: number,
	realm: string | undefined,
): Operation<number> {
	const now = yield* clock(dialect);
	const ids = yield* oldest(dialect, OPEN, Math.trunc(now - days * DAY_MS), most, realm);
	if (ids.length === 0) return 0;
	yield* rows(ABANDON(dialect), ids, now);
	yield* appendEvents(dialect, eventForEach(ids, 'abandoned'), now);
	return ids.length;
}

const REMEMBER_NEWEST = forDialect(
	({ oneOf, greatest }) => `INSERT INTO pruned AS p SELECT i.realm, max(e.id) FROM issuances i
		JOIN events e ON e.issuance_id = i.id WHERE i.id ${oneOf('$1', 'bigint')} GROUP BY i.realm
	ORDER BY i.realm
	ON CONFLICT (realm) DO UPDATE SET up_to = ${greatest}(p.up_to, excluded.up_to)`,
);

const DELETE = forDialect(({ oneOf }) => `DELETE FROM issuances WHERE id ${oneOf('$1', 'bigint')}`);

/** Attempts and events go with their rows; what was the newest of them stays known (`Cursor.missed`). */
function* remove(
	dialect: Dialect,
	most: number,
	days: number,
	realm: string | undefined,
): Operation<number> {
	const before = Math.trunc((yield* clock(dialect)) - days * DAY_MS);
	const ids = yield* oldest(dialect, FINISHED, before, most, realm);
	if (ids.length === 0) return 0;
	yield* rows(REMEMBER_NEWEST(dialect), ids);
	yield* rows(DELETE(dialect), ids);
	return ids.length;
}

/** `Ledger.forget`. Attempts and events go with their rows. */
export function* forget(dialect: Dialect, recipient: string): Operation<number> {
	const ids = yield* lockRows(dialect, 'i.recipient = $1', recipient);
	if (ids.length > 0) yield* rows(DELETE(dialect), ids);
	return ids.length;
}
