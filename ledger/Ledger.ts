import type { AcceptedAnswer, AttemptFailure, AttemptRef, RecordedAnswer } from './Attempt';
import type { Feed } from './Feed';
import type { LedgerEvent, LedgerRow, Origin, RowState } from './LedgerRow';

export type * from './Attempt';
export * from './LedgerRow';

/**
 * What was issued and how far it got: the memory that AIR lacks. AIR has no list of issuances and no webhook.
 *
 * Two stores implement it, SQLite and PostgreSQL. What a row may become is decided by pure functions
 * (`transitions.ts`) inside a transaction that holds the row; the stores only read, ask, and write.
 * All times are milliseconds since 1970 by the store's own clock.
 */
export interface Ledger extends Feed {
	/**
	 * Begins an attempt, or says why none may begin. Atomic: of any number of callers with one key,
	 * on any number of hosts, one is told `started`. Durable when it returns.
	 *
	 * A row older than `rememberMs` is retired: it stays, but is no longer found by its key. Another
	 * attempt on a row takes over origin, issuer DID, subject HMAC, thumbprint and reference of the
	 * request. The caller asks `isKeyAccepted` before it shows a row to anybody.
	 *
	 * @throws LedgerError when nothing could be written: then nothing may be sent
	 */
	begin(request: BeginRequest): Promise<BeginResult>;

	/**
	 * AIR accepted the attempt. An overtaken attempt's answer is recorded as a further issuance.
	 * May be told twice: the second time changes nothing.
	 *
	 * `supersedes`: rows of the same (realm, program, recipient) that are `submitted` or `confirmed`
	 * and were answered before this attempt started (not later than it: `answeredAt <= startedAt`)
	 * become `superseded` with an event, in the same transaction, and are checked no more. Which of
	 * two that were under way at once was left standing only AIR can say, so both are watched. Rows
	 * with the very hash that was answered are not superseded: AIR kept what they stand for.
	 *
	 * @returns what the ledger knew of the hash. Told a second time: the same, but `superseded` is 0.
	 * @throws LedgerError LEDGER_NOT_WRITABLE when the row is gone (the person was erased meanwhile)
	 */
	answered(attempt: AttemptRef, answer: AcceptedAnswer): Promise<RecordedAnswer>;

	/**
	 * The attempt ended otherwise.
	 *
	 * @returns the row as it is now
	 * @throws LedgerError as `answered`
	 */
	failed(attempt: AttemptRef, failure: AttemptFailure): Promise<LedgerRow>;

	/**
	 * AIR said this of an issuance. State moves only forward; an event is appended in the same
	 * transaction; the claim on the row, if any, ends. Of several rows with the hash all change, and one
	 * has the event, the first. Rows that have the hash only as a further issuance (another attempt's
	 * stands) are given back as they are.
	 *
	 * @returns the rows with this hash as they are now; empty when the ledger does not know it
	 */
	observed(realm: string, coreClaimHash: string, seen: Observation): Promise<LedgerRow[]>;

	/**
	 * Takes rows whose next check is due and that nobody has claimed, the longest due first, and leases
	 * them for the caller. That lease is not the row's `leaseUntil`, which is about attempts. After them
	 * come rows whose time is so far ahead that the store's clock must have been set back meanwhile.
	 *
	 * Rows are given as they are, so that a damaged one stops no other: see `assertRow`.
	 */
	claimDue(query: DueQuery): Promise<LedgerRow[]>;

	/** Gives claimed rows back that were not reached. */
	release(ids: readonly number[]): Promise<void>;

	/** The newest row with this hash (of any of its attempts), or the row with this key. */
	find(realm: string, by: FindBy): Promise<LedgerRow | undefined>;

	/** Rows, newest first; for the shell. */
	list(filter: ListFilter): Promise<LedgerRow[]>;

	/** How many rows there are in each state; states without rows are left out. */
	totals(): Promise<Partial<Record<RowState, number>>>;

