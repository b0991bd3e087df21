import type { Dialect } from '../sql/Dialect';

/** The first half of our advisory locks, which are the whole database's; the letters "moca". */
export const LOCK_CLASS = 0x6d6f6361;
/** The same for locks on hashes, whose second half may be any number. */
const HASH_LOCK_CLASS = LOCK_CLASS + 1;
const EVENT_LOCK = 2;

/**
 * Not `now()`, which stands still from the transaction's first statement on: what waited for a lock
 * would be decided by an old time.
 */
const NOW = 'floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

const records: Dialect['records'] = (name, parameter, columns) => {
	const typed = Object.entries(columns).map(([column, type]) => `${column} ${type}`);
	return `jsonb_to_recordset(CAST(${parameter} AS jsonb)) AS ${name} (${typed.join(', ')})`;
};

/** Statements as PostgreSQL has them. */
export const postgresDialect = (clockOffsetMs: () => number): Dialect => ({
	now: NOW,
	clock: `SELECT ${NOW} AS now`,
	clockOffsetMs,
	rowLock: 'FOR UPDATE',
	skipLocked: 'FOR UPDATE SKIP LOCKED',
	greatest: 'greatest',
	least: 'least',
	jsonObject: 'json_build_object',
	jsonList: (item, order) => `coalesce(json_agg(${item} ORDER BY ${order}), '[]')`,
	oneOf: (parameter, type) => `= ANY(CAST(${parameter} AS ${type}[]))`,
	records,
	update: (table, set, where, columns) =>
		`UPDATE ${table} SET ${set} FROM ${records('t', '$1', columns)} WHERE ${where}`,
	// In one order, so that two who lock several never wait for each other.
	lockHashes: `SELECT pg_advisory_xact_lock(${HASH_LOCK_CLASS}, hash) FROM (
		SELECT DISTINCT hashtext(text) AS hash FROM unnest(CAST($1 AS text[])) AS text ORDER BY 1) AS hashes`,
	lockEvents: `SELECT pg_advisory_xact_lock(${LOCK_CLASS}, ${EVENT_LOCK})`,
	schema: {
		id: 'bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
		integer: 'bigint',
		bytes: 'bytea',
		generated: 'STORED',
		randomId: 'substr(md5(random()::text || clock_timestamp()::text || random()::text), 1, 12)',
		table: '',
		keyed: '',
	},
});
