import type { PruneResult, Retention } from '../Ledger';
import { expireLease } from '../transitions';
import type { Database, Session } from './Database';
import { endAttempts, leaseEnd } from './endAttempts';
import { appendEvents, clock, lockRows, readRows, type NewEvent } from './rows';

const DAY_MS = 86_400_000;

/** See `Ledger.prune`. A transaction for each kind, so that none holds its rows for long. */
export async function prune(
	database: Database,
	{ finishedDays, openDays, limit, realm }: Retention,
): Promise<PruneResult> {
	const expired = await database.transaction((session) => expireLeases(session, limit));
	const abandoned = await database.transaction((session) =>
		abandon(session, openDays, limit, realm ?? null),
	);
	const deleted = await database.transaction((session) =>
		remove(session, finishedDays, limit, realm ?? null),
	);
	return { expired, abandoned, deleted };
}

/** Locks the first rows of an index; those that somebody holds come next time. */
const first = (where: string, by: string) =>
	`SELECT id FROM moca_air.issuances WHERE ${where} ORDER BY ${by} LIMIT $1 FOR UPDATE SKIP LOCKED`;

async function expireLeases(session: Session, limit: number): Promise<number> {
	const ids = await lockRows(
		session,
		`i.id IN (${first(`state = 'sending' AND lease_until <= (SELECT ${session.now})`, 'lease_until')})`,
		[limit],
	);
	const rows = await readRows(session, 'WHERE i.id = ANY($1::bigint[])', [ids]);
	const now = await clock(session);
	const ends = rows.flatMap((row) => {
		const end = expireLease(row, now);
		return end === undefined ? [] : [leaseEnd(row, end)];
	});
	await endAttempts(session, ends);
	return ends.length;
}

async function abandon(
	session: Session,
	days: number,
	limit: number,
	realm: string | null,
): Promise<number> {
	const old = `state IN ('submitted', 'unknown') AND state_at <= (SELECT ${session.now} - $2::bigint)
		AND ($3::text IS NULL OR realm = $3)`;
	const rows = await session.rows<{ id: number; at: number }>(
		`WITH old AS MATERIALIZED (${first(old, 'state_at')}),
			clock AS MATERIALIZED (SELECT ${session.now} AS now)
		UPDATE moca_air.issuances i SET state = 'abandoned', state_at = now, updated_at = now,
			next_check_at = NULL, claimed_until = NULL
		FROM old, clock WHERE i.id = old.id
		RETURNING i.id::float8 AS id, i.updated_at::float8 AS at`,
		[limit, days * DAY_MS, realm],
	);
	const events = rows
		.map(({ id }): NewEvent => ({ issuanceId: id, type: 'abandoned', threshold: '' }))
		.sort((a, b) => a.issuanceId - b.issuanceId);
	await appendEvents(session, events, rows[0]?.at ?? 0);
	return rows.length;
}

async function remove(
	{ rows, now }: Session,
	days: number,
	limit: number,
	realm: string | null,
): Promise<number> {
	const old = `state NOT IN ('sending', 'submitted', 'unknown')
		AND state_at <= (SELECT ${now} - $2::bigint) AND ($3::text IS NULL OR realm = $3)`;
	const [removed] = await rows<{ count: number }>(
		`WITH old AS MATERIALIZED (${first(old, 'state_at')}), newest AS (
			INSERT INTO moca_air.pruned AS p SELECT i.realm, max(e.id) FROM old
				JOIN moca_air.issuances i ON i.id = old.id
				JOIN moca_air.events e ON e.issuance_id = i.id GROUP BY i.realm
			ON CONFLICT (realm) DO UPDATE SET up_to = greatest(p.up_to, excluded.up_to)
		), removed AS (
			DELETE FROM moca_air.issuances i USING old WHERE i.id = old.id RETURNING 1
		)
		SELECT count(*)::float8 AS count FROM removed`,
		[limit, days * DAY_MS, realm],
	);
	return removed?.count ?? 0;
}

/** See `Ledger.forget`. Attempts and events go with their rows. */
export async function forget(session: Session, recipient: string): Promise<number> {
	const ids = await lockRows(session, 'i.recipient = $1', [recipient]);
	await session.rows('DELETE FROM moca_air.issuances WHERE id = ANY($1::bigint[])', [ids]);
	return ids.length;
}
