/**
 * `accepted`: AIR gave a hash. `open`: under way, or ended without anybody saying how. `replaced`: it sent
 * a sealed credential in whose place the row has another one since; what AIR says of it never stands.
 */
export type AttemptOutcome = 'open' | 'accepted' | 'rejected' | 'not-sent' | 'unknown' | 'replaced';

/** One POST, as far as the ledger was told about it. */
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
	 * When to ask AIR for the first time, from now; at once if it stands only later (see AttemptEnd).
	 * Null where there is nothing to ask.
	 */
	readonly nextCheckMs: number | null;
	/** What this person held of this program is replaced; the numbers of direct ones are revoked. */
	readonly supersedes: boolean;
}

/** What was known of a hash when AIR gave it. */
export interface RecordedAnswer {
	/** When the answer was recorded. */
	readonly answeredAt: number;
	/** The first issuance of another row with this hash: AIR kept that one. Null if there is none. */
	readonly kept: KeptIssuance | null;
	/** How many rows this issuance has replaced. */
	readonly superseded: number;
	/** The attempt is `replaced`: what was stored is revoked, and the row stands for another credential. */
	readonly replaced: boolean;
}

export interface KeptIssuance {
	readonly issuanceId: number;
	readonly answeredAt: number;
	/** Whether both have the same subject; null where the HMACs are under two keys. */
	readonly sameSubject: boolean | null;
}

export interface AttemptFailure {
	readonly outcome: 'rejected' | 'not-sent' | 'unknown';
	/** Code of the error. */
	readonly reason: string;
}
