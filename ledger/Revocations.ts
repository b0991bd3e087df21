import type { LedgerRow, Origin } from './LedgerRow';

/** The place of a credential's status: a bit in a list. */
export interface Place {
	readonly list: string;
	/** From 0. */
	readonly index: number;
}

/** How a credential can be revoked: by its number, and also by a bit if it has a place. */
export type Revocable = Place | 'number' | 'off';

export interface NewList {
	/** Random; part of the address of the list. */
	readonly id: string;
	/** How many places it has: a multiple of 8. */
	readonly size: number;
}

export interface RevokeRequest {
	/** Undefined: in any realm. */
	readonly realm: string | undefined;
	/** The number outlives the row. */
	readonly target: { readonly issuanceId: number } | { readonly number: string };
	/** Where it was asked for; empty texts at the command line. */
	readonly by: Omit<Origin, 'nodeId'>;
	readonly note: string | null;
}

export type RevokeResult =
	| {
			/** `before`: it had already been revoked, at this time. */
			readonly outcome: 'revoked' | 'before';
			readonly number: string;
			readonly place: Place | null;
			readonly at: number;
			readonly expiresAt: number;
			/** Undefined where the row is gone: by retention, or because the person was erased. */
			readonly row: LedgerRow | undefined;
	  }
	/** How much longer an attempt may be under way; its outcome is not known yet. */
	| { readonly outcome: 'busy'; readonly row: LedgerRow; readonly leaseMs: number }
	/** It has expired, so nobody accepts it any more; nothing was changed. */
	| { readonly outcome: 'expired'; readonly row: LedgerRow }
	/** AIR has refused it, and it was never stored. */
	| { readonly outcome: 'never-stored'; readonly row: LedgerRow }
	/** It was not issued directly, or its number was not kept: Revocable was off. */
	| { readonly outcome: 'not-kept'; readonly row: LedgerRow }
	| { readonly outcome: 'missing' };

/** A status list in the ledger. */
export interface StatusList {
	readonly id: string;
	readonly size: number;
	/** The places of what is revoked. */
	readonly revoked: readonly number[];
	/** When the last of them was revoked; when the list was opened if none was. */
	readonly changedAt: number;
	/**
	 * The ledger was restored from a backup, and it is not known what was revoked since: an entry that is
	 * not revoked may be wrong.
	 */
	readonly doubtful: boolean;
}

/** A summary of a list, without its places. */
export interface ListSummary {
	readonly id: string;
	readonly size: number;
	readonly openedAt: number;
	/** Null while new credentials are put into it. */
	readonly closedAt: number | null;
	readonly doubtful: boolean;
	/** How many of its places are taken. */
	readonly used: number;
	/** The highest of them; null if none was. */
	readonly lastIndex: number | null;
}

/** `doubtful`: see {@link StatusList}. */
export type NumberStatus = 'valid' | 'revoked' | 'doubtful';

/** What was last published of a list before the ledger was restored. */
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
	/** How many of its credentials are live: not expired, not revoked, not refused by AIR. */
	readonly credentials: number;
	/** When the last of what it has signed expires, rounded up to whole days. */
	readonly lastExpiresAt: number;
	/** When somebody gave these credentials up. */
	readonly unpublishedAt: number | null;
}

/** The key that a credential signs with. */
export interface KeyOfKid {
	readonly realm: string;
	readonly kid: string;
	readonly keyThumbprint: string;
}

export interface UnpublishRequest {
	readonly realm: string;
	/** All keys with this `kid`. */
	readonly kid: string;
	/** How many credentials can no longer be verified. */
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

/** What was revoked recently, to be kept outside of the ledger. */
export interface RevokedMark {
	readonly realm: string;
	readonly number: string;
	readonly list: string | null;
	readonly index: number | null;
	readonly at: number;
}

/** A ledger that knows that it was restored. */
export interface Restored {
	/** How many lists were closed. */
	readonly closed: number;
	/** How many lists are doubtful. */
	readonly doubtful: number;
	/** IDs of published lists that it does not know, and so has not taken over. */
	readonly unknown: readonly string[];
}

/** The status of direct issuances. It outlives rows: neither retention nor an erasure deletes it. */
export interface Revocations {
	/**
	 * A free place in the open list of the realm. It is not reserved: `beginDirect` takes it, and says
	 * `changed` if another caller was quicker.
	 *
	 * @param draws - random whole numbers from 0, of 32 bits; the first that leads to a free place decides
	 * @returns undefined if there is no such list, or it is half full: see `openList`
	 */
	freePlace(realm: string, draws: readonly number[]): Promise<Place | undefined>;

	/**
	 * Makes sure that the realm has an open list that is less than half full, so that a random place is
	 * usually free. Lists of a restored ledger are closed: it is not known which of their places are
	 * taken.
	 */
	openList(realm: string, list: NewList): Promise<void>;

	/**
	 * Revokes one credential forever. Its row becomes `revoked`, with an event; what was sealed for it is
	 * not sent again. The row keeps who revoked it and why.
	 */
	revoke(request: RevokeRequest): Promise<RevokeResult>;

	/** @returns undefined for a list that this ledger does not know in the realm */
	statusList(realm: string, id: string): Promise<StatusList | undefined>;

	/** All lists of the realm, the oldest first. */
	statusLists(realm: string): Promise<ListSummary[]>;

	/** @returns undefined for a number that this ledger does not know in the realm */
	numberStatus(realm: string, number: string): Promise<NumberStatus | undefined>;

	/** Keys that live credentials of the realm need; the one needed for longest comes first. */
	liveKeys(realm: string): Promise<LiveKey[]>;

	/**
	 * Another key that has the same `kid` and is needed by live credentials that were not given up. A
	 * document publishes one key under a `kid`.
	 */
	otherKey(key: KeyOfKid): Promise<LiveKey | undefined>;

	/**
	 * Gives up the live credentials of a key, so that the key need not be published any more. Issuing
	 * with the key again undoes this.
	 */
	unpublishKey(request: UnpublishRequest): Promise<UnpublishResult>;

	/**
	 * The ledger was restored to an older state. It gets a new ID, so that new events differ from those
	 * delivered before; all lists are closed, in all realms; and whatever is not revoked becomes
	 * doubtful, except in lists whose last published content is given.
	 *
	 * Rows of what is known to be revoked become `revoked`, so that nobody seems to hold it.
	 *
	 * @param nothingRevoked - nothing was revoked since the backup, so nothing is doubtful
	 */
	restored(published: readonly PublishedList[], nothingRevoked: boolean): Promise<Restored>;
}
