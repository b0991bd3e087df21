import type {
	ListSummary,
	NewList,
	NumberStatus,
	Place,
	PublishedList,
	Restored,
	RevokedMark,
	StatusList,
} from '../Ledger';
import type { Dialect } from '../sql/Dialect';
import { endRevoked, revokeNumbers } from './revoke';
import { clock, forDialect, rows, rowsFor, type Operation } from '../sql/Session';

interface Open {
	readonly id: string;
	readonly size: number;
	readonly own: number;
}

const OPEN = `SELECT l.id AS id, l.size AS size,
		CASE WHEN l.ledger_id = (SELECT id FROM identity LIMIT 1) THEN 1 ELSE 0 END AS own
	FROM status_lists l WHERE l.realm = $1 AND l.closed_at IS NULL`;

function* used(realm: string, list: string): Operation<number> {
	const [found] = yield* rows<{ count: number }>(
		'SELECT count(*) AS count FROM credentials WHERE realm = $1 AND list = $2',
		realm,
		list,
	);
	return found?.count ?? 0;
}

/** From this fill level on, a random place is more often taken than free. */
const isHalfFull = (count: number, size: number) => count * 2 >= size;

const TAKEN = forDialect(
	({ oneOf }) => `SELECT list_index AS "index" FROM credentials
	WHERE realm = $1 AND list = $2 AND list_index ${oneOf('$3', 'bigint')}`,
);

/** `Ledger.freePlace`. It counts how full the list is only if a drawn place is taken. */
export function* freePlace(
	dialect: Dialect,
	realm: string,
	draws: readonly number[],
): Operation<Place | undefined> {
	const [list] = yield* rows<Open>(OPEN, realm);
	if (list?.own !== 1) return undefined;
	const { id, size } = list;
	const indexes = draws.map((draw) => draw % size);
	const found = yield* rowsFor<{ index: number }>(dialect, TAKEN, realm, id, indexes);
	const taken = new Set(found.map(({ index }) => index));
	const [first] = indexes;
	if (first !== undefined && taken.has(first) && isHalfFull(yield* used(realm, id), size)) {
		return undefined;
	}
	const index = indexes.find((one) => !taken.has(one));
	return index === undefined ? undefined : { list: id, index };
}

/** `Ledger.openList`. If several call it at once, one makes the list and the others find it. */
export function* openList(dialect: Dialect, realm: string, list: NewList): Operation<void> {
	const [open] = yield* rows<Open>(`${OPEN} ${dialect.rowLock}`, realm);
	if (open?.own === 1 && !isHalfFull(yield* used(realm, open.id), open.size)) return;
	const now = yield* clock(dialect);
	if (open !== undefined) {
		yield* rows('UPDATE status_lists SET closed_at = $2 WHERE id = $1', open.id, now);
	}
	yield* rows(
		`INSERT INTO status_lists (id, realm, ledger_id, size, opened_at)
		SELECT $1, $2, (SELECT id FROM identity LIMIT 1), $3, $4 WHERE true ON CONFLICT DO NOTHING`,
		list.id,
		realm,
		list.size,
		now,
	);
}

interface FoundList {
	readonly size: number;
	readonly openedAt: number;
	readonly doubtful: number;
	readonly published: string | null;
}

/** `Ledger.statusList`. */
export function* statusList(realm: string, id: string): Operation<StatusList | undefined> {
	const [list] = yield* rows<FoundList>(
		`SELECT size, opened_at AS "openedAt", doubtful, published FROM status_lists
		WHERE realm = $1 AND id = $2`,
		realm,
		id,
	);
	if (list === undefined) return undefined;
	const found = yield* rows<{ index: number; at: number }>(
		`SELECT list_index AS "index", revoked_at AS at FROM credentials
		WHERE realm = $1 AND list = $2 AND revoked_at IS NOT NULL`,
		realm,
		id,
	);
	const { size, openedAt, doubtful, published } = list;
	const before = published === null ? [] : (JSON.parse(published) as number[]);
	return {
		id,
		size,
		revoked: [...new Set([...before, ...found.map(({ index }) => index)])].sort((a, b) => a - b),
		changedAt: found.reduce((latest, { at }) => Math.max(latest, at), openedAt),
		doubtful: doubtful === 1,
	};
}

