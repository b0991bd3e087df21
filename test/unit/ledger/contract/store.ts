import type { Ledger } from '../../../../ledger/Ledger';

/**
 * An empty store and what its tests need of it. Both stores take the option
 * `clockOffsetMs?: () => number`, which is for tests only and is added to the store's clock wherever
 * that is read; `advance` raises what it returns. So no test has to sleep, and all ledgers on the
 * store see the same time.
 */
export interface ContractStore {
	readonly ledger: Ledger;
	/** Another ledger on the same store, as another process would have it. `destroy` closes it. */
	another(): Promise<Ledger>;
	/** Closes all ledgers and opens a new one: n8n was restarted. `ledger` is the new one from then on. */
	reopen(): Promise<void>;
	/** Lets time pass for all ledgers on this store. */
	readonly advance: (ms: number) => void;
	/** The store's clock, which is this machine's: not before any time that the store has read. */
	readonly now: () => number;
	/**
	 * Runs one statement as somebody else at the same tables, who follows no rules: what a damaged row
	 * is, and what no operation shows. Values are `$1`, `$2` and so on.
	 */
	readonly sql: (statement: string, ...values: readonly Value[]) => Promise<Found[]>;
	/**
	 * Locks the row with this ID, or the whole store where it has no locks of rows, and changes nothing.
	 *
	 * @returns how to let it go
	 */
	readonly lock: (id: number) => Promise<() => Promise<void>>;
	/** Closes all ledgers and removes the store. */
	destroy(): Promise<void>;
}

export type Value = string | number | bigint | null;

/** By column. */
export type Found = Readonly<Record<string, unknown>>;

/** How the groups of tests get at the store of the present test. */
export type GetStore = () => ContractStore;
