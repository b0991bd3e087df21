import type { Dialect } from '../sql/Dialect';

const records: Dialect['records'] = (name, parameter, columns) => {
	const selected = Object.keys(columns).map((column) => `value ->> '${column}' AS ${column}`);
	return `(SELECT ${selected.join(', ')} FROM json_each(${parameter})) AS ${name}`;
};

const NOW = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

/** `t.column` of the only record is the parameter `$column`. */
const named = (text: string) => text.replaceAll(/\bt\.(\w+)/g, '$$$1');

/** The SQL of SQLite. A writing transaction locks the whole database, so there are no other locks. */
export function sqliteDialect(clockOffsetMs: () => number): Dialect {
	const many: Dialect = {
		now: NOW,
		clock: `SELECT ${NOW} AS now`,
		clockOffsetMs,
		rowLock: '',
		skipLocked: '',
		greatest: 'max',
		least: 'min',
		jsonObject: 'json_object',
		jsonList: (item) => `json_group_array(${item})`,
		oneOf: (parameter) => `IN (SELECT value FROM json_each(${parameter}))`,
		records,
		insert: (table, values, columns, order) =>
			`INSERT INTO ${table} (${Object.keys(values).join(', ')})
			SELECT ${Object.values(values).join(', ')} FROM ${records('t', '$1', columns)}
			WHERE true ORDER BY ${order}`,
		update: (table, set, where, columns) =>
			`UPDATE ${table} SET ${set} FROM ${records('t', '$1', columns)} WHERE ${where}`,
		scan: 500,
		schema: {
			// AUTOINCREMENT, because without it SQLite reuses the IDs of deleted rows.
			id: 'INTEGER PRIMARY KEY AUTOINCREMENT',
			integer: 'INTEGER',
			generated: 'VIRTUAL',
			randomId: 'lower(hex(randomblob(6)))',
			table: 'STRICT',
			keyed: 'STRICT, WITHOUT ROWID',
		},
	};
	const single: Dialect = {
		...many,
		inserted: 'SELECT last_insert_rowid() AS id WHERE changes() > 0',
		oneOf: (parameter) => `= ${parameter}`,
		records: (name, _, columns) => {
			const selected = Object.keys(columns).map((column) => `$${column} AS ${column}`);
			return `(SELECT ${selected.join(', ')}) AS ${name}`;
		},
		insert: (table, values) =>
			`INSERT INTO ${table} (${Object.keys(values).join(', ')})
			VALUES (${named(Object.values(values).join(', '))})`,
		update: (table, set, where) => `UPDATE ${table} SET ${named(set)} WHERE ${named(where)}`,
	};
	return { ...many, single };
}
