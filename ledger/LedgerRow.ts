import type { Attempt } from './Attempt';

/**
 * `sending → rejected | unknown | submitted → confirmed | unusable | superseded` (D3); a direct
 * issuance becomes `stored` in place of `submitted`, and AIR tells nothing more about it; only the
 * issuer itself can make it `revoked`.
 */
export const ROW_STATES = [
	'sending',
	'rejected',
	'unknown',
	'submitted',
	'stored',
	'confirmed',
	'unusable',
	'superseded',
	'revoked',
	'abandoned',
] as const;

export type RowState = (typeof ROW_STATES)[number];

/** How it is issued: by AIR on the partner's behalf, or signed by the partner itself. */
export type WayOfIssuing = 'on-behalf' | 'direct';

/** Where an issuance was asked for. */
export interface Origin {
	/** The instance ID of n8n. Several n8ns may share a ledger. */
	readonly instance: string;
	readonly workflowId: string;
	readonly executionId: string;
	readonly nodeId: string;
}

export interface LedgerRow extends Origin {
	readonly id: number;
	/** Base URL and partner ID. */
	readonly realm: string;
	/** AIR's `credentialId`; of what is issued directly, the type of the credential (`vct`). */
	readonly program: string;
	readonly way: WayOfIssuing;
	readonly issuerDid: string;
	readonly recipient: string;
	readonly idempotencyKey: string;
	/** HMAC of the subject under a key derived from the private key; no claim values are stored. */
	readonly subjectHmac: string;
	/** Of the private key that made the HMAC: after a key change HMACs cannot be compared. */
	readonly keyThumbprint: string;
	/** The user's own ID. */
	readonly reference: string | null;
	readonly state: RowState;
	/** Code of the last failure, e.g. `AIR_TIMEOUT`. */
	readonly reason: string | null;
	/** Number of the current attempt. */
	readonly attempt: number;
	readonly attempts: readonly Attempt[];
	/** What AIR calls the issuance that stands: its `coreClaimHash`, or the `storagePath` of a direct one. */
	readonly coreClaimHash: string | null;
	readonly userUuid: string | null;
	/** ID of what was last sealed for a direct issuance; so are the next three fields. */
	readonly externalId: string | null;
	readonly revocationNumber: string | null;
	readonly expiresAt: number | null;
	/** DID of the person. */
	readonly holderDid: string | null;
	/** The row whose credential replaces this one, or was meant to; that row says what became of it. */
	readonly replacedBy: number | null;
	readonly vcId: string | null;
	readonly vcStatus: string | null;
	/** Null if there is nothing more to learn. */
	readonly nextCheckAt: number | null;
	/** How often AIR was asked; the caller computes the next check from it. */
	readonly checks: number;
	/** Until then the current attempt is believed to be under way; null unless `sending`. */
	readonly leaseUntil: number | null;
	readonly createdAt: number;
	/** When AIR accepted the issuance that stands. */
	readonly answeredAt: number | null;
	/** If AIR kept what another row already had: when that one was answered. */
	readonly keptSince: number | null;
	/** Whether the subject was the same then; null if that is not known. */
	readonly keptSame: boolean | null;
	readonly confirmedAt: number | null;
	readonly updatedAt: number;
}

export type EventType =
	| 'confirmed'
	| 'unusable'
	| 'superseded'
	| 'status'
	| 'delayed'
	| 'abandoned'
	| 'stored'
	| 'revoked'
	| 'expiring'
	| 'expired'
	| 'unknown';

/**
 * Unique per issuance, type and threshold; ids rise in commit order and are never reused. Rows of
 * one origin with one hash are one issuance: the first of them has its events.
 */
export interface LedgerEvent {
	readonly id: number;
	readonly issuanceId: number;
	readonly type: EventType;
	/**
	 * Distinguishes events of one type: the `vcStatus` of `status`, the minutes of `delayed` and
	 * `expiring`, and for `unknown` how often the row was settled before.
	 */
	readonly threshold: string;
	readonly at: number;
}

/** Whether a row exists only because a trigger watches it: what was issued here has a program. */
export const isOnlyWatched = ({ program }: Pick<LedgerRow, 'program'>) => program === '';
