import {
	mayHaveIssued,
	type LedgerRow,
	type Place,
	type RevokedMark,
	type RevokeRequest,
	type RevokeResult,
} from '../Ledger';
import type { Dialect } from '../sql/Dialect';
import { ahead, clock, forDialect, rows, rowsFor, type Operation } from '../sql/Session';
import { expireLease, SETTLED } from '../transitions';
import { endAttempts, leaseEnd } from './endAttempts';
import { appendEvents, appendUnknown, eventForEach } from './events';
import { lockIds, readRowsById } from './rows';
import { mayHaveIssuedIn } from './states';

const REVOKE = forDialect(
	({ oneOf }) => `UPDATE credentials SET revoked_at = $2, doubtful = 0
	WHERE number ${oneOf('$1', 'text')} AND revoked_at IS NULL`,
);

/** Revokes forever. @param numbers - 63 random bits each, so that they need no realm */
export function* revokeNumbers(
	dialect: Dialect,
	numbers: readonly string[],
	at: number,
): Operation<void> {
	if (numbers.length > 0) yield ahead(dialect, REVOKE, numbers, at);
}

interface Kept {
	readonly list: string | null;
	readonly index: number | null;
	readonly expiresAt: number;
	readonly revokedAt: number | null;
}

function* keptOf(
	dialect: Dialect,
	realm: string | undefined,
	number: string,
): Operation<Kept | undefined> {
	const [found] = yield* rows<Kept>(
		`SELECT list, list_index AS "index", expires_at AS "expiresAt", revoked_at AS "revokedAt"
		FROM credentials WHERE number = $1 AND realm = coalesce($2, realm) ${dialect.rowLock}`,
		number,
		realm ?? null,
	);
	return found;
}

const placeOf = ({ list, index }: Kept): Place | null =>
	list === null || index === null ? null : { list, index };

/** `Ledger.revoke`. */
export function* revoke(dialect: Dialect, request: RevokeRequest): Operation<RevokeResult> {
	const result = yield* revokeTarget(dialect, request);
	// If its lease has just ended, nobody else notices that it is unknown.
	const row = 'row' in result ? result.row : undefined;
	if (row?.state === 'unknown') yield* appendUnknown(dialect, [row.id], yield* clock(dialect));
	return result;
}

function* revokeTarget(dialect: Dialect, request: RevokeRequest): Operation<RevokeResult> {
	const { realm, target } = request;
	const id = 'issuanceId' in target ? target.issuanceId : yield* idOf(realm, target.number);
	const row = id === undefined ? undefined : yield* rowAtRest(dialect, realm, id);
	if (row === undefined) {
		return 'number' in target
			? yield* revokeKept(dialect, request, target.number, undefined)
			: { outcome: 'missing' };
	}
	const now = yield* clock(dialect);
	if (row.state === 'sending') {
		return { outcome: 'busy', row, leaseMs: (row.leaseUntil ?? now) - now };
	}
	// What was sealed for the row earlier is another credential, and was revoked when it was replaced.
	const number = 'number' in target ? target.number : row.revocationNumber;
	if (number === null) return { outcome: 'not-kept', row };
	const isLast = number === row.revocationNumber;
	// AIR said so: a person who settled it may have been mistaken.
	const refused = row.state === 'rejected' && row.reason !== SETTLED && !mayHaveIssued(row);
	if (isLast && refused) return { outcome: 'never-stored', row };
	if (isLast && (row.expiresAt ?? now) <= now) return { outcome: 'expired', row };
	return yield* revokeKept(dialect, request, number, row);
}

function* idOf(realm: string | undefined, number: string): Operation<number | undefined> {
	const [found] = yield* rows<{ id: number }>(
		'SELECT id FROM issuances WHERE revocation_number = $1 AND realm = coalesce($2, realm)',
		number,
		realm ?? null,
	);
	return found?.id;
}

/** The row, locked; an attempt whose lease has run out is ended. */
function* rowAtRest(
	dialect: Dialect,
	realm: string | undefined,
	id: number,
): Operation<LedgerRow | undefined> {
	yield* lockIds(dialect, [id]);
	const [row] = yield* readRowsById(dialect, [id]);
	if (row === undefined || (realm !== undefined && row.realm !== realm)) return undefined;
	const now = yield* clock(dialect);
	const end = expireLease(row, now);
	if (end === undefined) return row;
	yield* endAttempts(dialect, [leaseEnd(row, end, now)], now);
	return (yield* readRowsById(dialect, [id]))[0];
}

/** @param row - undefined if it is gone */
function* revokeKept(
	dialect: Dialect,
	request: RevokeRequest,
	number: string,
	row: LedgerRow | undefined,
): Operation<RevokeResult> {
	const kept = yield* keptOf(dialect, request.realm, number);
	if (kept === undefined) {
		return row === undefined ? { outcome: 'missing' } : { outcome: 'not-kept', row };
	}
	const about = { number, place: placeOf(kept), expiresAt: kept.expiresAt };
	if (kept.revokedAt !== null) return { outcome: 'before', ...about, at: kept.revokedAt, row };
	const at = yield* clock(dialect);
	yield* revokeNumbers(dialect, [number], at);
	if (row === undefined) return { outcome: 'revoked', ...about, at, row };
	if (number === row.revocationNumber) yield* endRow(dialect, row, request, at);
	const [now] = yield* readRowsById(dialect, [row.id]);
	return { outcome: 'revoked', ...about, at, row: now ?? row };
}

