import type { LedgerRow, RowState, WayOfIssuing } from './LedgerRow';
import type { RowOutcome } from './RowOutcome';

/** How rows are looked up, listed and counted. */

export type FindBy =
	| { readonly coreClaimHash: string }
	/** Without a program, the newest row with this key in any program. */
	| { readonly program: string | undefined; readonly idempotencyKey: string };

export interface ListFilter {
	readonly id?: number | undefined;
	readonly states?: readonly RowState[] | undefined;
	readonly recipient?: string | undefined;
	/** The same address in any spelling; `recipient` distinguishes upper and lower case. */
	readonly recipientInAnySpelling?: string | undefined;
	readonly realm?: string | undefined;
	readonly program?: string | undefined;
	readonly way?: WayOfIssuing | undefined;
	readonly reference?: string | undefined;
	/** E.g. `event:` and the event ID. */
	readonly idempotencyKey?: string | undefined;
	/** For direct issuances. */
	readonly externalId?: string | undefined;
	/** See `outcomeOf`; by the store's clock. */
	readonly outcomes?: readonly RowOutcome[] | undefined;
	/** Begun at or after the first time, and before the second. */
	readonly createdFrom?: number | undefined;
	readonly createdBefore?: number | undefined;
	/** The execution that asked last. Several n8ns may use the same ID. */
	readonly executionId?: string | undefined;
	/** Only what was begun and never answered: `unknown`, and `sending` whose lease has run out. */
	readonly unanswered?: boolean | undefined;
	readonly limit: number;
	/** By the time when they were begun; `newest` if undefined. */
	readonly sort?: Sort | undefined;
	/** Only rows with an id below this one. */
	readonly beforeId?: number | undefined;
	/** Only rows with this id or a higher one. */
	readonly fromId?: number | undefined;
}

/** Which rows come first. */
export type Sort = 'newest' | 'oldest';

export interface PageQuery extends Omit<ListFilter, 'beforeId' | 'fromId'> {
	/** `next` of the page before; undefined for the first page. */
	readonly behind?: number | undefined;
}

export interface RowPage {
	/** May be empty although others follow. */
	readonly rows: readonly LedgerRow[];
	/** Where the next page begins; undefined when this is the last. */
	readonly next: number | undefined;
}

export interface SummaryQuery {
	readonly realm: string;
	/** Begun at or after the first time, and before the second. */
	readonly createdFrom: number;
	readonly createdBefore: number;
	/** `next` of the part before; undefined for the first part. */
	readonly behind?: number | undefined;
}

export interface SummaryPage {
	/** The newest day first; may be empty although others follow. */
	readonly lines: readonly SummaryLine[];
	/** Where the next part begins; undefined when this is the last. */
	readonly next: number | undefined;
}

/** How many rows of one program were begun on one day, by the state they are in now. */
export interface SummaryLine {
	/** Of UTC: its first millisecond since 1970. */
	readonly day: number;
	readonly program: string;
	readonly state: RowState;
	readonly count: number;
}