/** `Ledger.statusLists`. */
export function* statusLists(realm: string): Operation<ListSummary[]> {
	const found = yield* rows<
		Omit<ListSummary, 'doubtful' | 'used'> & Record<'doubtful' | 'used', number>
	>(
		`SELECT l.id AS id, l.size AS size, l.opened_at AS "openedAt", l.closed_at AS "closedAt",
			l.doubtful AS doubtful, count(c.number) AS used, max(c.list_index) AS "lastIndex"
		FROM status_lists l LEFT JOIN credentials c ON c.realm = l.realm AND c.list = l.id
		WHERE l.realm = $1 GROUP BY l.id, l.size, l.opened_at, l.closed_at, l.doubtful
		ORDER BY l.opened_at, l.id`,
		realm,
	);
	return found.map((list) => ({
		...list,
		used: list.used,
		doubtful: list.doubtful === 1,
	}));
}

/** `Ledger.numberStatus`. */
export function* numberStatus(realm: string, number: string): Operation<NumberStatus | undefined> {
	const [found] = yield* rows<{ revokedAt: number | null; doubtful: number }>(
		`SELECT revoked_at AS "revokedAt", doubtful FROM credentials
		WHERE number = $1 AND realm = $2`,
		number,
		realm,
	);
	if (found === undefined) return undefined;
	if (found.revokedAt !== null) return 'revoked';
	return found.doubtful === 1 ? 'doubtful' : 'valid';
}

/**
 * `Ledger.restored`.
 *
 * @param marks - what is known outside of the ledger to be revoked
 */
export function* restored(
	dialect: Dialect,
	published: readonly PublishedList[],
	marks: readonly RevokedMark[],
	nothingRevoked: boolean,
): Operation<Restored> {
	const now = yield* clock(dialect);
	for (const { number, at } of marks) yield* revokeNumbers(dialect, [number], at);
	yield* rows(`UPDATE identity SET id = ${dialect.schema.randomId}`);
	const closed = yield* rows(
		'UPDATE status_lists SET closed_at = $1 WHERE closed_at IS NULL RETURNING 1 AS one',
		now,
	);
	if (nothingRevoked) {
		yield* rows('UPDATE status_lists SET doubtful = 0');
		yield* rows('UPDATE credentials SET doubtful = 0');
	} else {
		yield* rows('UPDATE status_lists SET doubtful = 1');
		yield* rows('UPDATE credentials SET doubtful = 1 WHERE revoked_at IS NULL');
	}
	const unknown: string[] = [];
	for (const list of published) {
		if (!(yield* takePublished(dialect, list, now))) unknown.push(list.id);
	}
	yield* endRevoked(dialect, now);
	const [left] = yield* rows<{ count: number }>(
		'SELECT count(*) AS count FROM status_lists WHERE doubtful = 1',
	);
	return { closed: closed.length, doubtful: left?.count ?? 0, unknown };
}

const REVOKE_PLACES = forDialect(
	({ oneOf }) => `UPDATE credentials SET revoked_at = $3
	WHERE list = $1 AND list_index ${oneOf('$2', 'bigint')} AND revoked_at IS NULL`,
);

/**
 * A place may belong to a credential that was issued after the backup, and so has no row here.
 *
 * @returns false for a list that the ledger does not know
 */
function* takePublished(dialect: Dialect, list: PublishedList, at: number): Operation<boolean> {
	const { id } = list;
	const [known] = yield* rows<{ published: string | null }>(
		'SELECT published FROM status_lists WHERE id = $1',
		id,
	);
	if (known === undefined) return false;
	// It may be given in several copies, of which any can be the older one.
	const before = known.published === null ? [] : (JSON.parse(known.published) as number[]);
	const revoked = [...new Set([...before, ...list.revoked])];
	yield* rows(
		'UPDATE status_lists SET doubtful = 0, published = $2 WHERE id = $1',
		id,
		JSON.stringify(revoked),
	);
	if (revoked.length > 0) yield* rowsFor(dialect, REVOKE_PLACES, id, revoked, at);
	yield* rows('UPDATE credentials SET doubtful = 0 WHERE list = $1', id);
	return true;
}
