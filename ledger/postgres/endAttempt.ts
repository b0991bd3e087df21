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

/** What to throw when the row of an attempt is not there. */
export const gone = () =>
	new LedgerError('LEDGER_NOT_WRITABLE', 'the row of this attempt was erased meanwhile');

/** Writes the end of an attempt, and what its row, which is locked, becomes by that. */
export async function endAttempt(
	{ rows, now }: Session,
	row: LedgerRow,
	end: AttemptEnd,
	ended: Ended,
): Promise<void> {
	const { standing } = end;
	await rows(
		`UPDATE moca_air.attempts
		SET outcome = $3, core_claim_hash = $4, user_uuid = $5, ended_at = $6
		WHERE issuance_id = $1 AND number = $2`,
		[row.id, ended.number, ended.outcome, ended.coreClaimHash, ended.userUuid, ended.at],
	);
	await rows(
		`UPDATE moca_air.issuances SET state = $2, reason = $3, core_claim_hash = $4, user_uuid = $5,
			updated_at = $6, state_at = CASE WHEN state = $2 THEN state_at ELSE $6 END,
			lease_until = CASE WHEN $2 = 'sending' THEN lease_until END
		WHERE id = $1`,
		[
			row.id,
			end.state,
			end.reason,
			standing?.coreClaimHash ?? null,
			standing?.userUuid ?? null,
			ended.at,
		],
	);
	if (!end.submitted || standing === null) return;
	const earlier = row.attempts.find(({ number }) => number === standing.number);
	await rows(
		`UPDATE moca_air.issuances SET answered_at = $2, next_check_at = $3, claimed_until = NULL,
			checks = 0, vc_id = NULL, vc_status = NULL, confirmed_at = NULL,
			pending_since = ${now}, missing_since = NULL
		WHERE id = $1`,
		[
			row.id,
			standing.number === ended.number ? ended.at : (earlier?.endedAt ?? ended.at),
			ended.nextCheckAt,
		],
	);
}

/** Writes that the lease of a row's current attempt has run out: see `expireLease`. */
export async function expire(session: Session, row: LedgerRow, end: AttemptEnd): Promise<void> {
	const at = row.leaseUntil ?? row.updatedAt;
	const unanswered = { outcome: 'unknown', coreClaimHash: null, userUuid: null } as const;
	await endAttempt(session, row, end, { ...unanswered, number: row.attempt, at, nextCheckAt: at });
}
