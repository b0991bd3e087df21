import type { AcceptedAnswer, AttemptFailure, AttemptRef, LedgerRow } from '../Ledger';
import { decideAnswered, decideFailed } from '../transitions';
import type { Session } from './Database';
import { endAttempts, gone, type RowEnd } from './endAttempts';
import { appendEvents, clock, lockRows, readRow, readRows, type NewEvent } from './rows';

/** An attempt that AIR accepted. */
export interface Answered {
	readonly attempt: AttemptRef;
	readonly answer: AcceptedAnswer;
}

/**
 * The attempts' own rows and, where wanted, those that their issuances replace: the state and the
 * time are looked at again when the rows are locked. One list, so that all are locked in one order.
 */
const OWN_AND_REPLACED = `i.id IN (
	SELECT unnest($1::bigint[])
	UNION
	SELECT other.id FROM unnest($2::bigint[]) AS superseding (id)
		JOIN moca_air.issuances own ON own.id = superseding.id
		JOIN moca_air.issuances other ON other.recipient = own.recipient
			AND other.program = own.program AND other.scope = own.scope
		WHERE other.state IN ('submitted', 'confirmed')
)`;

const personOf = ({ scope, program, recipient }: LedgerRow) =>
	JSON.stringify([scope, program, recipient]);

/**
 * See `Ledger.answered`; several at once, but of each person (of a program and scope) only the first:
 * what one answer makes of the rows counts for the next.
 *
 * @returns in their order, whether each is recorded; if not, its row is gone or its person came before
 */
export async function answered(session: Session, told: readonly Answered[]): Promise<boolean[]> {
	const ids = told.map(({ attempt }) => attempt.issuanceId);
	const superseding = ids.filter((_, index) => told[index]?.answer.supersedes);
	const locked = await lockRows(session, OWN_AND_REPLACED, [ids, superseding]);
	const own = locked.filter((id) => ids.includes(id));
	const found = await readRows(session, 'WHERE i.id = ANY($1::bigint[])', [own]);
	const rows = new Map(found.map((row) => [row.id, row]));
	const at = await clock(session);

	const persons = new Set<string>();
	const ends: RowEnd[] = [];
	const replacing: Replacing[] = [];
	const recorded = told.map(({ attempt: { issuanceId, attempt: number }, answer }) => {
		const row = rows.get(issuanceId);
		const attempt = row?.attempts.find((one) => one.number === number);
		if (row === undefined || attempt === undefined || persons.has(personOf(row))) return false;
		persons.add(personOf(row));
		if (attempt.coreClaimHash !== null) return true;
		const { coreClaimHash, userUuid } = answer;
		const nextCheckAt = at + answer.nextCheckMs;
		const ended = {
			number,
			outcome: 'accepted',
			coreClaimHash,
			userUuid,
			at,
			nextCheckAt,
		} as const;
		ends.push({ row, end: decideAnswered(row, number, answer), ended });
		if (answer.supersedes) replacing.push({ id: row.id, startedAt: attempt.startedAt });
		return true;
	});
	await endAttempts(session, ends);
	const others = locked.length > ends.length;
	if (others) await supersede(session, locked, replacing, at);
	return recorded;
}

interface Replacing {
	/** Of the row whose issuance replaces others. */
	readonly id: number;
	readonly startedAt: number;
}

/** Of the rows, all locked, those answered before the attempt started are replaced by its issuance. */
async function supersede(
	session: Session,
	locked: readonly number[],
	replacing: readonly Replacing[],
	at: number,
): Promise<void> {
	if (replacing.length === 0) return;
	const replaced = await session.rows<{ id: number }>(
		`UPDATE moca_air.issuances i SET state = 'superseded', state_at = $4, updated_at = $4,
			next_check_at = NULL, claimed_until = NULL
		FROM unnest($2::bigint[], $3::bigint[]) AS replacing (id, started_at)
			JOIN moca_air.issuances own ON own.id = replacing.id
		WHERE i.id = ANY($1::bigint[]) AND i.id <> own.id AND i.recipient = own.recipient
			AND i.program = own.program AND i.scope = own.scope
			AND i.state IN ('submitted', 'confirmed') AND i.answered_at <= replacing.started_at
		RETURNING i.id::float8 AS id`,
		[locked, replacing.map(({ id }) => id), replacing.map(({ startedAt }) => startedAt), at],
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
	const ended = { number, outcome: failure.outcome, coreClaimHash: null, userUuid: null };
	const end = decideFailed(row, number, failure);
	await endAttempts(session, [{ row, end, ended: { ...ended, at, nextCheckAt: at } }]);
	return (await readRow(session, issuanceId)) ?? row;
}
