import { assertRow } from '../assertRow';
import type { EventType, LedgerRow } from '../Ledger';
import type { Session } from './Connection';
import type { SQLInputValue } from 'node:sqlite';

/** A row as the interface has it, in one piece with its attempts. */
export const ROW = `json_object(
	'id', i.id, 'realm', i.realm, 'program', i.program, 'issuerDid', i.issuer_did,
	'recipient', i.recipient, 'idempotencyKey', i.idempotency_key, 'subjectHmac', i.subject_hmac,
	'keyThumbprint', i.key_thumbprint, 'reference', i.reference, 'instance', i.instance,
	'workflowId', i.workflow_id, 'executionId', i.execution_id, 'nodeId', i.node_id,
	'state', i.state, 'reason', i.reason, 'attempt', i.attempt, 'coreClaimHash', i.core_claim_hash,
	'userUuid', i.user_uuid, 'vcId', i.vc_id, 'vcStatus', i.vc_status,
	'nextCheckAt', i.next_check_at, 'checks', i.checks, 'leaseUntil', i.lease_until,
	'createdAt', i.created_at, 'answeredAt', i.answered_at, 'confirmedAt', i.confirmed_at,
	'updatedAt', i.updated_at, 'keptSince', i.kept_since, 'keptSame',
		CASE i.kept_same WHEN 1 THEN json('true') WHEN 0 THEN json('false') END,
	'attempts', (SELECT json_group_array(json_object(
		'number', a.number, 'startedAt', a.started_at, 'endedAt', a.ended_at, 'outcome', a.outcome,
		'coreClaimHash', a.core_claim_hash, 'userUuid', a.user_uuid) ORDER BY a.number)
		FROM attempts a WHERE a.issuance_id = i.id))`;

/** Built once: a text this long takes as long to put together and look up as the row to read. */
const selects = new Map<string, string>();

function selectWhere(where: string): string {
	const built = selects.get(where) ?? `SELECT ${ROW} AS row FROM issuances i ${where}`;
	selects.set(where, built);
	return built;
}

/**
 * Reads rows.
 *
 * @param where - what follows FROM, with the rows' table called `i`; a constant text
 * @throws LedgerError if one of them is damaged
 */
export function readRows(session: Session, where: string, ...values: SQLInputValue[]): LedgerRow[] {
	return readAnyRows(session, where, ...values).map(assertRow);
}

/** Reads rows as they are, damaged ones too: see `assertRow`. */
export function readAnyRows(
	{ all }: Session,
	where: string,
	...values: SQLInputValue[]
): LedgerRow[] {
	return all<{ row: string }>(selectWhere(where), ...values).map(
		({ row }) => JSON.parse(row) as LedgerRow,
	);
}

/** Reads one row by its ID. */
export function readRow(session: Session, id: number): LedgerRow | undefined {
	return readRows(session, 'WHERE i.id = ?', id)[0];
}

/** Rows that have a hash with any of their attempts, the newest first. */
export function readRowsWithHash(session: Session, realm: string, hash: string): LedgerRow[] {
	return readRows(
		session,
		`WHERE i.id IN (SELECT issuance_id FROM attempts WHERE core_claim_hash = ?) AND i.realm = ?
		ORDER BY i.id DESC`,
		hash,
		realm,
	);
}

/**
 * Whether the issuance of row `i` has the event already: the row itself, or another row with the same
 * hash. A row that is only watched stands for itself: its address may be another one.
 *
 * @param type - an expression of SQL, as `threshold`
 */
export const hasEvent = (type: string, threshold: string) => `EXISTS (
	SELECT 1 FROM events e WHERE e.type = ${type} AND e.threshold = ${threshold}
		AND e.issuance_id IN (
			SELECT i.id
			UNION ALL
			SELECT o.id FROM attempts a JOIN issuances o ON o.id = a.issuance_id
			WHERE a.core_claim_hash = i.core_claim_hash AND o.core_claim_hash = i.core_claim_hash
				AND o.realm = i.realm AND o.origin = 'issued' AND i.origin = 'issued'))`;

/** Appends an event, unless its issuance has it. */
export function appendEvent(
	{ run, now }: Session,
	issuanceId: number,
	type: EventType,
	threshold: string,
): void {
	run(
		`INSERT INTO events (issuance_id, type, threshold, at)
		SELECT i.id, $type, $threshold, $now FROM issuances i
		WHERE i.id = $issuanceId AND NOT ${hasEvent('$type', '$threshold')}`,
		{ issuanceId, type, threshold, now },
	);
}
