import type { Dialect } from '../sql/Dialect';

/** Statements as SQLite has them. A transaction that writes holds the whole database: no other locks. */
export const sqliteDialect = (clockOffsetMs: () => number): Dialect => ({
	clock: "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now",
	clockOffsetMs,
	rowLock: '',
	skipLocked: '',
	greatest: 'max',
	least: 'min',
	jsonObject: 'json_object',
	jsonList: (item, order) => `json_group_array(${item} ORDER BY ${order})`,
	oneOf: (parameter) => `IN (SELECT value FROM json_each(${parameter}))`,
	records: (name, parameter, columns) => {
		const selected = Object.keys(columns).map((column) => `value ->> '${column}' AS ${column}`);
		return `(SELECT ${selected.join(', ')} FROM json_each(${parameter})) AS ${name}`;
	},
	schema: {
		// AUTOINCREMENT, because SQLite gives the IDs of deleted rows out again without it.
		id: 'INTEGER PRIMARY KEY AUTOINCREMENT',
		integer: 'INTEGER',
		bytes: 'BLOB',
		generated: 'VIRTUAL',
		randomId: 'lower(hex(randomblob(6)))',
		table: 'STRICT',
		keyed: 'STRICT, WITHOUT ROWID',
	},
});
