import type { AttemptOutcome, KeptIssuance, LedgerRow } from '../Ledger';
import { LedgerError } from '../LedgerError';
import type { AttemptEnd } from '../transitions';
import type { Session } from './Database';

/** How an attempt ended, and when AIR is to be asked if its row has come to an issuance by that. */
export interface Ended {
	readonly number: number;
	readonly outcome: AttemptOutcome;
	readonly coreClaimHash: string | null;
	readonly userUuid: string | null;
	readonly at: number;
	readonly nextCheckAt: number;
}

/** The end of an attempt, and what its row becomes by that. */
export interface RowEnd {
	readonly row: LedgerRow;
	readonly end: AttemptEnd;
	readonly ended: Ended;
}

/** What to throw when the row of an attempt is not there. */
export const gone = () =>
	new LedgerError('LEDGER_NOT_WRITABLE', 'the row of this attempt was erased meanwhile');

/** When the issuance that stands from now on was answered. */
function answeredAt({ row, end, ended }: RowEnd): number {
	if (end.standing === null || end.standing.number === ended.number) return ended.at;
	const earlier = row.attempts.find(({ number }) => number === end.standing?.number);
	return earlier?.endedAt ?? ended.at;
}

/** A row, and a hash that AIR gave for it. */
interface RowHash {
	readonly row: LedgerRow;
	readonly hash: string;
}

/** @returns for each the first answer with this hash that another row has; null if there is none */
export async function keptFor(
	{ rows }: Session,
	given: readonly (RowHash | undefined)[],
): Promise<(KeptIssuance | null)[]> {
	const asked = given.flatMap((one) => (one === undefined ? [] : [one]));
	if (asked.length === 0) return given.map(() => null);
	const found = await rows<KeptIssuance & { id: number }>(
		`SELECT DISTINCT ON (own.id) own.id::float8 AS id, o.id::float8 AS "issuanceId",
			a.ended_at::float8 AS "answeredAt", CASE WHEN o.key_thumbprint = own.key_thumbprint
				THEN o.subject_hmac = own.subject_hmac END AS "sameSubject"
		FROM unnest($1::bigint[], $2::text[]) AS asked (id, hash)
			JOIN moca_air.issuances own ON own.id = asked.id
			JOIN moca_air.attempts a ON a.core_claim_hash = asked.hash AND a.issuance_id <> own.id
			JOIN moca_air.issuances o ON o.id = a.issuance_id AND o.realm = own.realm
		ORDER BY own.id, a.ended_at, o.id`,
		[asked.map(({ row }) => row.id), asked.map(({ hash }) => hash)],
	);
	const kept = new Map(found.map(({ id, ...one }) => [id, one]));
	return given.map((one) => (one === undefined ? null : (kept.get(one.row.id) ?? null)));
}

/** The issuance that stands from now on, if that is another one than before. */
const standingOf = ({ row, end }: RowEnd): RowHash | undefined => {
	const hash = end.submitted ? end.standing?.coreClaimHash : undefined;
	return hash == null ? undefined : { row, hash };
};

/**
 * Writes how attempts ended, and what their rows, which are locked, become by that; each row once.
 *
 * @param known - what AIR kept for each, if that was looked up already
 */
export async function endAttempts(
	session: Session,
	ends: readonly RowEnd[],
	known?: readonly (KeptIssuance | null)[],
): Promise<void> {
	if (ends.length === 0) return;
	const { rows, now } = session;
	const kept = known ?? (await keptFor(session, ends.map(standingOf)));
	await rows(
		`WITH told AS MATERIALIZED (
			SELECT * FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::text[], $5::text[],
				$6::bigint[], $7::text[], $8::text[], $9::text[], $10::text[], $11::boolean[],
				$12::bigint[], $13::bigint[], $14::bigint[], $15::boolean[])
				AS told (id, number, outcome, hash, uuid, at, state, reason, standing_hash,
					standing_uuid, submitted, answered_at, next_check_at, kept_since, kept_same)
		), ended AS (
			UPDATE moca_air.attempts a
			SET outcome = t.outcome, core_claim_hash = t.hash, user_uuid = t.uuid, ended_at = t.at
			FROM told t WHERE a.issuance_id = t.id AND a.number = t.number
		)
		UPDATE moca_air.issuances i SET state = t.state, reason = t.reason,
			core_claim_hash = t.standing_hash, user_uuid = t.standing_uuid, updated_at = t.at,
			state_at = CASE WHEN i.state = t.state THEN i.state_at ELSE t.at END,
			lease_until = CASE WHEN t.state = 'sending' THEN i.lease_until END,
			answered_at = CASE WHEN t.submitted THEN t.answered_at ELSE i.answered_at END,
			next_check_at = CASE WHEN t.submitted THEN t.next_check_at ELSE i.next_check_at END,
			claimed_until = CASE WHEN t.submitted THEN NULL ELSE i.claimed_until END,
			checks = CASE WHEN t.submitted THEN 0 ELSE i.checks END,
			vc_id = CASE WHEN t.submitted THEN NULL ELSE i.vc_id END,
			vc_status = CASE WHEN t.submitted THEN NULL ELSE i.vc_status END,
			confirmed_at = CASE WHEN t.submitted THEN NULL ELSE i.confirmed_at END,
			pending_since = CASE WHEN t.submitted THEN ${now} ELSE i.pending_since END,
			missing_since = CASE WHEN t.submitted THEN NULL ELSE i.missing_since END,
			kept_since = CASE WHEN t.submitted THEN t.kept_since ELSE i.kept_since END,
			kept_same = CASE WHEN t.submitted THEN t.kept_same ELSE i.kept_same END
		FROM told t WHERE i.id = t.id`,
		[
			ends.map(({ row }) => row.id),
			ends.map(({ ended }) => ended.number),
			ends.map(({ ended }) => ended.outcome),
			ends.map(({ ended }) => ended.coreClaimHash),
			ends.map(({ ended }) => ended.userUuid),
			ends.map(({ ended }) => ended.at),
			ends.map(({ end }) => end.state),
			ends.map(({ end }) => end.reason),
			ends.map(({ end }) => end.standing?.coreClaimHash ?? null),
			ends.map(({ end }) => end.standing?.userUuid ?? null),
			ends.map(({ end }) => end.submitted && end.standing !== null),
			ends.map(answeredAt),
			ends.map(({ ended }) => ended.nextCheckAt),
			kept.map((one) => one?.answeredAt ?? null),
			kept.map((one) => one?.sameSubject ?? null),
		],
	);
}

/** Of a row whose lease has run out: see `expireLease`. To be written by `endAttempts`. */
export function leaseEnd(row: LedgerRow, end: AttemptEnd): RowEnd {
	const at = row.leaseUntil ?? row.updatedAt;
	const unanswered = { outcome: 'unknown', coreClaimHash: null, userUuid: null } as const;
	return { row, end, ended: { ...unanswered, number: row.attempt, at, nextCheckAt: at } };
}
