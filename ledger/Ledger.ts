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
 * What was issued and how far it got: the memory that AIR lacks. AIR has no list of issuances and no webhook.
 *
 * Two stores implement it, SQLite and PostgreSQL. What a row may become is decided by pure functions
 * (`transitions.ts`) inside a transaction that holds the row; the stores only read, ask, and write.
 * All times are milliseconds since 1970 by the store's own clock.
 */
export interface Ledger extends Revocations {
	/**
	 * Begins an attempt, or says why none may begin. Atomic: of any number of callers with one key,
	 * on any number of hosts, one is told `started`. Durable when it returns.
	 *
	 * A row older than `rememberMs` is retired: it stays, but is no longer found by its key. Another
	 * attempt on a row takes over origin, issuer DID, subject HMAC, thumbprint and reference of the
	 * request. The caller makes sure before that AIR accepts the key (`keyAcceptance`): what begins
	 * is written under it, and what is known is told to anyone who asks.
	 *
	 * @throws LedgerError when nothing could be written: then nothing may be sent
	 */
	begin(request: BeginRequest): Promise<BeginResult>;

	/**
	 * What is known of an issuance that is to be made directly. Nothing is begun: the account of the
	 * person is looked up only where this says `open`, as AIR makes one for an address that has none.
	 */
	lookDirect(request: DirectRequest): Promise<DirectLook>;

	/**
	 * Begins an attempt to store a sealed credential, or says why none may begin: as `begin`, and in the
	 * same write what was sealed is kept, to be sent again byte by byte, and its number and the key that
	 * signed it for as long as it is valid. The number of what was sealed for this row before is revoked.
	 *
	 * Under `keep` and `reissue` of all who issue this type to this person one at a time is told `started`,
	 * and what may have been stored is finished however long ago it was sent: `rememberMs` does not count.
	 * Of several that may have been stored the oldest comes first.
	 *
	 * @throws LedgerError when nothing could be written: then nothing may be sent
	 */
	beginDirect(request: DirectRequest, seal: DirectSeal): Promise<DirectBegun>;

	/**
	 * AIR accepted the attempt. An overtaken attempt's answer is recorded as a further issuance.
	 * May be told twice: the second time changes nothing.
	 *
	 * `supersedes`: rows of the same (realm, program, recipient) that are `submitted` or `confirmed`, or
	 * were given up as that, and were answered before this attempt started (not later than it:
	 * `answeredAt <= startedAt`; or later than now, since the clock was set back), or that `beginDirect`
	 * marked to be replaced, become `superseded` with an event, in the same transaction, and are checked
	 * no more. Which of two that were under way at once was left standing
	 * only AIR can say, so both are watched. Rows with the very hash that was answered are not
	 * superseded: AIR kept what they stand for.
	 *
	 * @returns what the ledger knew of the hash. Told a second time: the same, but `superseded` is 0.
	 * @throws LedgerError LEDGER_NOT_WRITABLE when the row is gone (the person was erased meanwhile)
	 */
	answered(attempt: AttemptRef, answer: AcceptedAnswer): Promise<RecordedAnswer>;

	/**
	 * The attempt ended otherwise. When the row becomes `unknown`, here or by a lease that runs out, an
	 * event is appended in the same transaction: once, and again when it was settled meanwhile.
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
	 * @returns the rows with this hash as they are now, the newest first; empty when the ledger does not know it
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

	/**
	 * How many rows were begun on each day, by program and state, of a part of the table: a bounded
	 * number of rows is looked at, since SQLite keeps n8n waiting meanwhile.
	 */
	summary(query: SummaryQuery): Promise<SummaryPage>;

	/** Rows, newest first unless asked otherwise. However long that takes: see `page`. */
	list(filter: ListFilter): Promise<LedgerRow[]>;

	/**
	 * The same, page by page. Where no index leads to the rows that fit, a bounded number of rows is
	 * looked at, since SQLite keeps n8n waiting meanwhile. An index leads to an ID, a recipient, a
	 * reference and an external ID.
	 */
	page(query: PageQuery): Promise<RowPage>;

	/** What was issued recently, by program; the one used last comes first. */
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
	 * The same, but waits for attempts for this person that are under way: else what AIR answers has no
	 * row any more.
	 *
	 * @param waitMs - at most this long, then it says `busy`
	 * @param realm - only from this one; from every realm when undefined
	 */
	erase(recipient: string, waitMs: number, realm?: string): Promise<EraseResult>;

	/**
	 * AIR has accepted a token that this key signed: its holder may write and be given rows of the
	 * realm. The acceptance is dated by the store's clock, and an earlier refusal is forgotten.
	 */
	acceptKey(realm: string, keyThumbprint: string): Promise<void>;