	/** Events after an id, in commit order. */
	events(after: number, limit: number): Promise<LedgerEvent[]>;

	/**
	 * Erases a person from every realm: rows (retired ones too), attempts and events.
	 *
	 * @returns how many rows went
	 */
	forget(recipient: string): Promise<number>;

	/** AIR has accepted a token that this key signed, so its holder may be given rows of the realm. */
	acceptKey(realm: string, keyThumbprint: string): Promise<void>;
	isKeyAccepted(realm: string, keyThumbprint: string): Promise<boolean>;

	/**
	 * Applies retention to at most `limit` rows of each kind; to be called again while it finds some.
	 * Attempts whose lease ran out end (see `expireLease`); rows that have been `submitted` or `unknown`
	 * for `openDays` become `abandoned` with an event; rows that have been anything else but `sending`
	 * for `finishedDays` go with their events. Days count from when the row came into its state.
	 */
	prune(retention: Retention): Promise<PruneResult>;

	close(): Promise<void>;
}

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
	/** For how long an answer or an unknown outcome holds for this key; null for as long as the row. */
	readonly rememberMs: number | null;
	/** Longer than the longest the attempt can take. */
	readonly leaseMs: number;
	/** Keep Existing, or the user switched Send Again When Outcome Is Unknown on (D4). */
	readonly repeatUnknown: boolean;
	/** Revoke and Reissue: what AIR only kept when this key came before may be issued now. */
	readonly replaces?: boolean | undefined;
}

export type BeginResult =
	/** Send now. */
	| ({ readonly outcome: 'started' } & AttemptRef)
	/** AIR accepted it before: a replay. */
	| { readonly outcome: 'answered'; readonly row: LedgerRow }
	/** Another attempt's lease is valid for this long. */
	| { readonly outcome: 'busy'; readonly row: LedgerRow; readonly leaseMs: number }
	/** AIR may or may not have issued, and it may not be sent again. */
	| { readonly outcome: 'unknown'; readonly row: LedgerRow }
	/** The row is another private key's: AIR has to accept this one first, see `acceptKey`. */
	| { readonly outcome: 'unproven' }
	/** The key was used for something else. */
	| {
			readonly outcome: 'conflict';
			readonly row: LedgerRow;
			readonly about: 'recipient' | 'subject';
	  };

export interface Observation {
	/** Who was asked for: only rows of this recipient; all when undefined. */
	readonly recipient?: string | undefined;
	readonly vcStatus: string;
	readonly vcId: string | null;
	/** What the status means, as `air/answers/status.ts` says. */
	readonly state: 'pending' | 'confirmed' | 'unusable' | 'unknown';
	/** When to ask again, from now; null when there is nothing more to learn. */
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

export type FindBy =
	| { readonly coreClaimHash: string }
	| { readonly program: string; readonly idempotencyKey: string };

export interface ListFilter {
	readonly states?: readonly RowState[] | undefined;
	readonly recipient?: string | undefined;
	/** Of the execution that asked last. IDs of several n8ns may be the same. */
	readonly executionId?: string | undefined;
	/** Only what was begun and never answered: `unknown`, and `sending` whose lease has run out. */
	readonly unanswered?: boolean | undefined;
	readonly limit: number;
	/** Only rows with an id below this: for paging. */
	readonly beforeId?: number | undefined;
}

export interface Retention {
	/** Only rows of this realm are abandoned and deleted; of all realms when undefined. */
	readonly realm?: string | undefined;
	/** Finished rows go after this many days. */
	readonly finishedDays: number;
	/** Open rows become abandoned after this many days. */
	readonly openDays: number;
	readonly limit: number;
}

export const DEFAULT_RETENTION: Retention = { finishedDays: 90, openDays: 180, limit: 500 };

export interface PruneResult {
	readonly expired: number;
	readonly abandoned: number;
	readonly deleted: number;
}
