import type { AcceptedAnswer, AttemptFailure, AttemptRef, RecordedAnswer } from './Attempt';
import type { DirectBegun, DirectLook, DirectRequest, DirectSeal } from './Direct';
import type { LedgerEvent, LedgerRow, RowState } from './LedgerRow';
import type { Revocations } from './Revocations';
import type { FindBy, ListFilter, PageQuery, RowPage, SummaryPage, SummaryQuery } from './Reading';
import type {
	BeginRequest,
	BeginResult,
	Cursor,
	CursorKey,
	CursorMove,
	CursorStart,
	DelayedQuery,
	DueQuery,
	EraseResult,
	FeedEvent,
	FeedFilter,
	FeedPage,
	FeedQuery,
	KeyAcceptance,
	Missing,
	Observation,
	Postponed,
	ProgramUse,
	PruneResult,
	Retention,
	Settlement,
	SettleRequest,
	SettleResult,
	WatchRequest,
} from './Requests';

export type * from './Attempt';
export type * from './Direct';
export type * from './Revocations';
export * from './LedgerRow';
export type * from './Reading';
export * from './Requests';
export * from './RowOutcome';

/**
 * What was issued and how far it got. AIR has no list of issuances and no webhook, so this is the only
 * memory of them.
 *
 * Two stores implement it, SQLite and PostgreSQL. Pure functions (`transitions.ts`) decide what a row
 * may become, inside a transaction that holds the row; the stores only read, ask them, and write. All
 * times are milliseconds since 1970 by the store's own clock.
 */
export interface Ledger extends Revocations {
	/**
	 * Begins an attempt, or says why none may begin. Atomic: among any number of callers with one key, on
	 * any number of hosts, only one gets `started`. Durable when it returns.
	 *
	 * A row older than `rememberMs` is retired: it stays, but is no longer found by its key. Another
	 * attempt on a row takes over origin, issuer DID, subject HMAC, thumbprint and reference of the
	 * request. The caller first makes sure that AIR accepts the key (`keyAcceptance`): the row is written
	 * under that key, and `begin` gives the recorded answer to every caller.
	 *
	 * @throws LedgerError if nothing could be written: then nothing may be sent
	 */
	begin(request: BeginRequest): Promise<BeginResult>;

	/**
	 * What is known about a direct issuance before it begins. The account of the person is looked up only
	 * if this says `open`, because AIR makes an account for an address that has none.
	 */
	lookDirect(request: DirectRequest): Promise<DirectLook>;

	/**
	 * Begins an attempt to store a sealed credential, or says why none may begin, as `begin` does. The
	 * same write keeps the sealed bytes, so that they can be sent again, and keeps the number and the
	 * signing key for as long as the credential is valid. The number of what was sealed for this row
	 * before is revoked.
	 *
	 * Under `keep` and `reissue`, only one caller at a time gets `started` for this type and person, and
	 * what may have been stored is finished however long ago it was sent, regardless of `rememberMs`. If
	 * several may have been stored, the oldest comes first.
	 *
	 * @throws LedgerError if nothing could be written: then nothing may be sent
	 */
	beginDirect(request: DirectRequest, seal: DirectSeal): Promise<DirectBegun>;

	/**
	 * AIR accepted the attempt. An overtaken attempt's answer is recorded as a further issuance.
	 * May be called twice: the second call changes nothing.
	 *
	 * `supersedes`: rows of the same (realm, program, recipient) that are `submitted` or `confirmed`, or
	 * were abandoned as that, and were answered before this attempt started (not later than it:
	 * `answeredAt <= startedAt`; under Issue on Behalf also earlier rows that were answered later than
	 * now, because the clock was set back), or that `beginDirect` marked to be replaced, become
	 * `superseded` with an event, in the same transaction, and are checked no more. If two were under way at once, only AIR knows which one stands, so both
	 * are watched. Rows with the same hash as the answer are not superseded: AIR kept their credential.
	 *
	 * @returns what the ledger knew about the hash. A second call returns the same, but `superseded` is 0.
	 * @throws LedgerError LEDGER_NOT_WRITABLE when the row is gone (the person was erased meanwhile)
	 */
	answered(attempt: AttemptRef, answer: AcceptedAnswer): Promise<RecordedAnswer>;

