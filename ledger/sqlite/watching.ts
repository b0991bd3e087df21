import type { SQLInputValue } from 'node:sqlite';
import { LONGEST_AHEAD_MS } from '../Feed';
import type { DueQuery, LedgerRow, Observation } from '../Ledger';
import { decideObserved } from '../transitions';
import type { Session } from './Connection';
import { appendEvent, readAnyRows, readRowsWithHash } from './rows';

/** `Ledger.claimDue`, inside a transaction. */
export function claimDue(session: Session, query: DueQuery): LedgerRow[] {
	const { limit, leaseMs } = query;
	const { now } = session;
	const due = claimable(session, query, 'i.due_at <= ?', now, limit);
	const rest = limit - due.length;
	const ahead =
		rest > 0 ? claimable(session, query, 'i.due_at > ?', now + LONGEST_AHEAD_MS, rest) : [];
	const rows = [...due, ...ahead];
	for (const { id } of rows) {
		session.run(
			`UPDATE issuances SET claimed_until = $until, next_check_at = min(next_check_at, $now)
			WHERE id = $id`,
			{ id, now, until: now + leaseMs },
		);
	}
	return rows;
}

function claimable(
	session: Session,
	{ realm, instance, ids }: DueQuery,
	when: string,
	at: number,
	limit: number,
): LedgerRow[] {
	const conditions = ['i.realm = ?', when];
	const values: SQLInputValue[] = [realm, at];
	if (instance !== undefined) {
		conditions.push('i.instance = ?');
		values.push(instance);
	}
	if (ids === undefined) {
		conditions.push("i.origin = 'issued'");
	} else {
		conditions.push('i.id IN (SELECT value FROM json_each(?))');
		values.push(JSON.stringify(ids));
	}
	const where = `WHERE ${conditions.join(' AND ')} ORDER BY i.due_at, i.id LIMIT ?`;
	return readAnyRows(session, where, ...values, limit);
}

/** `Ledger.release`, inside a transaction. */
export function release({ run }: Session, ids: readonly number[]): void {
	for (const id of ids) run('UPDATE issuances SET claimed_until = NULL WHERE id = ?', id);
}

/** `Ledger.observed`, inside a transaction. */
export function observed(
	session: Session,
	realm: string,
	coreClaimHash: string,
	seen: Observation,
): LedgerRow[] {
	for (const row of readRowsWithHash(session, realm, coreClaimHash).reverse()) {
		const asked = seen.recipient === undefined || seen.recipient === row.recipient;
		if (asked && row.coreClaimHash === coreClaimHash) observe(session, row, seen);
	}
	return readRowsWithHash(session, realm, coreClaimHash);
}

/** Whether an attempt is under way that may take the row's place at AIR. */
function isReplacing({ all, now }: Session, { id, recipient, program, realm }: LedgerRow): boolean {
	const underWay = all(
		`SELECT 1 FROM issuances WHERE recipient = ? AND program = ? AND realm = ?
			AND state = 'sending' AND lease_until > ? AND id <> ? LIMIT 1`,
		recipient,
		program,
		realm,
		now,
		id,
	);
	return underWay.length > 0;
}

function observe(session: Session, row: LedgerRow, seen: Observation): void {
	const { now } = session;
	const change = decideObserved(row, seen, seen.state === 'unusable' && isReplacing(session, row));
	const nextCheckAt = change.nextCheckMs === null ? null : now + change.nextCheckMs;
	const confirmedAt = change.state === 'confirmed' ? (row.confirmedAt ?? now) : row.confirmedAt;
	session.run(
		`UPDATE issuances SET state = $state, vc_status = $vcStatus, vc_id = coalesce($vcId, vc_id),
			next_check_at = $nextCheckAt, confirmed_at = $confirmedAt, claimed_until = NULL,
			missing_since = NULL, checks = checks + 1, updated_at = $now,
			state_at = CASE WHEN state = $state THEN state_at ELSE $now END
		WHERE id = $id`,
		{
			state: change.state,
			vcStatus: change.vcStatus,
			vcId: seen.vcId,
			nextCheckAt,
			confirmedAt,
			now,
			id: row.id,
		},
	);
	for (const { type, threshold } of change.events) {
		appendEvent(session, row.id, type, threshold);
	}
}
