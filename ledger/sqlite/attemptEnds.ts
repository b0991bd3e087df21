import type {
	AcceptedAnswer,
	AttemptFailure,
	AttemptRef,
	KeptIssuance,
	LedgerRow,
	RecordedAnswer,
} from '../Ledger';
import { LedgerError } from '../LedgerError';
import { type AttemptEnd, decideAnswered, decideFailed } from '../transitions';
import type { Session } from './Connection';
import { appendEvent, readRow } from './rows';

function rowOf(session: Session, { issuanceId, attempt }: AttemptRef) {
	const row = readRow(session, issuanceId);
	const found = row?.attempts.find(({ number }) => number === attempt);
	if (row !== undefined && found !== undefined) return { row, attempt: found };
	throw new LedgerError('LEDGER_NOT_WRITABLE', 'the row was erased meanwhile');
}

/**
 * Writes what a row becomes when an attempt has ended; the attempt itself is written before.
 *
 * @param at - when it ended
 * @param nextCheckAt - of an issuance that stands from now on
 */
function writeEnd(
	session: Session,
	row: LedgerRow,
	end: AttemptEnd,
	at: number,
	nextCheckAt: number,
): void {
	const { run, now } = session;
	run(
		`UPDATE issuances SET state = $state, reason = $reason, updated_at = $at,
			state_at = CASE WHEN state = $state THEN state_at ELSE $at END,
			lease_until = CASE WHEN $state = 'sending' THEN lease_until END
		WHERE id = $id`,
		{ state: end.state, reason: end.reason, at, id: row.id },
	);
	if (!end.submitted || end.standing === null) return;
	const { number, coreClaimHash, userUuid } = end.standing;
	const kept = keptFor(session, row, coreClaimHash);
	run(
		`UPDATE issuances SET core_claim_hash = $coreClaimHash, user_uuid = $userUuid,
			answered_at = (SELECT ended_at FROM attempts WHERE issuance_id = $id AND number = $number),
			next_check_at = $nextCheckAt, claimed_until = NULL, checks = 0,
			vc_id = NULL, vc_status = NULL, confirmed_at = NULL,
			pending_since = $now, missing_since = NULL, kept_since = $keptSince, kept_same = $keptSame
		WHERE id = $id`,
		{
			coreClaimHash,
			userUuid,
			nextCheckAt,
			id: row.id,
			number,
			now,
			keptSince: kept?.answeredAt ?? null,
			keptSame: kept?.sameSubject == null ? null : Number(kept.sameSubject),
		},
	);
}

/** The first answer with this hash that another row has; null if there is none. */
function keptFor(
	{ all }: Session,
	{ id, realm, keyThumbprint, subjectHmac }: LedgerRow,
	hash: string | null,
): KeptIssuance | null {
	const [first] = all<{ issuanceId: number; answeredAt: number; key: string; subject: string }>(
		`SELECT i.id AS issuanceId, a.ended_at AS answeredAt, i.key_thumbprint AS key,
			i.subject_hmac AS subject
		FROM attempts a JOIN issuances i ON i.id = a.issuance_id
		WHERE a.core_claim_hash = ? AND i.realm = ? AND i.id <> ? ORDER BY a.ended_at, i.id LIMIT 1`,
		hash,
		realm,
		id,
	);
	if (first === undefined) return null;
	const { issuanceId, answeredAt, key, subject } = first;
	return {
		issuanceId,
		answeredAt,
		sameSubject: key === keyThumbprint ? subject === subjectHmac : null,
	};
}

/** What is known for certain of an attempt stays. */
function writeFailure(session: Session, ref: AttemptRef, outcome: string, at: number): void {
	session.run(
		`UPDATE attempts SET outcome = ?, ended_at = ?
		WHERE issuance_id = ? AND number = ? AND outcome IN ('open', 'unknown')`,
		outcome,
		at,
		ref.issuanceId,
		ref.attempt,
	);
}

/**
 * Under Revoke and Reissue; see `Ledger.answered` for what is superseded and what is not.
 *
 * @returns how many rows are
 */
function supersede(session: Session, row: LedgerRow, startedAt: number, hash: string): number {
	const superseded = session.all<{ id: number }>(
		`UPDATE issuances SET state = 'superseded', state_at = $now, updated_at = $now,
			next_check_at = NULL, claimed_until = NULL
		WHERE recipient = $recipient AND program = $program AND realm = $realm
			AND state IN ('submitted', 'confirmed') AND answered_at <= $startedAt AND id <> $id
			AND core_claim_hash <> $hash
		RETURNING id`,
		{
			now: session.now,
			recipient: row.recipient,
			program: row.program,
			realm: row.realm,
			startedAt,
			id: row.id,
			hash,
		},
	);
	const ids = superseded.map(({ id }) => id).sort((a, b) => a - b);
	for (const id of ids) appendEvent(session, id, 'superseded', '');
	return ids.length;
}

/** `Ledger.answered`, inside a transaction. */
export function answered(
	session: Session,
	ref: AttemptRef,
	answer: AcceptedAnswer,
): RecordedAnswer {
	const { row, attempt } = rowOf(session, ref);
	const { coreClaimHash } = answer;
	const kept = keptFor(session, row, attempt.coreClaimHash ?? coreClaimHash);
	if (attempt.coreClaimHash !== null) {
		return { answeredAt: attempt.endedAt ?? session.now, kept, superseded: 0 };
	}
	const end = decideAnswered(row, ref.attempt, answer);
	session.run(
		`UPDATE attempts SET outcome = 'accepted', ended_at = ?, core_claim_hash = ?, user_uuid = ?
		WHERE issuance_id = ? AND number = ?`,
		session.now,
		coreClaimHash,
		answer.userUuid,
		ref.issuanceId,
		ref.attempt,
	);
	writeEnd(session, row, end, session.now, session.now + answer.nextCheckMs);
	const superseded = answer.supersedes
		? supersede(session, row, attempt.startedAt, coreClaimHash)
		: 0;
	return { answeredAt: session.now, kept, superseded };
}

/** `Ledger.failed`, inside a transaction. */
export function failed(session: Session, ref: AttemptRef, failure: AttemptFailure): LedgerRow {
	const { row } = rowOf(session, ref);
	const end = decideFailed(row, ref.attempt, failure);
	writeFailure(session, ref, failure.outcome, session.now);
	writeEnd(session, row, end, session.now, session.now);
	return rowOf(session, ref).row;
}

/** Writes that the lease of the row's current attempt has run out (`expireLease`). */
export function expire(session: Session, row: LedgerRow, end: AttemptEnd): void {
	const at = row.leaseUntil ?? session.now;
	writeFailure(session, { issuanceId: row.id, attempt: row.attempt }, 'unknown', at);
	writeEnd(session, row, end, at, session.now);
}
