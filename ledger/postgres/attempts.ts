import type {
	AcceptedAnswer,
	AttemptFailure,
	AttemptRef,
	LedgerRow,
	RecordedAnswer,
} from '../Ledger';
import { decideAnswered, decideFailed } from '../transitions';
import type { Session } from './Database';
import { endAttempts, gone, keptFor, type RowEnd } from './endAttempts';
import { HASH_LOCK_CLASS } from './migrations';
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
			AND other.program = own.program AND other.realm = own.realm
		WHERE other.state IN ('submitted', 'confirmed')
)`;

const personOf = ({ realm, program, recipient }: LedgerRow) =>
	JSON.stringify([realm, program, recipient]);

/**
 * See `Ledger.answered`; several at once, but of each person (of a program and realm) and of each hash
 * only the first: what one answer makes of the rows counts for the next.
 *
 * @returns in their order; undefined where the row is gone, or the person or the hash came before
 */
export async function answered(
	session: Session,
	told: readonly Answered[],
): Promise<(RecordedAnswer | undefined)[]> {
	const ids = told.map(({ attempt }) => attempt.issuanceId);
	const superseding = ids.filter((_, index) => told[index]?.answer.supersedes);
	const locked = await lockRows(session, OWN_AND_REPLACED, [ids, superseding]);
	const own = locked.filter((id) => ids.includes(id));
	const found = await readRows(session, 'WHERE i.id = ANY($1::bigint[])', [own]);
	const rows = new Map(found.map((row) => [row.id, row]));
	await lockHashes(session, told);
	const at = await clock(session);

	const taken = new Set<string>();
	const ends: RowEnd[] = [];
	const replacing: Replacing[] = [];
	const recorded = told.map(({ attempt: { issuanceId, attempt: number }, answer }) => {
		const row = rows.get(issuanceId);
		const attempt = row?.attempts.find((one) => one.number === number);
		if (row === undefined || attempt === undefined) return undefined;
		const { coreClaimHash, userUuid, nextCheckMs, supersedes } = answer;
		const shared = [personOf(row), coreClaimHash];
		if (shared.some((one) => taken.has(one))) return undefined;
		for (const one of shared) taken.add(one);
		const hash = attempt.coreClaimHash ?? coreClaimHash;
		const answeredAt = attempt.endedAt ?? at;
		if (attempt.coreClaimHash !== null) return { row, hash, answeredAt };
		const ended = { number, outcome: 'accepted', coreClaimHash, userUuid, at } as const;
		const end = decideAnswered(row, number, answer);
		ends.push({ row, end, ended: { ...ended, nextCheckAt: at + nextCheckMs } });
		if (supersedes) replacing.push({ id: row.id, startedAt: attempt.startedAt, hash });
		return { row, hash, answeredAt: at };
	});
	const kept = await keptFor(session, recorded);
	const ofEnds = ends.map(({ row }) => kept[recorded.findIndex((one) => one?.row === row)] ?? null);
	await endAttempts(session, ends, ofEnds);
	const others = locked.length > ends.length;
	const superseded = others ? await supersede(session, locked, replacing, at) : [];
	return recorded.map(
		(one, index) =>
			one && {
				answeredAt: one.answeredAt,
				kept: kept[index] ?? null,
				superseded: superseded.filter((id) => id === one.row.id).length,
			},
	);
}

/**
 * Of two answers with one hash that come at once, the second has to see the first. Taken after the
 * rows and before the events, so that nobody waits for another in a circle.
 */
async function lockHashes({ rows }: Session, told: readonly Answered[]): Promise<void> {
	await rows(
		`SELECT pg_advisory_xact_lock($1, hash) FROM (
			SELECT DISTINCT hashtext(text) AS hash FROM unnest($2::text[]) AS text ORDER BY 1) AS hashes`,
		[HASH_LOCK_CLASS, told.map(({ answer }) => answer.coreClaimHash)],
	);
}

interface Replacing {
	/** Of the row whose issuance replaces others. */
	readonly id: number;
	readonly startedAt: number;
	readonly hash: string;
}

/**
 * Of the rows, all locked, those answered before the attempt started are replaced by its issuance.
 *
 * @returns for each replaced row, the row that replaces it
 */
async function supersede(
	session: Session,
	locked: readonly number[],
	replacing: readonly Replacing[],
	at: number,
): Promise<number[]> {
	if (replacing.length === 0) return [];
	const replaced = await session.rows<{ id: number; by: number }>(
		`UPDATE moca_air.issuances i SET state = 'superseded', state_at = $5, updated_at = $5,
			next_check_at = NULL, claimed_until = NULL
		FROM unnest($2::bigint[], $3::bigint[], $4::text[]) AS replacing (id, started_at, hash)
			JOIN moca_air.issuances own ON own.id = replacing.id
		WHERE i.id = ANY($1::bigint[]) AND i.id <> own.id AND i.recipient = own.recipient
			AND i.program = own.program AND i.realm = own.realm
			AND i.state IN ('submitted', 'confirmed') AND i.answered_at <= replacing.started_at
			AND i.core_claim_hash <> replacing.hash
		RETURNING i.id::float8 AS id, own.id::float8 AS by`,
		[
			locked,
			replacing.map(({ id }) => id),
			replacing.map(({ startedAt }) => startedAt),
			replacing.map(({ hash }) => hash),
			at,
		],
	);
	const events = replaced
		.map(({ id }): NewEvent => ({ issuanceId: id, type: 'superseded', threshold: '' }))
		.sort((a, b) => a.issuanceId - b.issuanceId);
	await appendEvents(session, events, at);
	return replaced.map(({ by }) => by);
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
