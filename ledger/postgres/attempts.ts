import type { AcceptedAnswer, AttemptFailure, AttemptRef, LedgerRow } from '../Ledger';
import { decideAnswered, decideFailed } from '../transitions';
import type { Session } from './Database';
import { endAttempt, gone } from './endAttempt';
import { appendEvents, clock, lockRows, readRow, readRows, type NewEvent } from './rows';

/**
 * The attempt's own row and, if wanted, those that its issuance replaces: the state and the time are
 * looked at again when the rows are locked. One list, so that all are locked in one order.
 */
const OWN_AND_REPLACED = `i.id IN (
	SELECT $1::bigint
	UNION
	SELECT other.id FROM moca_air.issuances own
		JOIN moca_air.issuances other ON other.recipient = own.recipient
			AND other.program = own.program AND other.scope = own.scope
		WHERE $2::boolean AND own.id = $1 AND other.state IN ('submitted', 'confirmed')
)`;

/** See `Ledger.answered`. */
export async function answered(
	session: Session,
	{ issuanceId, attempt: number }: AttemptRef,
	answer: AcceptedAnswer,
): Promise<void> {
	const { coreClaimHash, userUuid, supersedes } = answer;
	const ids = await lockRows(session, OWN_AND_REPLACED, [issuanceId, supersedes]);
	const row = await readRow(session, issuanceId);
	const attempt = row?.attempts.find((one) => one.number === number);
	if (row === undefined || attempt === undefined) throw gone();
	if (attempt.coreClaimHash !== null) return;

	const at = await clock(session);
	const nextCheckAt = at + answer.nextCheckMs;
	const accepted = {
		number,
		outcome: 'accepted',
		coreClaimHash,
		userUuid,
		at,
		nextCheckAt,
	} as const;
	await endAttempt(session, row, decideAnswered(row, number, answer), accepted);
	const others = ids.filter((id) => id !== issuanceId);
	if (supersedes) await supersede(session, others, attempt.startedAt, at);
}

/** Of the rows, all locked, those answered before the attempt started are replaced by its issuance. */
async function supersede(
	session: Session,
	ids: readonly number[],
	startedAt: number,
	at: number,
): Promise<void> {
	if (ids.length === 0) return;
	const replaced = await session.rows<{ id: number }>(
		`UPDATE moca_air.issuances SET state = 'superseded', state_at = $3, updated_at = $3,
			next_check_at = NULL, claimed_until = NULL
		WHERE id = ANY($1::bigint[]) AND state IN ('submitted', 'confirmed') AND answered_at <= $2
		RETURNING id::float8 AS id`,
		[ids, startedAt, at],
	);
	const events = replaced
		.map(({ id }): NewEvent => ({ issuanceId: id, type: 'superseded', threshold: '' }))
		.sort((a, b) => a.issuanceId - b.issuanceId);
	await appendEvents(session, events, at);
}

/** See `Ledger.failed`. */
export async function failed(
	session: Session,
	{ issuanceId, attempt: number }: AttemptRef,
	failure: AttemptFailure,
): Promise<LedgerRow> {
	const ids = await lockRows(session, 'i.id = $1', [issuanceId]);
	const [row] = await readRows(session, 'WHERE i.id = ANY($1::bigint[])', [ids]);
	const attempt = row?.attempts.find((one) => one.number === number);
	if (row === undefined || attempt === undefined) throw gone();
	if (attempt.outcome !== 'open' && attempt.outcome !== 'unknown') return row;

	const at = await clock(session);
	await endAttempt(session, row, decideFailed(row, number, failure), {
		number,
		outcome: failure.outcome,
		coreClaimHash: null,
		userUuid: null,
		at,
		nextCheckAt: at,
	});
	return (await readRow(session, issuanceId)) ?? row;
}
