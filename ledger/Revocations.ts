import type { LedgerRow, Origin } from './LedgerRow';

/** Where the status of a credential stands: a bit of a list. */
export interface Place {
	readonly list: string;
	/** From 0. */
	readonly index: number;
}

/** How a credential can be revoked: by its number, and by a bit as well if it has a place. */
export type Revocable = Place | 'number' | 'off';

export interface NewList {
	/** Random; part of the address of the list. */
	readonly id: string;
	/** How many places it has: a multiple of 8. */
	readonly size: number;
}

export interface RevokeRequest {
	/** Undefined: whichever it is in. */
	readonly realm: string | undefined;
	/** A number outlives its row. */
	readonly target: { readonly issuanceId: number } | { readonly number: string };
	/** Where it was asked for; empty texts at the command line. */
	readonly by: Omit<Origin, 'nodeId'>;
	readonly note: string | null;
}

export type RevokeResult =
	| {
			/** `before`: it was revoked already, then. */
			readonly outcome: 'revoked' | 'before';
			readonly number: string;
			readonly place: Place | null;
			readonly at: number;
			readonly expiresAt: number;
			/** Undefined where the row is gone: by retention, or because the person was erased. */
			readonly row: LedgerRow | undefined;
	  }
	/** How much longer an attempt may be under way; what becomes of it is not known yet. */
	| { readonly outcome: 'busy'; readonly row: LedgerRow; readonly leaseMs: number }
	/** It has expired, so that nobody takes it any more; nothing was changed. */
	| { readonly outcome: 'expired'; readonly row: LedgerRow }
	/** AIR has refused it, and it was never stored. */
	| { readonly outcome: 'never-stored'; readonly row: LedgerRow }
	/** It was not issued directly, or its number was not kept: Revocable was off. */
	| { readonly outcome: 'not-kept'; readonly row: LedgerRow }
	| { readonly outcome: 'missing' };

/** A status list as the ledger knows it. */
export interface StatusList {
	readonly id: string;
	readonly size: number;
	/** The places of what is revoked. */
	readonly revoked: readonly number[];
	/** When the last of them was revoked; when the list was opened if none was. */
	readonly changedAt: number;
	/**
	 * The ledger was restored from a backup, and nobody has said what was revoked since: of what is not
	 * revoked nobody knows.
	 */
	readonly doubtful: boolean;
}

/** What there is of a list, without its places. */
export interface ListSummary {
	readonly id: string;
	readonly size: number;
	readonly openedAt: number;
	/** Null while new credentials are put into it. */
	readonly closedAt: number | null;
	readonly doubtful: boolean;
	/** How many of its places were given out. */
	readonly used: number;
	/** The highest of them; null if none was. */
	readonly lastIndex: number | null;
}

/** `doubtful`: see {@link StatusList}. */
export type NumberStatus = 'valid' | 'revoked' | 'doubtful';

/** What was published of a list before the ledger was restored. */
export interface PublishedList {
	readonly id: string;
	readonly revoked: readonly number[];
}

/** A key that has signed credentials which have not expired. */
export interface LiveKey {
	readonly kid: string;
	readonly keyThumbprint: string;
	/** JSON. */
	readonly publicJwk: string;
	/** How many of them live: not expired, not revoked, not refused by AIR. */
	readonly credentials: number;
	/** When the last of what it has signed expires, rounded up to whole days. */
	readonly lastExpiresAt: number;
	/** Somebody has given these credentials up: when. */
	readonly unpublishedAt: number | null;
}

export interface UnpublishRequest {
	readonly realm: string;
	/** All keys that are known by it. */
	readonly kid: string;
	/** How many credentials nobody can check any more. */
	readonly givenUp: number;
}

export interface UnpublishResult {
	/**
	 * `before`: what it has signed was given up already. `needed`: credentials live, and another number
	 * of them than was given up; nothing was changed.
	 */
	readonly outcome: 'unpublished' | 'before' | 'needed';
	/** How many live that were not given up before. */
	readonly credentials: number;
	/** When the last of them expires; null if none lives. */
	readonly lastExpiresAt: number | null;
}

/** What has been revoked recently, for anyone who keeps it outside of the ledger. */
export interface RevokedMark {
	readonly realm: string;
	readonly number: string;
	readonly list: string | null;
	readonly index: number | null;
	readonly at: number;
}

/** The status of what was issued directly. It outlives rows: neither retention nor an erasure takes it. */
export interface Revocations {
	/**
	 * A place that nobody has in the open list of the realm. It is only looked at: `beginDirect` takes it,
	 * and says `changed` if somebody else was quicker.
	 *
	 * @param draws - random whole numbers from 0, of 32 bits; the first that leads to a free place decides
	 * @returns undefined where there is no such list, or it is half full: see `openList`
	 */
	freePlace(realm: string, draws: readonly number[]): Promise<Place | undefined>;

	/**
	 * Makes sure that the realm has an open list that is less than half full, so that a place that is
	 * drawn at random is usually free. Lists of a ledger that was restored are closed: nobody knows which
	 * of their places are taken.
	 */
	openList(realm: string, list: NewList): Promise<void>;

	/**
	 * Revokes one credential, once and forever. Its row is `revoked` from then on, with an event; what
	 * was sealed for it is not sent again. Who revoked and why is kept with the row.
	 */
	revoke(request: RevokeRequest): Promise<RevokeResult>;

	/** @returns undefined for a list that this ledger does not know in the realm */
	statusList(realm: string, id: string): Promise<StatusList | undefined>;

	/** All lists of the realm, the oldest first. */
	statusLists(realm: string): Promise<ListSummary[]>;

	/** @returns undefined for a number that this ledger does not know in the realm */
	numberStatus(realm: string, number: string): Promise<NumberStatus | undefined>;

	/** Keys by which credentials of the realm live: that which is needed for longest comes first. */
	liveKeys(realm: string): Promise<LiveKey[]>;

	/**
	 * Gives up what lives by a key, so that it need not be published any more. Who issues with it again
	 * takes that back.
	 */
	unpublishKey(request: UnpublishRequest): Promise<UnpublishResult>;

	/**
	 * The ledger was put back to an older state. It gets a new ID, so that its events are told from those
	 * that were told before; all lists are closed, in all realms; and what is not revoked is doubtful,
	 * except in lists of which it is said what was published last.
	 *
	 * @param nothingRevoked - nothing was revoked since the backup: then nothing is doubtful
	 * @returns how many lists were closed, and how many of all are doubtful
	 */
	restored(
		published: readonly PublishedList[],
		nothingRevoked: boolean,
	): Promise<{ readonly closed: number; readonly doubtful: number }>;
}
