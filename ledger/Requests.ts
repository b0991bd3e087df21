import type { AttemptRef } from './Attempt';
import type { EventType, LedgerEvent, LedgerRow, Origin, RowState } from './LedgerRow';

/** The requests and answers of a ledger's operations. */

export interface BeginRequest extends Origin {
	readonly realm: string;
	readonly program: string;
	readonly issuerDid: string;
	readonly recipient: string;
	/** Unique per (realm, program). */
	readonly idempotencyKey: string;
	readonly subjectHmac: string;
	readonly keyThumbprint: string;
	readonly reference: string | null;
	/** How long an answer or an unknown outcome counts for this key; null: as long as the row exists. */
	readonly rememberMs: number | null;
	/** Longer than the longest the attempt can take. */
	readonly leaseMs: number;
	/** Keep Existing, or the user switched Send Again When Outcome Is Unknown on (D4). */
	readonly repeatUnknown: boolean;
	/**
	 * Revoke and Reissue: if AIR only kept an earlier one when this key came before, it may be issued
	 * now.
	 */
	readonly replaces?: boolean | undefined;
}

export type BeginResult =
	/** Send now. */
	| ({ readonly outcome: 'started' } & AttemptRef)
	/** AIR accepted it before: a replay. */
	| { readonly outcome: 'answered'; readonly row: LedgerRow }
	/** Another attempt's lease is valid for this long. */
	| { readonly outcome: 'busy'; readonly row: LedgerRow; readonly leaseMs: number }
	/** AIR may or may not have issued, and nothing may be sent again. */
	| { readonly outcome: 'unknown'; readonly row: LedgerRow }
	/** The key was used for something else. */
	| {
			readonly outcome: 'conflict';
			readonly row: LedgerRow;
			readonly about: 'recipient' | 'subject';
	  };

/** What is known about a private key that AIR has accepted. */
export interface KeyAcceptance {
	/** How long ago that was, in milliseconds; below 0 if the store's clock was set back since. */
	readonly ageMs: number;
	/** AIR has refused it once since. */
	readonly refused: boolean;
}

export interface Observation {
	/** The recipient that AIR was asked about: only rows of this one; all if undefined. */
	readonly recipient?: string | undefined;
	readonly vcStatus: string;
	readonly vcId: string | null;
	/** What the status means, as `air/answers/status.ts` says. */
	readonly state: 'pending' | 'confirmed' | 'unusable' | 'unknown';
	/** When to ask again, from now; null if there is nothing more to learn. */
	readonly nextCheckMs: number | null;
}

export interface DueQuery {
	readonly limit: number;
	/** Longer than a status call. */
	readonly leaseMs: number;
	readonly realm: string;
	/** Only rows of this n8n; all when undefined. */
	readonly instance?: string | undefined;
	/** Only these rows; all that were issued here when undefined. */
	readonly ids?: readonly number[] | undefined;
}

export type EraseResult =
	| { readonly outcome: 'erased'; readonly rows: number }
	/** Nothing was erased. How much longer attempts for this person may be under way, in milliseconds. */
	| { readonly outcome: 'busy'; readonly leaseMs: number };

/** What a person knows about an outcome that the ledger does not know. */
export type SettleAs =
	/** It was found, with this hash; null if the person does not know the hash. */
	| {
			readonly outcome: 'issued';
			readonly coreClaimHash: string | null;
			readonly userUuid: string | null;
	  }
	/** It was not issued. */
	| { readonly outcome: 'not-issued' }
	/** Nobody knows, and it may be sent again anyway. */
	| { readonly outcome: 'send-again' };

export interface SettleRequest {
	readonly realm: string;
	readonly issuanceId: number;
	/** As the row was when the person looked at it. */
	readonly seen: Pick<LedgerRow, 'state' | 'attempt'>;
	readonly as: SettleAs;
	/** Where it was settled; empty texts for the command line. */
	readonly by: Omit<Origin, 'nodeId'>;
	readonly note: string | null;
}

export type SettleResult =
	| { readonly outcome: 'settled'; readonly row: LedgerRow }
	/** How much longer an attempt may be under way; its outcome is not known yet. */
	| { readonly outcome: 'busy'; readonly row: LedgerRow; readonly leaseMs: number }
	/** The outcome is known by now, or another attempt began meanwhile. */
	| { readonly outcome: 'changed'; readonly row: LedgerRow }
	| { readonly outcome: 'missing' };

