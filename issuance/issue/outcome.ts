import type { LedgerRow, RecordedAnswer } from '../../ledger/Ledger';
import type { Issuance } from './Issuing';
import type { LedgerSession } from '../session/LedgerSession';

/**
 * What became of an item:
 * - `issued`: AIR issued it now
 * - `reissued`: AIR issued it now, and it replaced what the person held
 * - `alreadyIssued`: it was issued before; nothing was sent, and this is the recorded answer
 * - `kept`: AIR kept what the person already held. The claims of this item were not issued
 */
export type IssueOutcome = 'issued' | 'reissued' | 'alreadyIssued' | 'kept';

/** What a node says about an issuance beside AIR's answer. */
export interface OutcomeFields {
	readonly outcome: IssueOutcome;
	/** Of what was kept: whether its claims are those of this item; null when that is not known. */
	readonly sameClaims?: boolean | null;
	/** ISO 8601, when AIR first answered with this hash. */
	readonly submittedAt: string;
}

const iso = (ms: number) => new Date(ms).toISOString();

/** An answer of AIR, with what the ledger knew of it. */
export function withOutcome<T extends object>(
	issuance: T,
	{ answeredAt, kept, superseded }: RecordedAnswer,
): T & OutcomeFields {
	const fields: OutcomeFields =
		kept === null
			? { outcome: superseded > 0 ? 'reissued' : 'issued', submittedAt: iso(answeredAt) }
			: { outcome: 'kept', sameClaims: kept.sameSubject, submittedAt: iso(kept.answeredAt) };
	return { ...issuance, ...fields };
}

/** When a row was answered, or begun if it was not. */
export const answeredAtOf = ({ keptSince, answeredAt, createdAt }: LedgerRow) =>
	iso(keptSince ?? answeredAt ?? createdAt);

/** What a replay says. Of what AIR kept it says so again: its claims were never issued. */
export function outcomeOfReplay(row: LedgerRow): OutcomeFields {
	const submittedAt = answeredAtOf(row);
	return row.keptSince === null
		? { outcome: 'alreadyIssued', submittedAt }
		: { outcome: 'kept', sameClaims: row.keptSame, submittedAt };
}

/** An issuance, and what the ledger makes of it. */
export type RememberedIssuance = Issuance &
	OutcomeFields & {
		/** False when AIR accepted it and the ledger could not be written. */
		readonly recorded?: boolean;
		/** What the ledger last saw, for a replay. */
		readonly state?: string;
		readonly vcStatus?: string;
		readonly vcId?: string;
	};

/**
 * An answer that could not be written. Whether AIR kept what another row was given can perhaps be read
 * anyway; the time is our own.
 */
export async function unrecorded(
	session: LedgerSession,
	issuanceId: number,
	issuance: Issuance,
	subjectHmac: string,
): Promise<RememberedIssuance> {
	const { coreClaimHash } = issuance;
	const row = await session.ledger.find(session.realm, { coreClaimHash }).catch(() => undefined);
	if (row === undefined || row.id === issuanceId) {
		return { ...issuance, outcome: 'issued', recorded: false };
	}
	const comparable =
		row.keptSince === null && row.keyThumbprint === session.settings.client.identity.key.thumbprint;
	return {
		...issuance,
		outcome: 'kept',
		sameClaims: comparable ? row.subjectHmac === subjectHmac : null,
		submittedAt: answeredAtOf(row),
		recorded: false,
	};
}
