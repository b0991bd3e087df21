import {
	HASH_MISSING,
	LATE_COMMIT_MS,
	type DelayedQuery,
	type Missing,
	type Postponed,
} from '../Feed';
import { decideMissing } from '../transitions';
import type { Session } from './Database';
import { appendEvents, clock, hasEvent, lockRows, readRow, type NewEvent } from './rows';

const MINUTE_MS = 60_000;

/** See `Feed.appendDelayed`. */
export async function appendDelayed(session: Session, query: DelayedQuery): Promise<number> {
	const { rows } = session;
	const { realm, minutes, start, limit } = query;
	await rows('INSERT INTO moca_air.delays VALUES ($1, $2, -1) ON CONFLICT DO NOTHING', [
		realm,
		minutes,
	]);
	// Locked: two that append at once would do the same work twice.
	const [found] = await rows<{ upTo: number }>(
		`SELECT up_to::float8 AS "upTo" FROM moca_air.delays
		WHERE realm = $1 AND minutes = $2 FOR UPDATE`,
		[realm, minutes],
	);
	const now = await clock(session);
	const due = now - minutes * MINUTE_MS;
	const threshold = String(minutes);
	const isNew = (found?.upTo ?? -1) < 0;
	// A clock that was set back must not hide what comes due until it has caught up.
	const from = Math.min(isNew ? (start === 'now' ? due : 0) : (found?.upTo ?? due), due);
	// Nothing was late for a threshold that nobody has asked for before.
	const since = isNew ? from : from - LATE_COMMIT_MS;
	const delayed = await rows<{ id: number; pendingSince: number }>(
		`SELECT i.id::float8 AS id, i.pending_since::float8 AS "pendingSince"
		FROM moca_air.issuances i
		WHERE i.realm = $1 AND i.state = 'submitted'
			AND i.pending_since > $2 AND i.pending_since <= $3
			AND NOT ${hasEvent("'delayed'", '$4')}
		ORDER BY i.pending_since, i.id LIMIT $5`,
		[realm, since, due, threshold, limit],
	);
	const upTo = delayed.length < limit ? due : (delayed.at(-1)?.pendingSince ?? due);
	await rows('UPDATE moca_air.delays SET up_to = $3 WHERE realm = $1 AND minutes = $2', [
		realm,
		minutes,
		upTo,
	]);
	const ids = delayed.map(({ id }) => id);
	// Whose row is being erased, or was confirmed a moment ago, is not delayed any more.
	const still = await lockRows(session, `i.id = ANY($1::bigint[]) AND i.state = 'submitted'`, [
		ids,
	]);
	const events = still.map((id): NewEvent => ({ issuanceId: id, type: 'delayed', threshold }));
	await appendEvents(session, events, now);
	return delayed.length;
}

const STANDING = `i.realm = $1 AND i.core_claim_hash = $2 AND i.id IN (
	SELECT issuance_id FROM moca_air.attempts WHERE core_claim_hash = $2)`;

/** See `Feed.missing`. */
export async function missing(
	session: Session,
	realm: string,
	coreClaimHash: string,
	{ nextCheckMs, condemnAfterMs, recipient }: Missing,
): Promise<void> {
	const { rows } = session;
	const ids = await lockRows(session, `${STANDING} AND ($3::text IS NULL OR i.recipient = $3)`, [
		realm,
		coreClaimHash,
		recipient ?? null,
	]);
	const now = await clock(session);
	const events: NewEvent[] = [];
	for (const id of ids) {
		const row = await readRow(session, id);
		if (row === undefined) continue;
		const [found] = await rows<{ at: number | null }>(
			'SELECT missing_since::float8 AS at FROM moca_air.issuances WHERE id = $1',
			[id],
		);
		const missingSince = found?.at ?? now;
		const condemned = decideMissing(row, now - missingSince, condemnAfterMs);
		await rows(
			`UPDATE moca_air.issuances SET missing_since = $2::bigint, checks = checks + 1,
				claimed_until = NULL, updated_at = $3::bigint,
				next_check_at = CASE WHEN next_check_at IS NULL OR $5::boolean THEN NULL
					ELSE $4::bigint END,
				state = CASE WHEN $5::boolean THEN 'unusable' ELSE state END,
				state_at = CASE WHEN $5::boolean THEN $3::bigint ELSE state_at END,
				reason = CASE WHEN $5::boolean THEN $6::text ELSE reason END
			WHERE id = $1`,
			[id, missingSince, now, now + nextCheckMs, condemned, HASH_MISSING],
		);
		if (condemned) events.push({ issuanceId: id, type: 'unusable', threshold: '' });
	}
	await appendEvents(session, events, now);
}

/** See `Feed.postpone`. */
export async function postpone(session: Session, postponed: readonly Postponed[]): Promise<void> {
	if (postponed.length === 0) return;
	const ids = postponed.map(({ id }) => id);
	await lockRows(session, 'i.id = ANY($1::bigint[])', [ids]);
	await session.rows(
		`UPDATE moca_air.issuances i SET claimed_until = NULL, checks = checks + 1,
			next_check_at = CASE WHEN next_check_at IS NULL THEN NULL ELSE ${session.now} + p.ms END
		FROM unnest($1::bigint[], $2::bigint[]) AS p (id, ms) WHERE i.id = p.id`,
		[ids, postponed.map(({ nextCheckMs }) => Math.trunc(nextCheckMs))],
	);
}

/** See `Feed.hold`. */
export async function hold(
	session: Session,
	realm: string,
	coreClaimHash: string,
	leaseMs: number,
): Promise<void> {
	const ids = await lockRows(session, STANDING, [realm, coreClaimHash]);
	if (ids.length === 0) return;
	await session.rows(
		`UPDATE moca_air.issuances
		SET claimed_until = greatest(claimed_until, ${session.now} + $2::bigint)
		WHERE id = ANY($1::bigint[])`,
		[ids, leaseMs],
	);
}