	/**
	 * AIR has refused a token that this key signed (401). The first time that is noted, the second time
	 * the acceptance is withdrawn: AIR may have failed to fetch the JWKS once. Of a key that was never
	 * accepted nothing is written.
	 */
	refuseKey(realm: string, keyThumbprint: string): Promise<void>;

	/** @returns undefined for a key that AIR never accepted, or whose acceptance was withdrawn */
	keyAcceptance(realm: string, keyThumbprint: string): Promise<KeyAcceptance | undefined>;

	/**
	 * Somebody says what became of an issuance whose outcome is unknown. Refused while an attempt is
	 * under way, and when the row is no longer as it was seen. A late answer is recorded anyway:
	 * after `issued` as a further issuance, otherwise it stands. Who settled and why is kept. After
	 * `send-again` it may be settled once more until it is sent.
	 *
	 * - `issued`: the row is `submitted` with the hash, AIR is asked about it, and what the person held
	 *   before is `superseded`; without a hash nobody can ask, and the row is only replayed. One that was issued directly is `stored`, and what its
	 *   reissue was to replace is replaced and revoked
	 * - `not-issued`: the row is `rejected`, so that its key may be tried again
	 * - `send-again`: the same, but a refusal of the next attempt leaves the row unknown
	 */
	settle(request: SettleRequest): Promise<SettleResult>;

	/** How a row was settled, in order. */
	settlements(realm: string, issuanceId: number): Promise<Settlement[]>;

	/**
	 * Ends attempts whose lease ran out (see `expireLease`), in all realms: what is written does not
	 * depend on who notices.
	 *
	 * @param most - `limit`: of how many rows at most
	 * @returns of how many
	 */
	endLeases(most: { readonly limit: number }): Promise<number>;

	/**
	 * Applies retention to at most `limit` rows of each kind; to be called again while it finds some.
	 * Attempts whose lease ran out end (see `expireLease`); rows that have been `submitted` or `unknown`
	 * for `openDays` become `abandoned` with an event; rows that have been anything else but `sending`
	 * for `finishedDays` go with their events. Days count from when the row came into its state. What may
	 * have been stored directly stays until it would have expired, also where somebody wants it sent again.
	 */
	prune(retention: Retention): Promise<PruneResult>;

	/**
	 * Finds a trigger's cursor, or makes it. Written even while there is nothing to see yet: else the
	 * first event ever would become the silent baseline.
	 *
	 * @param start - `now`: after the newest event that is committed at this moment; `beginning`: before
	 *   the oldest. Only counts when the cursor is made.
	 */
	openCursor(key: CursorKey, start: CursorStart): Promise<Cursor>;

	/** Moves a cursor: forward only, whatever is asked. Nothing if there is none. */
	moveCursor(key: CursorKey, move: CursorMove): Promise<void>;

	/**
	 * Events with their rows, in commit order. Looks at a bounded number of events at a time: `upTo`
	 * says how far, and there may be more behind it if it is beyond `after`. Rows are given as they are,
	 * so that a damaged one stops no other: see `assertRow`.
	 */
	feed(query: FeedQuery): Promise<FeedPage>;

	/** The newest event that fits, wherever any cursor is; undefined if there is none recently. */
	newestInFeed(filter: FeedFilter): Promise<FeedEvent | undefined>;

	/**
	 * Appends `delayed` for rows that have been `submitted` for so many minutes: once per issuance and
	 * threshold. What it costs depends on what has come due since the last call, not on how much is
	 * pending. A threshold that is new starts with what comes due from now on (`now`), or with all
	 * (`beginning`). Likewise `expiring` and `expired` of what is stored: `before`.
	 *
	 * @returns how many were appended; call again when it is `limit`
	 */
	appendDelayed(query: DelayedQuery): Promise<number>;

	/**
	 * Finds rows for issuances made elsewhere, or makes them: due at once, with the origin *watched*, for
	 * those who name them to ask about. One row for each pair of hash and address, so that a corrected
	 * address starts over and two triggers with two addresses do not disturb each other. Where this ledger
	 * itself issued the hash, that row, whatever address the pair names. The oldest of several. Retention
	 * begins again for all of them.
	 *
	 * @returns the rows, in the order of the pairs
	 */
	watch(request: WatchRequest): Promise<LedgerRow[]>;

	/**
	 * AIR itself knows no such hash. A row of which nothing else has been heard for `condemnAfterMs`
	 * becomes `unusable` with an event; until then it is asked for again. One that is only watched is not
	 * condemned before AIR has known it: its address may be wrong. The claim ends.
	 */
	missing(realm: string, coreClaimHash: string, seen: Missing): Promise<void>;

	/** Asking for these rows failed and says nothing about them: their claims end, and they are due later. */
	postpone(rows: readonly Postponed[]): Promise<void>;

	/** Claims the rows with this hash for somebody who asks AIR himself, until he says `observed`. */
	hold(realm: string, coreClaimHash: string, leaseMs: number): Promise<void>;

	close(): Promise<void>;
}
