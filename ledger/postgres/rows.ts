import { assertRow } from '../assertRow';
import type { EventType, LedgerRow } from '../Ledger';
import { LOCK_CLASS } from './migrations';
import type { Session } from './Database';

const EVENT_LOCK = 2;

/** A row as the interface has it; in JSON, because `pg` gives a bigint as text. */
export const ROW = `jsonb_build_object(
	'id', i.id, 'realm', i.realm, 'program', i.program, 'issuerDid', i.issuer_did,
	'recipient', i.recipient, 'idempotencyKey', i.idempotency_key, 'subjectHmac', i.subject_hmac,
	'keyThumbprint', i.key_thumbprint, 'reference', i.reference, 'instance', i.instance,
	'workflowId', i.workflow_id, 'executionId', i.execution_id, 'nodeId', i.node_id,
	'state', i.state, 'reason', i.reason, 'attempt', i.attempt, 'coreClaimHash', i.core_claim_hash,
	'userUuid', i.user_uuid, 'vcId', i.vc_id, 'vcStatus', i.vc_status,
	'nextCheckAt', i.next_check_at, 'checks', i.checks, 'leaseUntil', i.lease_until,
	'createdAt', i.created_at, 'answeredAt', i.answered_at, 'confirmedAt', i.confirmed_at,
	'updatedAt', i.updated_at, 'keptSince', i.kept_since, 'keptSame', i.kept_same,
	'attempts', (SELECT coalesce(jsonb_agg(jsonb_build_object(
		'number', a.number, 'startedAt', a.started_at, 'endedAt', a.ended_at, 'outcome', a.outcome,
		'coreClaimHash', a.core_claim_hash, 'userUuid', a.user_uuid) ORDER BY a.number), '[]')
		FROM moca_air.attempts a WHERE a.issuance_id = i.id))`;

/**
 * Reads rows.
 *
 * @param where - what follows FROM, with the rows' table called `i`
 * @throws LedgerError if one of them is damaged
 */
export async function readRows(
	session: Session,
	where: string,
	values: readonly unknown[],
): Promise<LedgerRow[]> {
	return (await readAnyRows(session, where, values)).map(assertRow);
}

/** Reads rows as they are, damaged ones too: see `assertRow`. */
export async function readAnyRows(
	{ rows }: Session,
	where: string,
	values: readonly unknown[],
): Promise<LedgerRow[]> {
	const found = await rows<{ row: LedgerRow }>(
		`SELECT ${ROW} AS row FROM moca_air.issuances i ${where}`,
		values,
	);
	return found.map(({ row }) => row);
}

/** Reads one row by its ID. */
export async function readRow(session: Session, id: number): Promise<LedgerRow | undefined> {
	return (await readRows(session, 'WHERE i.id = $1', [id]))[0];
}

/**
 * Locks rows, in the order of their IDs, so that two that lock several never wait for each other.
 * What is known of a row is to be read afterwards, in another statement: this one does not see what
 * was committed while it waited.
 *
 * @param where - the condition, with the rows' table called `i`
 * @returns their IDs
 */
export async function lockRows(
	{ rows }: Session,
	where: string,
	values: readonly unknown[],
): Promise<number[]> {
	const locked = await rows<{ id: number }>(
		`SELECT i.id::float8 AS id FROM moca_air.issuances i WHERE ${where} ORDER BY i.id FOR UPDATE`,
		values,
	);
	return locked.map(({ id }) => id);
}

/** The store's clock; to be asked when the locks are held. */
export async function clock({ rows, now }: Session): Promise<number> {
	const [row] = await rows<{ now: number }>(`SELECT ${now}::float8 AS now`);
	if (row === undefined) throw new Error('PostgreSQL did not tell its time');
	return row.now;
}

export interface NewEvent {
	readonly issuanceId: number;
	readonly type: EventType;
	readonly threshold: string;
}

/**
 * Whether the issuance of row `i` has the event already: the row itself, or another row with the same
 * hash. A row that is only watched stands for itself: its address may be another one.
 *
 * @param type - an expression of SQL, as `threshold`
 */
export const hasEvent = (type: string, threshold: string) => `EXISTS (
	SELECT FROM moca_air.events e WHERE e.type = ${type} AND e.threshold = ${threshold}
		AND e.issuance_id IN (
			SELECT i.id
			UNION ALL
			SELECT o.id FROM moca_air.attempts a JOIN moca_air.issuances o ON o.id = a.issuance_id
			WHERE a.core_claim_hash = i.core_claim_hash AND o.core_claim_hash = i.core_claim_hash
				AND o.realm = i.realm AND o.origin = 'issued' AND i.origin = 'issued'))`;

/**
 * Appends events, except those that their issuance already has; of several rows with one hash the
 * first has it.
 *
 * Under a lock that is held until the commit and taken before the IDs are drawn: whoever sees an ID
 * has seen all below it. To be called last, when all rows are locked, since everybody who appends
 * waits meanwhile.
 */
export async function appendEvents(
	{ rows }: Session,
	events: readonly NewEvent[],
	at: number,
): Promise<void> {
	if (events.length === 0) return;
	await rows('SELECT pg_advisory_xact_lock($1, $2)', [LOCK_CLASS, EVENT_LOCK]);
	await rows(
		`INSERT INTO moca_air.events (issuance_id, type, threshold, at)
		SELECT told.issuance_id, told.type, told.threshold, $4 FROM (
			SELECT n.*, row_number() OVER (
				PARTITION BY i.realm, i.origin, n.type, n.threshold,
					CASE i.origin WHEN 'issued' THEN coalesce(i.core_claim_hash, i.id::text)
						ELSE i.id::text END
				ORDER BY i.id) AS nth
			FROM unnest($1::bigint[], $2::text[], $3::text[]) WITH ORDINALITY
				AS n (issuance_id, type, threshold, place)
				JOIN moca_air.issuances i ON i.id = n.issuance_id
			WHERE NOT ${hasEvent('n.type', 'n.threshold')}
		) AS told
		WHERE told.nth = 1 ORDER BY told.place`,
		[
			events.map(({ issuanceId }) => issuanceId),
			events.map(({ type }) => type),
			events.map(({ threshold }) => threshold),
			at,
		],
	);
}
