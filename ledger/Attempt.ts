/**
 * `accepted`: AIR gave a hash. `open`: under way, or ended without a known outcome. `replaced`: the
 * sealed credential that it sent has been replaced in the row since; AIR's answer to it never stands.
 */
export type AttemptOutcome = 'open' | 'accepted' | 'rejected' | 'not-sent' | 'unknown' | 'replaced';

/** One POST, as the ledger knows it. */
export interface Attempt {
	/** From 1. */
	readonly number: number;
	readonly startedAt: number;
	readonly endedAt: number | null;
	readonly outcome: AttemptOutcome;
	readonly coreClaimHash: string | null;
	readonly userUuid: string | null;
}

export interface AttemptRef {
	readonly issuanceId: number;
	readonly attempt: number;
}

export interface AcceptedAnswer {
	/** Of a direct issuance, the `storagePath`. */
	readonly coreClaimHash: string;
	readonly userUuid: string | null;
	/**
	 * When to ask AIR for the first time, from now; at once if the issuance stands only later (see
	 * AttemptEnd). Null if there is nothing to ask.
	 */
	readonly nextCheckMs: number | null;
	/**
	 * The person's earlier issuances of this program are replaced; the numbers of direct ones are
	 * revoked.
	 */
	readonly supersedes: boolean;
}

/** What was known about a hash when AIR gave it. */
export interface RecordedAnswer {
	/** When the answer was recorded. */
	readonly answeredAt: number;
	/** The first issuance of another row with this hash: AIR kept that one. Null if there is none. */
	readonly kept: KeptIssuance | null;
	/** How many rows this issuance replaced. */
	readonly superseded: number;
	/** The attempt is `replaced`: what it stored is revoked, and the row represents another credential. */
	readonly replaced: boolean;
}

export interface KeptIssuance {
	readonly issuanceId: number;
	readonly answeredAt: number;
	/** Whether both have the same subject; null if their HMACs were made with different keys. */
	readonly sameSubject: boolean | null;
}

export interface AttemptFailure {
	readonly outcome: 'rejected' | 'not-sent' | 'unknown';
	/** Code of the error. */
	readonly reason: string;
}
