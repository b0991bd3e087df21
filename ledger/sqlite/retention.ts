import type { LedgerRow, PruneResult, Retention, RowState } from '../Ledger';
import { expireLease } from '../transitions';
import { expire } from './attemptEnds';
import type { Connection, Session } from './Connection';
import { appendEvent, readRows } from './rows';

/** So many rows in one transaction: the process stands still, and others wait, meanwhile. */
const BATCH = 100;
const DAY_MS = 86_400_000;

const OPEN: readonly RowState[] = ['submitted', 'unknown'];
const FINISHED: readonly RowState[] = [
	'rejected',
	'confirmed',
	'unusable',
	'superseded',
	'abandoned',
];

const words = (states: readonly RowState[]) => states.map((state) => `'${state}'`).join(', ');

function expireSome(session: Session, limit: number): number {
	const rows = readRows(
		session,
		`WHERE i.state = 'sending' AND i.lease_until <= ? LIMIT ?`,
		session.now,
		limit,
	);
	for (const row of rows) {
		const end = expireLease(row, session.now);
		if (end !== undefined) expire(session, row, end);
	}
	return rows.length;
}

function abandonSome(session: Session, limit: number, days: number, realm: string | null): number {
	const { all, now } = session;
	const rows = all<Pick<LedgerRow, 'id'>>(
		`UPDATE issuances SET state = 'abandoned', state_at = $now, updated_at = $now,
			next_check_at = NULL, claimed_until = NULL
		WHERE id IN (SELECT id FROM issuances
			WHERE state IN (${words(OPEN)}) AND state_at <= $before
				AND ($realm IS NULL OR realm = $realm) LIMIT $limit)
		RETURNING id`,
		{ now, before: now - days * DAY_MS, limit, realm },
	);
	const ids = rows.map(({ id }) => id).sort((a, b) => a - b);
	for (const id of ids) appendEvent(session, id, 'abandoned', '');
	return ids.length;
}

/** Attempts and events go with their rows; what was the newest of them stays known (`Cursor.missed`). */
function deleteSome(
	{ all, run, now }: Session,
	limit: number,
	days: number,
	realm: string | null,
): number {
	const rows = all<{ id: number }>(
		`SELECT id FROM issuances WHERE state IN (${words(FINISHED)}) AND state_at <= $before
			AND ($realm IS NULL OR realm = $realm) LIMIT $limit`,
		{ before: now - days * DAY_MS, limit, realm },
	);
	const ids = JSON.stringify(rows.map(({ id }) => id));
	run(
		`INSERT INTO pruned SELECT i.realm, max(e.id) FROM issuances i
			JOIN events e ON e.issuance_id = i.id
			WHERE i.id IN (SELECT value FROM json_each(?)) GROUP BY i.realm
		ON CONFLICT (realm) DO UPDATE SET up_to = max(up_to, excluded.up_to)`,
		ids,
	);
	return run('DELETE FROM issuances WHERE id IN (SELECT value FROM json_each(?))', ids).changes;
}

async function batches(
	connection: Connection,
	limit: number,
	work: (session: Session, limit: number) => number,
): Promise<number> {
	for (let done = 0; ;) {
		const wanted = Math.min(BATCH, limit - done);
		const found = wanted > 0 ? await connection.write((session) => work(session, wanted)) : 0;
		done += found;
		if (found < BATCH) return done;
	}
}

/** `Ledger.prune`. */
export async function prune(
	connection: Connection,
	{ finishedDays, openDays, limit, realm }: Retention,
): Promise<PruneResult> {
	const expired = await batches(connection, limit, expireSome);
	const abandoned = await batches(connection, limit, (session, wanted) =>
		abandonSome(session, wanted, openDays, realm ?? null),
	);
	const deleted = await batches(connection, limit, (session, wanted) =>
		deleteSome(session, wanted, finishedDays, realm ?? null),
	);
	return { expired, abandoned, deleted };
}

/** `Ledger.forget`. Nothing of the person is left in the files afterwards, unless somebody reads. */
export async function forget(connection: Connection, recipient: string): Promise<number> {
	const forgotten = await connection.write(
		({ run }) => run('DELETE FROM issuances WHERE recipient = ?', recipient).changes,
	);
	// What was written of the person before is still in the log that SQLite keeps beside the file.
	if (forgotten > 0) await connection.pragma('PRAGMA wal_checkpoint(TRUNCATE)');
	return forgotten;
}
