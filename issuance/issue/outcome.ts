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

/** What a node says about an issuance, in addition to AIR's answer. */
export interface OutcomeFields {
	readonly outcome: IssueOutcome;
	/** For `kept`: whether the kept claims equal those of this item; null if that is not known. */
	readonly sameClaims?: boolean | null;
	/** ISO 8601, when AIR first answered with this hash. */
	readonly submittedAt: string;
}

const iso = (ms: number) => new Date(ms).toISOString();

/** An answer from AIR, with what the ledger knew about its hash. */
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

/**
 * The outcome of a replay. If AIR kept something, it is `kept` again: the item's claims were never
 * issued.
 */
export function outcomeOfReplay(row: LedgerRow): OutcomeFields {
	const submittedAt = answeredAtOf(row);
	return row.keptSince === null
		? { outcome: 'alreadyIssued', submittedAt }
		: { outcome: 'kept', sameClaims: row.keptSame, submittedAt };
}

/** An issuance with its outcome. */
export type RememberedIssuance = Issuance &
	OutcomeFields & {
		/** False when AIR accepted it and the ledger could not be written. */
		readonly recorded?: boolean;
		/** For a replay: what the ledger last saw. */
		readonly state?: string;
		readonly vcStatus?: string;
		readonly vcId?: string;
	};

/**
 * An answer that could not be written. Reading the ledger may still work and show whether AIR kept
 * another row's issuance; the time is our own.
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
