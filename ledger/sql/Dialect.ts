/** A column's type, in `Dialect.oneOf` and `Dialect.records`. */
export type ColumnType = 'bigint' | 'text';

/**
 * The parts of SQL that differ between SQLite and PostgreSQL. The rest of each statement is written
 * once, in `operations/`.
 */
export interface Dialect {
	/** An expression for the store's clock: milliseconds since 1970, at the moment when it is read. */
	readonly now: string;
	/** A statement that reads it as `now`; see `clock`. */
	readonly clock: string;
	/** Added to the clock wherever it is read; for tests. */
	readonly clockOffsetMs: () => number;
	/**
	 * Locks the rows of a SELECT until the transaction ends; empty if a transaction locks the whole
	 * database.
	 */
	readonly rowLock: string;
	/** The same, but skips rows that another transaction has locked. */
	readonly skipLocked: string;
	/**
	 * Names of functions. Never pass NULL to those for the greatest and the least: SQLite's return NULL
	 * then.
	 */
	readonly greatest: string;
	readonly least: string;
	readonly jsonObject: string;
	/** A list of JSON values, in any order; empty if there are none. */
	readonly jsonList: (item: string) => string;
	/** The right side of a condition: is one of the list given as `parameter`. */
	readonly oneOf: (parameter: string, type: ColumnType) => string;
	/** Records, given as `parameter` by `json`, in place of a table. */
	readonly records: (
		name: string,
		parameter: string,
		columns: Readonly<Record<string, ColumnType>>,
	) => string;
	/**
	 * Inserts a row for each record, in the given order. Values are given by column; those of the record
	 * are called `t.column`.
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
	 * The same for statements whose lists all have one element, if there is a quicker way to pass them: a
	 * record by name, as `$column`, and a list as its only value.
	 */
	readonly single?: Dialect;
	/**
	 * Reads the `id` of the row that the last statement inserted, if any: for a store where RETURNING
	 * makes an insert cost half as much again, and where inserts never wait.
	 */
	readonly inserted?: string;
	/** Locks the hashes in the list `$1` until the transaction ends. */
	readonly lockHashes?: string;
	/** Locks the events until the transaction ends, so that their IDs rise in commit order. */
	readonly lockEvents?: string;
	/**
	 * How many rows a statement may scan without an index: SQLite blocks the whole process meanwhile.
	 */
	readonly scan: number;
	/** The syntax for creating tables. */
	readonly schema: {
		/** An ID that is never reused. */
		readonly id: string;
		readonly integer: string;
		/** For a generated column. */
		readonly generated: string;
		/** An expression of twelve random hexadecimal digits. */
		readonly randomId: string;
		/** The end of a table's definition. */
		readonly table: string;
		/** The same for a table that is accessed only by its primary key. */
		readonly keyed: string;
	};
}