/** A settlement or revocation, as the ledger keeps it. */
export interface Settlement extends Omit<Origin, 'nodeId'> {
	readonly at: number;
	readonly outcome: SettleAs['outcome'] | 'revoked';
	/** Of the row, before. */
	readonly state: RowState;
	readonly attempt: number;
	readonly note: string | null;
}

export interface Retention {
	/** Only rows of this realm are abandoned and deleted. */
	readonly realm: string;
	/** Finished rows are deleted after this many days. */
	readonly finishedDays: number;
	/** Open rows become abandoned after this many days. */
	readonly openDays: number;
	readonly limit: number;
}

export const DEFAULT_RETENTION: Omit<Retention, 'realm'> = {
	finishedDays: 90,
	openDays: 180,
	limit: 500,
};

/** How much of one program was issued recently. */
export interface ProgramUse {
	readonly program: string;
	/** Among the newest issuances of the realm. */
	readonly count: number;
	/** When AIR last accepted one, in milliseconds since 1970. */
	readonly lastAt: number;
}

export interface PruneResult {
	readonly expired: number;
	readonly abandoned: number;
	readonly deleted: number;
}

/** Which trigger. A workflow that was copied or imported elsewhere is another one. */
export interface CursorKey {
	readonly realm: string;
	/** Instance ID of the n8n. */
	readonly instance: string;
	readonly workflowId: string;
	readonly nodeId: string;
}

export type CursorStart = 'now' | 'beginning';

export interface Cursor extends CursorKey {
	/** Distinguishes this ledger from any other, e.g. from one that was deleted. Part of event IDs. */
	readonly ledgerId: string;
	/** n8n has certainly taken everything up to this event. */
	readonly delivered: number;
	/** Up to this event everything was offered; never below `delivered`. */
	readonly offered: number;
	readonly createdAt: number;
	/** The last poll before this one; null if this is the first. */
	readonly lastPolledAt: number | null;
	/** Retention has deleted events that were never offered to the trigger, and this was not reported yet. */
	readonly missed: boolean;
}

export interface CursorMove {
	readonly delivered?: number | undefined;
	readonly offered?: number | undefined;
	/** `missed` was reported. */
	readonly toldMissed?: boolean | undefined;
}

/** Rows for issuances made elsewhere are only in the feed of triggers that name them. */
export type FeedSource =
	| { readonly from: 'instance'; readonly instance: string }
	| { readonly from: 'everywhere' }
	| { readonly from: 'rows'; readonly ids: readonly number[] };

export interface FeedFilter {
	readonly realm: string;
	readonly source: FeedSource;
	readonly types: readonly EventType[];
	/** Only `delayed` with this threshold. */
	readonly delayMinutes: number;
	/** Only `expiring` with this threshold. */
	readonly expiringMinutes?: number | undefined;
	readonly program?: string | undefined;
	readonly referencePrefix?: string | undefined;
	readonly workflowId?: string | undefined;
}

export interface FeedQuery extends FeedFilter {
	readonly after: number;
	readonly limit: number;
}

export interface FeedEvent extends LedgerEvent {
	/** Of which ledger: see `Cursor`. */
	readonly ledgerId: string;
	/** As it is now, which may be later than the event. */
	readonly row: LedgerRow;
}

export interface FeedPage {
	readonly events: readonly FeedEvent[];
	/** All events up to here were looked at; `after` itself if there are none after it. */
	readonly upTo: number;
}

export interface DelayedQuery {
	readonly realm: string;
	readonly minutes: number;
	/** With `expiry`: `expiring`, this many minutes before a stored credential expires; with 0, `expired`. */
	readonly before?: 'expiry' | undefined;
	/** Where a new threshold begins; or with what has come due since a time, in milliseconds since 1970. */
	readonly start: CursorStart | { readonly since: number };
	readonly limit: number;
}

export interface WatchRequest {
	readonly realm: string;
	readonly instance: string;
	readonly workflowId: string;
	readonly nodeId: string;
	readonly pairs: readonly { readonly coreClaimHash: string; readonly recipient: string }[];
}

export interface Missing {
	/** Only rows of this recipient; all when undefined. */
	readonly recipient?: string | undefined;
	/** When to ask again, from now. */
	readonly nextCheckMs: number;
	readonly condemnAfterMs: number;
}

export interface Postponed {
	readonly id: number;
	/** From now. */
	readonly nextCheckMs: number;
}