	/**
	 * The attempt ended in another way. When the row becomes `unknown`, here or by a lease that runs out, an
	 * event is appended in the same transaction: once, and again when it was settled meanwhile.
	 *
	 * @returns the row as it is now
	 * @throws LedgerError as `answered`
	 */
	failed(attempt: AttemptRef, failure: AttemptFailure): Promise<LedgerRow>;

	/**
	 * Records what AIR said about an issuance. State moves only forward; an event is appended in the same
	 * transaction; the claim on the row, if any, ends. If several rows have the hash, all change, and the
	 * first has the event. Rows that have the hash only as a further issuance (another attempt's issuance
	 * stands) are returned unchanged.
	 *
	 * @returns the rows with this hash as they are now, the newest first; empty when the ledger does not know it
	 */
	observed(realm: string, coreClaimHash: string, seen: Observation): Promise<LedgerRow[]>;

	/**
	 * Takes unclaimed rows whose next check is due, the longest due first, and leases them for the
	 * caller. That lease is not the row's `leaseUntil`, which is about attempts. They are followed by
	 * rows whose time is so far ahead that the store's clock must have been set back.
	 *
	 * Rows are returned unchecked, so that a damaged one does not stop the others: see `assertRow`.
	 */
	claimDue(query: DueQuery): Promise<LedgerRow[]>;

	/** Gives back claimed rows that were not reached. */
	release(ids: readonly number[]): Promise<void>;

	/** The newest row with this hash (in any of its attempts), or the row with this key. */
	find(realm: string, by: FindBy): Promise<LedgerRow | undefined>;

	/**
	 * How many rows were begun on each day, by program and state, for a part of the table: each call
	 * looks at a bounded number of rows, since SQLite blocks n8n meanwhile.
	 */
	summary(query: SummaryQuery): Promise<SummaryPage>;

	/** Rows, newest first unless asked otherwise. However long that takes: see `page`. */
	list(filter: ListFilter): Promise<LedgerRow[]>;

	/**
	 * The same, page by page. Without an index for the filter, each page looks at a bounded number of
	 * rows, since SQLite blocks n8n meanwhile. There are indexes for ID, recipient, reference and
	 * external ID.
	 */
	page(query: PageQuery): Promise<RowPage>;

	/** What was issued recently, by program, the one used last first. */
	programs(realm: string): Promise<ProgramUse[]>;

	/** How many rows there are in each state; states without rows are left out. */
	totals(): Promise<Partial<Record<RowState, number>>>;

	/** Events after an id, in commit order. */
	events(after: number, limit: number): Promise<LedgerEvent[]>;

	/**
	 * Erases a person from every realm: rows (retired ones too), attempts and events.
	 *
	 * @returns how many rows were deleted
	 */
	forget(recipient: string): Promise<number>;

	/**
	 * The same, but first waits for attempts for this person that are under way: otherwise AIR's answer
	 * would find no row.
	 *
	 * @param waitMs - at most this long, then it says `busy`
	 * @param realm - only from this one; from every realm when undefined
	 */
	erase(recipient: string, waitMs: number, realm?: string): Promise<EraseResult>;

	/**
	 * AIR has accepted a token that this key signed: its holder may write rows of the realm and read
	 * them. The acceptance is dated by the store's clock, and an earlier refusal is forgotten.
	 */
	acceptKey(realm: string, keyThumbprint: string): Promise<void>;

	/**
	 * AIR has refused a token that this key signed (401). The first refusal is noted, the second
	 * withdraws the acceptance: AIR may have failed to fetch the JWKS once. Nothing is written about a
	 * key that was never accepted.
	 */
	refuseKey(realm: string, keyThumbprint: string): Promise<void>;

	/** @returns undefined for a key that AIR never accepted, or whose acceptance was withdrawn */
	keyAcceptance(realm: string, keyThumbprint: string): Promise<KeyAcceptance | undefined>;

