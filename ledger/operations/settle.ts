import {
	mayHaveIssued,
	type Attempt,
	type LedgerRow,
	type Settlement,
	type SettleRequest,
	type SettleResult,
} from '../Ledger';
import type { Dialect } from '../sql/Dialect';
import { clock, rows, type Operation } from '../sql/Session';
import { decideAnswered, expireLease, SETTLED } from '../transitions';
import { LOCK_OWN_AND_OTHERS, supersede } from './answered';
import { endAttempts, leaseEnd } from './endAttempts';
import { appendUnknown } from './events';
import { replaceFirst } from './revoke';
import { lockRows, ofRecipient, readRowsById } from './rows';

/**
 * `Ledger.settle`. `issued` adds an attempt of its own, so that a late answer to the settled attempt is
 * recorded like any answer to an overtaken one.
 */
export function* settle(dialect: Dialect, request: SettleRequest): Operation<SettleResult> {
	const { realm, issuanceId, seen } = request;
	// Only those that are locked from the first on may be replaced: see `lockRows`.
	const locked = yield* lockRows(dialect, LOCK_OWN_AND_OTHERS, [issuanceId], [issuanceId]);
	const [row] = yield* readRowsById(dialect, [issuanceId]);
	if (row?.realm !== realm) return { outcome: 'missing' };
	const now = yield* clock(dialect);
	const end = expireLease(row, now);
	if (end === undefined && row.state === 'sending') {
		return { outcome: 'busy', row, leaseMs: (row.leaseUntil ?? now) - now };
	}
	if (end !== undefined) yield* endAttempts(dialect, [leaseEnd(row, end, now)], now);
	const found = yield* again(dialect, row);
	const states = [row.state, found.state];
	if (!isOpen(found) || !states.includes(seen.state) || found.attempt !== seen.attempt) {
		if (end?.state === 'unknown') yield* appendUnknown(dialect, [issuanceId], now);
		return { outcome: 'changed', row: found };
	}
	yield* note(request, now);
	if (request.as.outcome === 'issued') {
		yield* issued(dialect, found, request.as, now);
		yield* supersede(dialect, locked, replacing(found, request.as), now);
	} else yield* notIssued(found, request.as.outcome, now);
	return { outcome: 'settled', row: yield* again(dialect, found) };
}

/** Nobody knows what became of it; and that somebody wants it sent again says nothing about that. */
function isOpen(row: LedgerRow): boolean {
	if (row.answeredAt !== null) return false;
	if (row.state === 'rejected') return mayHaveIssued(row);
	return row.state === 'unknown' || row.state === 'abandoned';
}

function* again(dialect: Dialect, row: LedgerRow): Operation<LedgerRow> {
	return (yield* readRowsById(dialect, [row.id]))[0] ?? row;
}

function* issued(
	dialect: Dialect,
	row: LedgerRow,
	{ coreClaimHash, userUuid }: Pick<Attempt, 'coreClaimHash' | 'userUuid'>,
	at: number,
): Operation<void> {
	const number = row.attempt + 1;
	yield* rows(
		`INSERT INTO attempts (issuance_id, number, started_at, outcome) VALUES ($1, $2, $3, 'open')`,
		row.id,
		number,
		at,
	);
	yield* rows('UPDATE issuances SET attempt = $2 WHERE id = $1', row.id, number);
	const end = decideAnswered({ ...row, attempt: number }, number, { coreClaimHash, userUuid });
	const ended = { number, outcome: 'accepted', coreClaimHash, userUuid } as const;
	const nextCheckAt = coreClaimHash === null || row.way === 'direct' ? null : at;
	yield* endAttempts(dialect, [{ row, end, ended: { ...ended, at, nextCheckAt } }], at);
	if (row.way !== 'direct') return;
	yield* replaceFirst(dialect, yield* markedFor(row), row.id, at);
}

/**
 * Of one program a person holds one issuance at AIR. So one with another hash was replaced, if it was
 * answered before the first attempt of which nobody knew how it ended.
 */
function replacing(
	{ id, way, attempts }: LedgerRow,
	{ coreClaimHash: hash }: Pick<Attempt, 'coreClaimHash'>,
): Parameters<typeof supersede>[2] {
	const first = attempts.find(({ outcome }) => outcome === 'unknown' || outcome === 'open');
	if (way === 'direct' || hash === null || first === undefined) return [];
	return [{ id, started_at: first.startedAt, hash }];
}

const MARKED = `SELECT i.id AS id FROM issuances i
	WHERE ${ofRecipient('i.recipient', '$1')} AND i.program = $2 AND i.realm = $3
		AND i.state = 'stored' AND i.replaced_by = $4`;

/** What a reissue was to replace as soon as AIR has the new one. */
function* markedFor({ recipient, program, realm, id }: LedgerRow): Operation<number[]> {
	const found = yield* rows<{ id: number }>(MARKED, recipient, program, realm, id);
	return found.map((marked) => marked.id);
}

/**
 * The key may be tried again. With `send-again`, the attempts stay unknown, and so does the row after a
 * refusal.
 */
function* notIssued(
	{ id }: LedgerRow,
	outcome: 'not-issued' | 'send-again',
	at: number,
): Operation<void> {
	if (outcome === 'not-issued') {
		yield* rows(
			`UPDATE attempts SET outcome = 'rejected'
			WHERE issuance_id = $1 AND outcome IN ('unknown', 'open')`,
			id,
		);
		// A direct issuance is then sealed again, and the number of what was sealed before is revoked.
		yield* rows('DELETE FROM envelopes WHERE issuance_id = $1', id);
	}
	yield* rows(
		`UPDATE issuances SET state = 'rejected', reason = $2, state_at = $3, updated_at = $3,
			lease_until = NULL WHERE id = $1`,
		id,
		SETTLED,
		at,
	);
}

function* note(
	{ issuanceId, seen, as, by, note: text }: SettleRequest,
	at: number,
): Operation<void> {
	yield* rows(
		`INSERT INTO settlements (issuance_id, number, at, outcome, state, attempt, instance,
			workflow_id, execution_id, note)
		SELECT $1, count(*) + 1, $2, $3, $4, $5, $6, $7, $8, $9
		FROM settlements WHERE issuance_id = $1`,
		issuanceId,
		at,
		as.outcome,
		seen.state,
		seen.attempt,
		by.instance,
		by.workflowId,
		by.executionId,
		text,
	);
}

/** `Ledger.settlements`. */
export function* settlements(realm: string, issuanceId: number): Operation<Settlement[]> {
	return yield* rows<Settlement>(
		`SELECT s.at, s.outcome, s.state, s.attempt, s.instance, s.workflow_id AS "workflowId",
			s.execution_id AS "executionId", s.note
		FROM settlements s JOIN issuances i ON i.id = s.issuance_id
		WHERE s.issuance_id = $1 AND i.realm = $2 ORDER BY s.number`,
		issuanceId,
		realm,
	);
}
