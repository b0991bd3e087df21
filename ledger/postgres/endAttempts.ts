import type { AttemptOutcome, LedgerRow } from '../Ledger';
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

/** Writes how attempts ended, and what their rows, which are locked, become by that; each row once. */
export async function endAttempts({ rows, now }: Session, ends: readonly RowEnd[]): Promise<void> {
	if (ends.length === 0) return;
	await rows(
		`WITH told AS MATERIALIZED (
			SELECT * FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::text[], $5::text[],
				$6::bigint[], $7::text[], $8::text[], $9::text[], $10::text[], $11::boolean[],
				$12::bigint[], $13::bigint[])
				AS told (id, number, outcome, hash, uuid, at, state, reason, standing_hash,
					standing_uuid, submitted, answered_at, next_check_at)
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
			missing_since = CASE WHEN t.submitted THEN NULL ELSE i.missing_since END
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
		],
	);
}

/** Of a row whose lease has run out: see `expireLease`. To be written by `endAttempts`. */
export function leaseEnd(row: LedgerRow, end: AttemptEnd): RowEnd {
	const at = row.leaseUntil ?? row.updatedAt;
	const unanswered = { outcome: 'unknown', coreClaimHash: null, userUuid: null } as const;
	return { row, end, ended: { ...unanswered, number: row.attempt, at, nextCheckAt: at } };
}
