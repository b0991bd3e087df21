import { LONGEST_AHEAD_MS } from '../Feed';
import type { DueQuery, LedgerRow, Observation } from '../Ledger';
import { decideObserved } from '../transitions';
import type { Session } from './Database';
import { appendEvents, clock, lockRows, readAnyRows, readRows, type NewEvent } from './rows';

const WITH_HASH = `i.realm = $1 AND i.id IN (
	SELECT issuance_id FROM moca_air.attempts WHERE core_claim_hash = $2)`;

/** See `Ledger.observed`. */
export async function observed(
	session: Session,
	realm: string,
	coreClaimHash: string,
	seen: Observation,
): Promise<LedgerRow[]> {
	const ids = await lockRows(session, WITH_HASH, [realm, coreClaimHash]);
	if (ids.length === 0) return [];
	const rows = await readRows(session, 'WHERE i.id = ANY($1::bigint[]) ORDER BY i.id', [ids]);
	const at = await clock(session);
	const events: NewEvent[] = [];
	// All rows before the events: see appendEvents.
	for (const row of rows) {
		const asked = seen.recipient === undefined || seen.recipient === row.recipient;
		if (!asked || row.coreClaimHash !== coreClaimHash) continue;
		events.push(...(await write(session, row, seen, at)));
	}
	await appendEvents(session, events, at);
	return await readRows(session, 'WHERE i.id = ANY($1::bigint[]) ORDER BY i.id', [ids]);
}

/** Whether an attempt is under way that may take the place of the row, which is locked, at AIR. */
async function isReplacing({ rows }: Session, row: LedgerRow, at: number): Promise<boolean> {
	const { id, recipient, program, realm } = row;
	const underWay = await rows(
		`SELECT FROM moca_air.issuances WHERE recipient = $1 AND program = $2 AND realm = $3
			AND state = 'sending' AND lease_until > $4 AND id <> $5 LIMIT 1`,
		[recipient, program, realm, at, id],
	);
	return underWay.length > 0;
}

async function write(
	session: Session,
	row: LedgerRow,
	seen: Observation,
	at: number,
): Promise<NewEvent[]> {
	const replacing = seen.state === 'unusable' && (await isReplacing(session, row, at));
	const change = decideObserved(row, seen, replacing);
	const believed = change.vcStatus === seen.vcStatus;
	const watched = change.nextCheckMs === null ? null : at + change.nextCheckMs;
	const confirmed = change.state === 'confirmed' && row.state !== 'confirmed';
	await session.rows(
		`UPDATE moca_air.issuances SET state = $2, vc_status = $3, vc_id = $4, next_check_at = $5,
			confirmed_at = $6, updated_at = $7, state_at = CASE WHEN state = $2 THEN state_at ELSE $7 END,
			claimed_until = NULL, missing_since = NULL, checks = checks + 1
		WHERE id = $1`,
		[
			row.id,
			change.state,
			change.vcStatus,
			believed ? (seen.vcId ?? row.vcId) : row.vcId,
			watched,
			confirmed ? at : row.confirmedAt,
			at,
		],
	);
	return change.events.map((event) => ({ ...event, issuanceId: row.id }));
}

/** See `Ledger.claimDue`. */
export async function claimDue(session: Session, query: DueQuery): Promise<LedgerRow[]> {
	const due = await claim(session, query, `due_at <= (SELECT ${session.now})`, query.limit);
	const rest = query.limit - due.length;
	const beyond = `due_at > (SELECT ${session.now} + ${LONGEST_AHEAD_MS})`;
	const ahead = rest > 0 ? await claim(session, query, beyond, rest) : [];
	const claimed = [...due, ...ahead];
	if (claimed.length === 0) return [];
	const rows = await readAnyRows(session, 'WHERE i.id = ANY($1::bigint[])', [claimed]);
	return rows.sort((a, b) => claimed.indexOf(a.id) - claimed.indexOf(b.id));
}

/** @returns the ids of the rows that it has claimed, the longest due first */
async function claim(
	session: Session,
	{ leaseMs, realm, instance, ids }: DueQuery,
	when: string,
	limit: number,
): Promise<number[]> {
	const claimed = await session.rows<{ id: number; at: number }>(
		// The clock in a subquery of its own, for no index is looked up by what changes at each look.
		`WITH due AS MATERIALIZED (
			SELECT id, due_at FROM moca_air.issuances
			WHERE realm = $1 AND ${when}
				AND ($2::text IS NULL OR instance = $2)
				AND CASE WHEN $5::bigint[] IS NULL THEN origin = 'issued' ELSE id = ANY($5) END
			ORDER BY due_at, id LIMIT $3
			FOR UPDATE SKIP LOCKED
		)
		UPDATE moca_air.issuances i SET claimed_until = ${session.now} + $4::bigint,
			next_check_at = least(next_check_at, ${session.now})
		FROM due WHERE i.id = due.id
		RETURNING i.id::float8 AS id, due.due_at::float8 AS at`,
		[realm, instance ?? null, limit, leaseMs, ids ?? null],
	);
	return claimed.sort((a, b) => a.at - b.at || a.id - b.id).map(({ id }) => id);
}

/** See `Ledger.release`. */
export async function release(session: Session, ids: readonly number[]): Promise<void> {
	if (ids.length === 0) return;
	await session.rows(
		'UPDATE moca_air.issuances SET claimed_until = NULL WHERE id = ANY($1::bigint[])',
		[ids],
	);
}
