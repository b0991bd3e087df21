import type { SQLInputValue } from 'node:sqlite';
import type {
	FindBy,
	KeyAcceptance,
	LedgerEvent,
	LedgerRow,
	ListFilter,
	RowState,
} from '../Ledger';
import type { Session } from './Connection';
import { readRows, readRowsWithHash } from './rows';

/** `Ledger.find`. */
export function find(session: Session, realm: string, by: FindBy): LedgerRow | undefined {
	if ('coreClaimHash' in by) return readRowsWithHash(session, realm, by.coreClaimHash)[0];
	return readRows(
		session,
		'WHERE i.realm = ? AND i.program = ? AND i.idempotency_key = ? AND i.retired = 0',
		realm,
		by.program,
		by.idempotencyKey,
	)[0];
}

/** `Ledger.list`. */
export function list(session: Session, filter: ListFilter): LedgerRow[] {
	const conditions: string[] = [];
	const values: SQLInputValue[] = [];
	const demand = (condition: string, value: SQLInputValue | undefined) => {
		if (value === undefined) return;
		conditions.push(condition);
		values.push(value);
	};
	const states = filter.states === undefined ? undefined : JSON.stringify(filter.states);
	demand('i.state IN (SELECT value FROM json_each(?))', states);
	demand('i.recipient = ?', filter.recipient);
	demand('i.execution_id = ?', filter.executionId);
	const now = filter.unanswered === true ? session.now : undefined;
	demand("(i.state = 'unknown' OR (i.state = 'sending' AND i.lease_until <= ?))", now);
	demand('i.id < ?', filter.beforeId);
	const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
	return readRows(session, `${where} ORDER BY i.id DESC LIMIT ?`, ...values, filter.limit);
}

/** `Ledger.totals`. */
export function totals({ all }: Session): Partial<Record<RowState, number>> {
	const counted = all<{ state: RowState; n: number }>(
		'SELECT state, count(*) AS n FROM issuances GROUP BY state',
	);
	return Object.fromEntries(counted.map(({ state, n }) => [state, n]));
}

/** `Ledger.events`. */
export function events({ all }: Session, after: number, limit: number): LedgerEvent[] {
	return all<LedgerEvent>(
		`SELECT id, issuance_id AS issuanceId, type, threshold, at FROM events
		WHERE id > ? ORDER BY id LIMIT ?`,
		after,
		limit,
	).map((event) => ({ ...event }));
}

/** `Ledger.keyAcceptance`. */
export function keyAcceptance(
	{ all, now }: Session,
	realm: string,
	keyThumbprint: string,
): KeyAcceptance | undefined {
	const [found] = all<{ acceptedAt: number; refused: number }>(
		`SELECT accepted_at AS acceptedAt, refused_at IS NOT NULL AS refused FROM accepted_keys
		WHERE realm = ? AND key_thumbprint = ?`,
		realm,
		keyThumbprint,
	);
	if (found === undefined) return undefined;
	return { ageMs: now - found.acceptedAt, refused: found.refused === 1 };
}