/**
 * In these states a row represents what was sealed for it; `rejected`: to be sent again, and perhaps
 * stored; `sending`: only in a backup.
 */
const STANDING: readonly LedgerRow['state'][] = [
	'stored',
	'sending',
	'unknown',
	'abandoned',
	'rejected',
];

function* endRow(
	dialect: Dialect,
	{ id, state, attempt }: Pick<LedgerRow, 'id' | 'state' | 'attempt'>,
	{ by, note }: Pick<RevokeRequest, 'by' | 'note'>,
	at: number,
): Operation<void> {
	if (!STANDING.includes(state)) return;
	yield ahead(
		dialect,
		`UPDATE issuances SET state = 'revoked', state_at = $2, updated_at = $2, lease_until = NULL,
			next_check_at = NULL, claimed_until = NULL WHERE id = $1`,
		id,
		at,
	);
	// An answer that comes later is recorded, but never stands.
	yield ahead(
		dialect,
		`UPDATE attempts SET outcome = 'replaced'
		WHERE issuance_id = $1 AND core_claim_hash IS NULL AND outcome IN ('unknown', 'open')`,
		id,
	);
	yield ahead(dialect, 'DELETE FROM envelopes WHERE issuance_id = $1', id);
	yield ahead(
		dialect,
		`INSERT INTO settlements (issuance_id, number, at, outcome, state, attempt, instance,
			workflow_id, execution_id, note)
		SELECT $1, count(*) + 1, $2, 'revoked', $3, $4, $5, $6, $7, $8
		FROM settlements WHERE issuance_id = $1`,
		id,
		at,
		state,
		attempt,
		by.instance,
		by.workflowId,
		by.executionId,
		note,
	);
	yield* appendEvents(dialect, eventForEach([id], 'revoked'), at);
}

const REVOKED_ROWS = `SELECT i.id AS id, i.state AS state, i.attempt AS attempt FROM issuances i
	JOIN credentials c ON c.realm = i.realm AND c.number = i.revocation_number
	WHERE c.revoked_at IS NOT NULL AND (i.state IN ('stored', 'sending', 'unknown', 'abandoned')
		OR i.state = 'rejected' AND ${mayHaveIssuedIn('i')})
	ORDER BY i.id`;

/**
 * Ends the rows of a restored ledger whose credentials were revoked since the backup: otherwise the
 * person would seem to hold one, and would get no other. What was under way at the backup would be sent
 * again and be given out as valid.
 */
export function* endRevoked(dialect: Dialect, at: number): Operation<void> {
	const by = { instance: '', workflowId: '', executionId: '' };
	const found = yield* rows<Pick<LedgerRow, 'id' | 'state' | 'attempt'>>(REVOKED_ROWS);
	for (const row of found) yield* endRow(dialect, row, { by, note: null }, at);
}

const HELD = forDialect(
	(dialect) => `SELECT i.id AS id, i.revocation_number AS number FROM issuances i
	WHERE i.id ${dialect.oneOf('$1', 'bigint')} AND i.state = 'stored' ORDER BY i.id ${dialect.rowLock}`,
);

/**
 * Revokes what a person holds: before the new one is sent, or when somebody says that it was issued.
 *
 * @param held - IDs of the rows
 * @param by - ID of the row that replaces them
 */
export function* replaceFirst(
	dialect: Dialect,
	held: readonly number[],
	by: number,
	at: number,
): Operation<void> {
	if (held.length === 0) return;
	const locked = yield* rowsFor<{ id: number; number: string | null }>(dialect, HELD, held);
	if (locked.length === 0) return;
	const ids = locked.map(({ id }) => id);
	yield ahead(dialect, SUPERSEDE, ids, at, by);
	yield* revokeNumbers(
		dialect,
		locked.flatMap(({ number }) => number ?? []),
		at,
	);
	yield* appendEvents(dialect, eventForEach(ids, 'superseded'), at);
}

const SUPERSEDE = forDialect(
	({ oneOf }) => `UPDATE issuances SET state = 'superseded', state_at = $2, updated_at = $2,
		replaced_by = $3 WHERE id ${oneOf('$1', 'bigint')}`,
);

/** What was revoked since a time, the earliest first. @param since - milliseconds since 1970 */
export function* revokedSince(since: number): Operation<RevokedMark[]> {
	return yield* rows<RevokedMark>(
		`SELECT realm, number, list, list_index AS "index", revoked_at AS at FROM credentials
		WHERE revoked_at >= $1 ORDER BY revoked_at`,
		since,
	);
}
