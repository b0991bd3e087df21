/** How a column is kept. */
export type MovedType = 'INTEGER' | 'TEXT';

/** A table that both stores have. */
export interface MovedTable {
	readonly name: string;
	readonly columns: Readonly<Record<string, MovedType>>;
	/** Columns of the primary key, in their order. */
	readonly key: readonly string[];
	readonly rows: number;
	/** The highest ID that was ever assigned; undefined if the table assigns none. */
	readonly lastId?: number;
}

export type Key = readonly (string | number)[];

/** Some rows of a table, in the order of its key. */
export interface Batch {
	/** A JSON array of records by column. */
	readonly records: string;
	readonly count: number;
	/** Of the last row. */
	readonly last: Key;
}