	/**
	 * A person says what became of an issuance whose outcome is unknown. Refused while an attempt is
	 * under way, and if the row has changed since the person saw it. A late answer is recorded anyway:
	 * after `issued` as a further issuance, otherwise it stands. The ledger keeps who settled and why.
	 * After `send-again` it may be settled once more until it is sent.
	 *
	 * - `issued`: the row is `submitted` with the hash, AIR is asked about it, and what the person held
	 *   before is `superseded`; without a hash, AIR cannot be asked, and the row is only replayed. A row
	 *   that was issued directly is `stored`, and what its reissue was to replace is replaced and revoked
	 * - `not-issued`: the row is `rejected`, so that its key may be tried again
	 * - `send-again`: the same, but a refusal of the next attempt leaves the row unknown
	 */
	settle(request: SettleRequest): Promise<SettleResult>;

	/** How a row was settled, in order. */
	settlements(realm: string, issuanceId: number): Promise<Settlement[]>;

	/**
	 * Ends attempts whose lease ran out (see `expireLease`), in all realms: the result does not
	 * depend on the caller.
	 *
	 * @param most - `limit`: the most rows to end
	 * @returns how many were ended
	 */
	endLeases(most: { readonly limit: number }): Promise<number>;

	/**
	 * Applies retention to at most `limit` rows of each kind; call it again while it finds some.
	 * Attempts whose lease ran out end (see `expireLease`); rows that have been `submitted` or `unknown`
	 * for `openDays` become `abandoned` with an event; rows that have been anything else but `sending`
	 * for `finishedDays` go with their events. Days count from when the row came into its state. What may
	 * have been stored directly stays until it would have expired, also where somebody wants it sent again.
	 */
	prune(retention: Retention): Promise<PruneResult>;

	/**
	 * Finds a trigger's cursor, or makes it. It is written even if there are no events yet: otherwise the
	 * first event ever would become the silent baseline.
	 *
	 * @param start - `now`: after the newest event that is committed at this moment; `beginning`: before
	 *   the oldest. Only counts when the cursor is made.
	 */
	openCursor(key: CursorKey, start: CursorStart): Promise<Cursor>;

	/** Moves a cursor, forward only. Does nothing if there is none. */
	moveCursor(key: CursorKey, move: CursorMove): Promise<void>;

	/**
	 * Events with their rows, in commit order. Looks at a bounded number of events at a time: `upTo` says
	 * how far it looked; if that is beyond `after`, there may be more. Rows are given as they are, so
	 * that a damaged one stops no other: see `assertRow`.
	 */
	feed(query: FeedQuery): Promise<FeedPage>;

	/** The newest event that fits, regardless of cursors; undefined if there is no recent one. */
	newestInFeed(filter: FeedFilter): Promise<FeedEvent | undefined>;

	/**
	 * Appends `delayed` for rows that have been `submitted` for so many minutes: once per issuance and
	 * threshold. Its cost depends on what has come due since the last call, not on how much is pending. A
	 * new threshold starts with what comes due from now on (`now`), with everything (`beginning`), or with
	 * what has come due since a time. With `before`, it does the same for `expiring` and `expired` of stored
	 * credentials, where `since` means `now`.
	 *
	 * @returns how many were appended; call it again if that is `limit`
	 */
	appendDelayed(query: DelayedQuery): Promise<number>;

	/**
	 * Finds rows for issuances made elsewhere, or makes them: due at once, with the origin *watched*.
	 * There is one row for each pair of hash and address, so that a corrected address starts over and two
	 * triggers with two addresses do not disturb each other. If this ledger itself issued the hash, that
	 * row is used (the oldest of several), whatever address the pair names. Retention begins again for
	 * all of them.
	 *
	 * @returns the rows, in the order of the pairs
	 */
	watch(request: WatchRequest): Promise<LedgerRow[]>;

	/**
	 * AIR itself knows no such hash. If AIR has said nothing else about a row for `condemnAfterMs`, the
	 * row becomes `unusable` with an event; until then AIR is asked again. A row that is only watched is
	 * never condemned before AIR has known it: its address may be wrong. The claim ends.
	 */
	missing(realm: string, coreClaimHash: string, seen: Missing): Promise<void>;

	/**
	 * Asking about these rows failed, which says nothing about them: their claims end, and they are due
	 * later.
	 */
	postpone(rows: readonly Postponed[]): Promise<void>;

	/** Claims the rows with this hash for a caller that asks AIR itself and then calls `observed`. */
	hold(realm: string, coreClaimHash: string, leaseMs: number): Promise<void>;

	close(): Promise<void>;
}
