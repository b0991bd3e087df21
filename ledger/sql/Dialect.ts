/** A column's type, in `Dialect.oneOf` and `Dialect.records`. */
export type ColumnType = 'bigint' | 'text';

/** What SQLite and PostgreSQL say differently. All else of a statement stands once, in `operations/`. */
export interface Dialect {
	/** The store's clock, an expression: milliseconds since 1970, at the moment that it is looked at. */
	readonly now: string;
	/** A statement that reads it as `now`; see `clock`. */
	readonly clock: string;
	/** Added to the clock wherever it is read; for tests. */
	readonly clockOffsetMs: () => number;
	/** Holds the rows of a SELECT until the transaction ends; empty where a transaction holds all. */
	readonly rowLock: string;
	/** The same, but rows that somebody else holds are left out. */
	readonly skipLocked: string;
	/** Names of functions. Those for the greatest and the least take no NULL: SQLite's give NULL then. */
	readonly greatest: string;
	readonly least: string;
	readonly jsonObject: string;
	/** A list of JSON values, in any order; empty if there are none. */
	readonly jsonList: (item: string) => string;
	/** The right side of a condition: one of the list that is given as `parameter`. */
	readonly oneOf: (parameter: string, type: ColumnType) => string;
	/** Records, given as `parameter` by `json`, in place of a table. */
	readonly records: (
		name: string,
		parameter: string,
		columns: Readonly<Record<string, ColumnType>>,
	) => string;
	/**
	 * Inserts a row for each record, in an order. Of the row's values, given by column, those of the
	 * record are called `t.column`.
	 */
	readonly insert: (
		table: string,
		values: Readonly<Record<string, string>>,
		columns: Readonly<Record<string, ColumnType>>,
		order: string,
	) => string;
	/** Updates the rows of `table` that fit records, which are called `t` in `set` and `where`. */
	readonly update: (
		table: string,
		set: string,
		where: string,
		columns: Readonly<Record<string, ColumnType>>,
	) => string;
	/**
	 * The same for statements all of whose lists have one element, if there is a quicker way to give
	 * them: by name, as `$column`, in place of a record, and as they are in place of a list.
	 */
	readonly single?: Dialect;
	/**
	 * Reads the `id` of the row that the last statement has inserted, if it has: where RETURNING makes an
	 * insert half as dear again, and nobody waits in one.
	 */
	readonly inserted?: string;
	/** Locks the hashes in the list `$1` until the transaction ends. */
	readonly lockHashes?: string;
	/** Locks the events until the transaction ends, so that their IDs rise in commit order. */
	readonly lockEvents?: string;
	/**
	 * At how many rows a statement may look where no index leads to those that fit: on SQLite the whole
	 * process is blocked meanwhile.
	 */
	readonly scan: number;
	/** How tables are made. */
	readonly schema: {
		/** An ID that is never given out again. */
		readonly id: string;
		readonly integer: string;
		/** Of a generated column. */
		readonly generated: string;
		/** An expression of twelve random hexadecimal digits. */
		readonly randomId: string;
		/** What ends a table's definition. */
		readonly table: string;
		/** The same for a table that is only found by its primary key. */
		readonly keyed: string;
	};
}
