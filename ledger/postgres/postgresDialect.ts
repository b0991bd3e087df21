import type { ColumnType, Dialect } from '../sql/Dialect';

/** The first half of our advisory locks, which are shared by the whole database; the letters "moca". */
export const LOCK_CLASS = 0x6d6f6361;
/** The same for locks on hashes, whose second half may be any number. */
const HASH_LOCK_CLASS = LOCK_CLASS + 1;
const EVENT_LOCK = 2;

/**
 * Not `now()`, which stays at the start of the transaction: after a wait for a lock, decisions would
 * use an old time.
 */
const NOW = 'floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

/**
 * The limit cuts nothing off: it tells the planner how many records there are. Otherwise PostgreSQL
 * expects a hundred from any JSON, and then scans a table of some ten thousand rows instead of using
 * the index.
 */
const records: Dialect['records'] = (name, parameter, columns) => {
	const typed = Object.entries(columns).map(([column, type]) => `${column} ${type}`);
	const list = `CAST(${parameter} AS jsonb)`;
	return `(SELECT * FROM jsonb_to_recordset(${list}) AS one (${typed.join(', ')})
		LIMIT jsonb_array_length(${list})) AS ${name}`;
};

/** `t.column` of the only record is the parameter `$column`. */
const named = (text: string, columns: Readonly<Record<string, ColumnType>>) =>
	text.replaceAll(/\bt\.(\w+)/g, (_, column: string) => parameterOf(column, columns[column]));

const parameterOf = (column: string, type: ColumnType = 'text') => `CAST($${column} AS ${type})`;

/** Statements as PostgreSQL has them. */
export function postgresDialect(clockOffsetMs: () => number): Dialect {
	const many = dialectFor(clockOffsetMs);
	const single: Dialect = {
		...many,
		oneOf: (parameter, type) => `= CAST(${parameter} AS ${type})`,
		records: (name, _, columns) => {
			const selected = Object.entries(columns).map(
				([column, type]) => `${parameterOf(column, type)} AS ${column}`,
			);
			return `(SELECT ${selected.join(', ')}) AS ${name}`;
		},
		insert: (table, values, columns) =>
			`INSERT INTO ${table} (${Object.keys(values).join(', ')})
			VALUES (${named(Object.values(values).join(', '), columns)})`,
		update: (table, set, where, columns) =>
			`UPDATE ${table} SET ${named(set, columns)} WHERE ${named(where, columns)}`,
		lockHashes: `SELECT pg_advisory_xact_lock(${HASH_LOCK_CLASS}, hashtext(CAST($1 AS text)))`,
	};
	return { ...many, single };
}

const dialectFor = (clockOffsetMs: () => number): Dialect => ({
	now: NOW,
	clock: `SELECT ${NOW} AS now`,
	clockOffsetMs,
	rowLock: 'FOR UPDATE',
	skipLocked: 'FOR UPDATE SKIP LOCKED',
	greatest: 'greatest',
	least: 'least',
	jsonObject: 'json_build_object',
	jsonList: (item) => `coalesce(json_agg(${item}), '[]')`,
	oneOf: (parameter, type) => `= ANY(CAST(${parameter} AS ${type}[]))`,
	records,
	insert: (table, values, columns, order) =>
		`INSERT INTO ${table} (${Object.keys(values).join(', ')})
		SELECT ${Object.values(values).join(', ')} FROM ${records('t', '$1', columns)}
		ORDER BY ${order}`,
	update: (table, set, where, columns) =>
		`UPDATE ${table} SET ${set} FROM ${records('t', '$1', columns)} WHERE ${where}`,
	// In one order, so that there is no deadlock.
	lockHashes: `SELECT pg_advisory_xact_lock(${HASH_LOCK_CLASS}, hash) FROM (
		SELECT DISTINCT hashtext(text) AS hash FROM unnest(CAST($1 AS text[])) AS text ORDER BY 1) AS hashes`,
	lockEvents: `SELECT pg_advisory_xact_lock(${LOCK_CLASS}, ${EVENT_LOCK})`,
	scan: 20_000,
	schema: {
		id: 'bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
		integer: 'bigint',
		generated: 'STORED',
		randomId: 'substr(md5(random()::text || clock_timestamp()::text || random()::text), 1, 12)',
		table: '',
		keyed: '',
	},
});
