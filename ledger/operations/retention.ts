import { setTimeout as sleep } from 'node:timers/promises';
import { isWhole } from '../assertRow';
import type { EraseResult, PruneResult, Retention } from '../Ledger';
import type { Dialect } from '../sql/Dialect';
import { clock, forDialect, rows, type Operation, type Store, rowsFor } from '../sql/Session';
import { expireLease } from '../transitions';
import { endAttempts, leaseEnd } from './endAttempts';
import { appendEvents, appendUnknown, eventForEach } from './events';
import { BY_ID, locking, lockRows, ofRecipient, readAnyRows } from './rows';
import { FINISHED, mayHaveIssuedIn, OPEN, STORED } from './states';

/** Rows per transaction; kept small because it blocks the event loop and other writers. */
const STEP = 50;

const DAY_MS = 86_400_000;

/**
 * Works in steps, with a transaction for each, so that none locks its rows for long. The oldest rows
 * come first; rows that are locked come next time.
 */
async function inSteps(
	store: Store,
	limit: number,
	step: (most: number) => Operation<number>,
): Promise<number> {
	for (let done = 0; ;) {
		const most = Math.min(STEP, limit - done);
		const found = most > 0 ? await store.write(() => step(most)) : 0;
		done += found;
		if (found < STEP) return done;
	}
}

/** `Ledger.endLeases`. */
export const endLeases = async (store: Store, limit: number): Promise<number> =>
	await inSteps(store, limit, (most) => expire(store.dialect, most));

/** `Ledger.prune`. */
export async function prune(
	store: Store,
	{ finishedDays, openDays, limit, realm }: Retention,
): Promise<PruneResult> {
	const { dialect } = store;
	return {
		expired: await endLeases(store, limit),
		abandoned: await inSteps(store, limit, (most) => abandon(dialect, most, openDays, realm)),
		deleted:
			(await inSteps(store, limit, (most) => remove(dialect, most, finishedDays, realm))) +
			(await inSteps(store, limit, (most) => removeStored(dialect, most, finishedDays, realm))) +
			(await inSteps(store, limit, (most) => removeExpired(dialect, most))),
	};
}

/** What may have been stored directly is not done with before it would have expired. */
const MAY_BE_VALID = `way = 'direct' AND coalesce(expires_at, 0) > $4
	AND (state = 'unknown' OR state = 'rejected' AND ${mayHaveIssuedIn('issuances')})`;

/** @returns the first rows in a state, whose time `since` lies at `before` or earlier, locked */
function* oldest(
	{ skipLocked }: Dialect,
	state: string,
	since: 'state_at' | 'expires_at',
	before: number,
	most: number,
	realm: string,
	now: number,
): Operation<number[]> {
	const found = yield* rows<{ id: number }>(
		`SELECT id FROM issuances WHERE ${state} AND ${since} <= $1 AND realm = $3
			AND NOT (${MAY_BE_VALID})
		ORDER BY ${since} LIMIT $2 ${skipLocked}`,
		before,
		most,
		realm,
		now,
	);
	return found.map(({ id }) => id);
}

const LOCK_EXPIRED = locking(
	({ skipLocked }) => `i.id IN (SELECT id FROM issuances
		WHERE state = 'sending' AND lease_until <= $1 ORDER BY lease_until LIMIT $2 ${skipLocked})`,
);

function* expire(dialect: Dialect, most: number): Operation<number> {
	const ids = yield* lockRows(dialect, LOCK_EXPIRED, yield* clock(dialect), most);
	const found = yield* readAnyRows(dialect, BY_ID, ids);
	const now = yield* clock(dialect);
	const ends = found.flatMap((row) => {
		// A damaged row is skipped, so that it does not stop the others.
		const end = isWhole(row) ? expireLease(row, now) : undefined;
		return end === undefined ? [] : [leaseEnd(row, end, now)];
	});
	yield* endAttempts(dialect, ends, now);
	const unknown = ends.flatMap(({ row, end }) => (end.state === 'unknown' ? [row.id] : []));
	yield* appendUnknown(dialect, unknown, now);
	return ends.length;
}

const ABANDON = forDialect(
	({ oneOf }) => `UPDATE issuances SET state = 'abandoned', state_at = $2, updated_at = $2,
		next_check_at = NULL, claimed_until = NULL WHERE id ${oneOf('$1', 'bigint')}`,
);

