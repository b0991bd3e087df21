import type { Session } from './Connection';
import { ledgerMoved, MOVED_MARK } from './failure';

/** Which ledger was moved, and whether it has arrived completely. */
export interface Move {
	readonly finished: boolean;
}

/** The note in a file whose rows were moved to PostgreSQL or are being moved. */
export function moveOf({ rows }: Session): Move | undefined {
	const [marked] = rows("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'moved'");
	if (marked === undefined) return undefined;
	const [open] = rows('SELECT 1 FROM moved WHERE finished_at IS NULL');
	return { finished: open === undefined };
}

/** @throws LedgerError LEDGER_MOVED if the rows are elsewhere: continuing here could issue twice */
export function assertNotMoved(session: Session): void {
	const move = moveOf(session);
	if (move !== undefined) throw ledgerMoved(move.finished);
}

/**
 * For those who only look: during a move the file still has everything, but after it, it lacks what was
 * issued and revoked since.
 *
 * @throws LedgerError LEDGER_MOVED
 */
export function assertCurrent(session: Session): void {
	if (moveOf(session)?.finished === true) throw ledgerMoved(true);
}

/** The tables of the ledger itself. */
export const tablesOf = ({ rows }: Session): string[] =>
	rows(
		`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'
			AND name NOT IN ('moved', 'identity') ORDER BY name <> 'issuances', name`,
	).map((row) => String(Reflect.get(Object(row), 'name')));

/**
 * From now on triggers refuse every write to the file, even by processes that have it open already.
 *
 * @param at - milliseconds since 1970
 */
export function markMoving(session: Session, at: number): void {
	if (moveOf(session) !== undefined) return;
	session.script('CREATE TABLE moved (begun_at INTEGER NOT NULL, finished_at INTEGER) STRICT');
	session.rows('INSERT INTO moved (begun_at) VALUES ($1)', [at]);
	for (const table of tablesOf(session)) {
		for (const change of ['INSERT', 'UPDATE', 'DELETE']) {
			session.script(
				`CREATE TRIGGER moved_${table}_${change} BEFORE ${change} ON ${table}
				BEGIN SELECT RAISE(ABORT, '${MOVED_MARK}'); END`,
			);
		}
	}
}

/** Everything has arrived. */
export function markMoved({ rows }: Session, at: number): void {
	rows('UPDATE moved SET finished_at = coalesce(finished_at, $1)', [at]);
}
