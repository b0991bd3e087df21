import type { EventType, LedgerEvent, LedgerRow } from './LedgerRow';

/**
 * The part of a ledger that triggers live on: where each of them is in the events, what it has not
 * seen yet, and what is to be watched . Part of `Ledger`.
 */
export interface Feed {
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

	/** The newest event that fits, wherever any cursor is; undefined if there is none of late. */
	newestInFeed(filter: FeedFilter): Promise<FeedEvent | undefined>;

	/**
	 * Appends `delayed` for rows that have been `submitted` for so many minutes: once per issuance and
	 * threshold. What it costs depends on what has come due since the last call, not on how much is
	 * pending. A threshold that is new starts with what comes due from now on (`now`), or with all
	 * (`beginning`).
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

	/** Asking for these rows failed and says nothing of them: their claims end, and they are due later. */
	postpone(rows: readonly Postponed[]): Promise<void>;

	/** Claims the rows with this hash for somebody who asks AIR himself, until he says `observed`. */
	hold(realm: string, coreClaimHash: string, leaseMs: number): Promise<void>;
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
	/** Tells this ledger from any other, e.g. from the one that was deleted. Part of event IDs. */
	readonly ledgerId: string;
	/** Up to this event everything was surely taken. */
	readonly delivered: number;
	/** Up to this event everything was offered; never below `delivered`. */
	readonly offered: number;
	readonly createdAt: number;
	/** The last poll before this one; null if this is the first. */
	readonly lastPolledAt: number | null;
	/** Retention has taken events away that the trigger was never offered, and nobody has said so yet. */
	readonly missed: boolean;
}

export interface CursorMove {
	readonly delivered?: number | undefined;
	readonly offered?: number | undefined;
	/** Somebody has said what `missed` says. */
	readonly toldMissed?: boolean | undefined;
}

/** Rows made elsewhere are only in the feed of those who name them. */
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
	/** All events up to here were looked at; `after` itself when there is nothing behind it. */
	readonly upTo: number;
}

export interface DelayedQuery {
	readonly realm: string;
	readonly minutes: number;
	readonly start: CursorStart;
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

/** Reason of a row that AIR has not known for a day. */
export const HASH_MISSING = 'AIR_HASH_NOT_FOUND';

/** How many events one `feed` looks at. */
export const FEED_SCAN = 2_000;

/** Among how many of the newest `newestInFeed` looks: SQLite keeps n8n waiting meanwhile. */
export const NEWEST_SCAN = 20_000;

/** So much of what came due before is looked at again: its commit may have been late. */
export const LATE_COMMIT_MS = 2 * 60_000;

/** Nobody puts a check or a claim off for longer: what is due later was written by a clock that was ahead. */
export const LONGEST_AHEAD_MS = 2 * 60 * 60_000;

/** Key of a row that somebody only watches. */
export const watchedKey = (coreClaimHash: string, recipient: string) =>
	`watched:${coreClaimHash} ${recipient}`;

/** Whether a row is there only because somebody watches it: what was issued here has a program. */
export const isOnlyWatched = ({ program }: Pick<LedgerRow, 'program'>) => program === '';