function* abandon(dialect: Dialect, most: number, days: number, realm: string): Operation<number> {
	const now = yield* clock(dialect);
	const ids = yield* oldest(
		dialect,
		OPEN,
		'state_at',
		Math.trunc(now - days * DAY_MS),
		most,
		realm,
		now,
	);
	if (ids.length === 0) return 0;
	yield* rowsFor(dialect, ABANDON, ids, now);
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

/**
 * Attempts and events are deleted with their rows; the ID of the newest deleted event is kept
 * (`Cursor.missed`).
 */
function* remove(dialect: Dialect, most: number, days: number, realm: string): Operation<number> {
	const now = yield* clock(dialect);
	const before = Math.trunc(now - days * DAY_MS);
	const ids = yield* oldest(dialect, FINISHED, 'state_at', before, most, realm, now);
	return yield* removeRows(dialect, ids);
}

/** A direct issuance is finished when it expires: until then somebody may want to revoke it. */
function* removeStored(
	dialect: Dialect,
	most: number,
	days: number,
	realm: string,
): Operation<number> {
	const now = yield* clock(dialect);
	const before = Math.trunc(now - days * DAY_MS);
	const ids = yield* oldest(dialect, STORED, 'expires_at', before, most, realm, now);
	return yield* removeRows(dialect, ids);
}

function* removeRows(dialect: Dialect, ids: readonly number[]): Operation<number> {
	if (ids.length === 0) return 0;
	yield* rowsFor(dialect, REMEMBER_NEWEST, ids);
	yield* rowsFor(dialect, DELETE, ids);
	return ids.length;
}

/**
 * Deletes what outlives the row. Nothing of a status list is deleted before it is closed and everything
 * in it has expired: a place is never used twice, and what was published as revoked stays revoked.
 */
const UNTIL_EXPIRY = [
	{ table: 'envelopes', key: 'issuance_id', where: 'true' },
	{ table: 'credentials', key: 'number', where: 'list IS NULL' },
	{
		table: 'credentials',
		key: 'number',
		where: `list IN (SELECT l.id FROM status_lists l WHERE l.closed_at IS NOT NULL AND NOT EXISTS (
			SELECT 1 FROM credentials c WHERE c.realm = l.realm AND c.list = l.id AND c.expires_at > $1))`,
	},
] as const;

const EMPTY_LISTS = `DELETE FROM status_lists WHERE closed_at <= $1 AND NOT EXISTS (
	SELECT 1 FROM credentials c WHERE c.realm = status_lists.realm AND c.list = status_lists.id)`;

/** A caller may be about to take a place in a list that was closed just now. */
const CLOSED_FOR_MS = DAY_MS;

/** What has expired is not sent again, and nobody asks for its status. */
function* removeExpired(dialect: Dialect, most: number): Operation<number> {
	const now = yield* clock(dialect);
	let removed = 0;
	for (const { table, key, where } of UNTIL_EXPIRY) {
		const gone = yield* rows(
			`DELETE FROM ${table} WHERE ${key} IN (
				SELECT ${key} FROM ${table} WHERE expires_at <= $1 AND ${where}
				ORDER BY expires_at LIMIT $2 ${dialect.skipLocked})
			RETURNING 1 AS one`,
			now,
			most,
		);
		removed = Math.max(removed, gone.length);
	}
	yield* rows('DELETE FROM signing_keys WHERE last_expires_at <= $1', now);
	yield* rows(EMPTY_LISTS, now - CLOSED_FOR_MS);
	return removed;
}

/** The person's rows `i`, in the realm `$2` or, if that is null, in every realm. */
const PERSON = `${ofRecipient('i.recipient', '$1')} AND (CAST($2 AS text) IS NULL OR i.realm = $2)`;
const LOCK_PERSON = locking(PERSON);

/** `Ledger.forget`. Attempts and events are deleted with their rows. */
export function* forget(
	dialect: Dialect,
	recipient: string,
	realm: string | null = null,
): Operation<number> {
	return yield* deleteRows(dialect, yield* lockRows(dialect, LOCK_PERSON, recipient, realm));
}

/** @param ids - of rows that are locked @returns how many were deleted */
function* deleteRows(dialect: Dialect, ids: readonly number[]): Operation<number> {
	if (ids.length > 0) yield* rowsFor(dialect, DELETE, ids);
	return ids.length;
}

/** How often an erasure checks whether the attempt that it waits for is over. */
const ERASE_LOOK_MS = 250;

/** `Ledger.erase`. */
export async function erase(
	store: Store,
	recipient: string,
	waitMs: number,
	realm?: string,
): Promise<EraseResult> {
	for (const deadline = performance.now() + waitMs; ;) {
		const result = await store.write(() => eraseUnlessBusy(store.dialect, recipient, realm));
		const left = deadline - performance.now();
		if (result.outcome === 'erased' || left <= 0) {
			if (result.outcome === 'erased' && result.rows > 0) await store.purge();
			return result;
		}
		await sleep(Math.min(ERASE_LOOK_MS, left, result.leaseMs + 1));
	}
}

/**
 * Tries once: does nothing while an attempt is under way. Deletes only rows that were locked before it
 * looked for such attempts: on PostgreSQL another row may begin in the meantime.
 */
function* eraseUnlessBusy(
	dialect: Dialect,
	recipient: string,
	realm: string | null = null,
): Operation<EraseResult> {
	const ids = yield* lockRows(dialect, LOCK_PERSON, recipient, realm);
	const now = yield* clock(dialect);
	const [busy] = yield* rows<{ until: number | null }>(
		`SELECT max(i.lease_until) AS until FROM issuances i
		WHERE ${PERSON} AND i.state = 'sending' AND i.lease_until > $3`,
		recipient,
		realm,
		now,
	);
	if (busy?.until != null) return { outcome: 'busy', leaseMs: busy.until - now };
	return { outcome: 'erased', rows: yield* deleteRows(dialect, ids) };
}

interface Bound {
	readonly mostRows: number;
	readonly afterMs: number;
	/** Rows at a time. */
	readonly limit: number;
}

/** Deletes the oldest rows in any state, except for those whose attempt is under way. */
export function* trim(dialect: Dialect, { mostRows, afterMs, limit }: Bound): Operation<void> {
	const now = yield* clock(dialect);
	const found = yield* rows<{ id: number }>(
		`SELECT id FROM (SELECT id, state, updated_at FROM issuances ORDER BY id LIMIT $1) AS first
		WHERE state <> 'sending'
			AND (id <= (SELECT max(id) FROM issuances) - $2 OR updated_at <= $3)`,
		limit,
		mostRows,
		now - afterMs,
	);
	if (found.length > 0)
		yield* rowsFor(
			dialect,
			DELETE,
			found.map(({ id }) => id),
		);
}
