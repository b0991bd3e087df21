import type { FindBy, LedgerRow, ProgramUse, RowState } from '../Ledger';
import type { Dialect } from '../sql/Dialect';
import { rows, type Operation } from '../sql/Session';
import { readRows, selecting, WITH_HASH } from './rows';

const NEWEST_WITH_HASH = selecting(`WHERE ${WITH_HASH} ORDER BY i.id DESC LIMIT 1`);
const WITH_KEY = selecting(
	'WHERE i.realm = $1 AND i.program = $2 AND i.idempotency_key = $3 AND i.retired = 0',
);

/**
 * Finds a key in any program. The index for keys begins with realm and program, so the few programs are
 * found in it one after another.
 */
const NEWEST_WITH_KEY = selecting(`WHERE i.id = (
	WITH RECURSIVE used (program) AS (
		SELECT min(program) FROM issuances WHERE realm = $1 AND retired = 0
		UNION ALL
		SELECT (SELECT min(program) FROM issuances
			WHERE realm = $1 AND retired = 0 AND program > used.program)
		FROM used WHERE used.program IS NOT NULL)
	SELECT max(found.id) FROM used JOIN issuances found ON found.realm = $1
		AND found.program = used.program AND found.idempotency_key = $2 AND found.retired = 0)`);

/** `Ledger.find`. */
export function* find(
	dialect: Dialect,
	realm: string,
	by: FindBy,
): Operation<LedgerRow | undefined> {
	return (yield* foundBy(dialect, realm, by))[0];
}

function* foundBy(dialect: Dialect, realm: string, by: FindBy): Operation<LedgerRow[]> {
	if ('coreClaimHash' in by) {
		return yield* readRows(dialect, NEWEST_WITH_HASH, realm, by.coreClaimHash);
	}
	const { program, idempotencyKey } = by;
	return program === undefined
		? yield* readRows(dialect, NEWEST_WITH_KEY, realm, idempotencyKey)
		: yield* readRows(dialect, WITH_KEY, realm, program, idempotencyKey);
}

/** The most issuances to look at, the newest first. */
const NEWEST = 5_000;
const MOST_PROGRAMS = 100;

/** `Ledger.programs`. */
export function* programs(realm: string): Operation<ProgramUse[]> {
	const used = yield* rows<{ program: string; n: number; last: number }>(
		`SELECT program, count(*) AS n, max(answered_at) AS last
		FROM (SELECT program, answered_at FROM issuances
			WHERE realm = $1 AND program <> '' AND answered_at IS NOT NULL
			ORDER BY id DESC LIMIT ${NEWEST}) AS newest
		GROUP BY program ORDER BY last DESC LIMIT ${MOST_PROGRAMS}`,
		realm,
	);
	return used.map(({ program, n, last }) => ({ program, count: n, lastAt: last }));
}

/** `Ledger.totals`. */
export function* totals(): Operation<Partial<Record<RowState, number>>> {
	const counted = yield* rows<{ state: RowState; n: number }>(
		'SELECT state, count(*) AS n FROM issuances GROUP BY state',
	);
	return Object.fromEntries(counted.map(({ state, n }) => [state, n]));
}
