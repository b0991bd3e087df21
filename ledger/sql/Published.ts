import type { RevokedMark } from '../Revocations';

/** A list as it was published: its size, and the places of what was revoked in it. */
export interface PublishedPlaces {
	readonly size: number;
	readonly revoked: readonly number[];
	/** When the last of them was revoked; 0 if none was. */
	readonly changedAt: number;
}

/**
 * What was published as revoked, kept outside of the database, so that restoring or emptying the
 * database does not undo it.
 */
export interface Published {
	/** Adds what is new. It is on the disk when this returns. */
	note(
		lists: readonly { readonly id: string; readonly realm: string; readonly size: number }[],
		marks: readonly RevokedMark[],
	): Promise<void>;
	/** @returns undefined for a list that was never added in the realm */
	list(realm: string, id: string): Promise<PublishedPlaces | undefined>;
	/** All that was ever added. */
	revoked(): Promise<readonly RevokedMark[]>;
	isRevoked(realm: string, number: string): Promise<boolean>;
}
