/** How a column is kept. */
export type MovedType = 'INTEGER' | 'TEXT';

/** A table as both stores have it. */
export interface MovedTable {
	readonly name: string;
	readonly columns: Readonly<Record<string, MovedType>>;
	/** Columns of the primary key, in their order. */
	readonly key: readonly string[];
	readonly rows: number;
	/** The highest ID that was ever given out; undefined if the table gives out none. */
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
