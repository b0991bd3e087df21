import { LedgerError } from '../LedgerError';
import { schema, SCHEMA_VERSION } from '../operations/schema';
import type { Database, Patience, Session } from './Database';
import { LOCK_CLASS, postgresDialect } from './postgresDialect';

const TABLES_LOCK = 1;

/** Another process may be building an index on a large table at this moment. */
const PATIENCE: Patience = { statementMs: 120_000, lockMs: 60_000 };

/**
 * Makes the tables if there are none. Any number of processes may do so at once.
 *
 * The schema is made only if it is not there: for that the role has to be allowed to create schemas;
 * a role that owns `moca_air`, or may create tables in it, need not be. Where the tables are there
 * already, the right to use them is enough.
 *
 * @throws LedgerError LEDGER_TOO_NEW if a newer version of this package made them
 */
export async function makeTables(database: Database): Promise<void> {
	if ((await database.transaction(version)) === SCHEMA_VERSION) return;
	await database.transaction(async (session) => {
		await session.rows('SELECT pg_advisory_xact_lock($1, $2)', [LOCK_CLASS, TABLES_LOCK]);
		// Asked again: another process may have done it while this one waited.
		if ((await version(session)) === SCHEMA_VERSION) return;
		await makeSchema(session);
		for (const statement of schema(postgresDialect(() => 0))) await session.rows(statement);
		await session.rows('INSERT INTO versions (version) VALUES ($1)', [SCHEMA_VERSION]);
	}, PATIENCE);
}

/** Reads the version of the tables, 0 if there are none. @throws LedgerError LEDGER_TOO_NEW */
export async function version({ rows }: Session): Promise<number> {
	const [table] = await rows<{ there: boolean }>(
		`SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n
			ON n.oid = c.relnamespace WHERE n.nspname = 'moca_air' AND c.relname = 'versions') AS there`,
	);
	if (table?.there !== true) return 0;
	// With the schema's name, so that a role that may not use it is told so.
	const [newest] = await rows<{ version: number }>(
		'SELECT coalesce(max(version), 0) AS version FROM moca_air.versions',
	);
	const found = newest?.version ?? 0;
	if (found <= SCHEMA_VERSION) return found;
	const detail = `tables of version ${found}; this package knows ${SCHEMA_VERSION}`;
	throw new LedgerError('LEDGER_TOO_NEW', detail);
}

async function makeSchema({ rows }: Session): Promise<void> {
	// CREATE SCHEMA IF NOT EXISTS would demand the right to create one even where it exists.
	const found = await rows("SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'moca_air'");
	if (found.length === 0) await rows('CREATE SCHEMA moca_air');
	await rows(
		`CREATE TABLE IF NOT EXISTS versions (
			version integer PRIMARY KEY,
			applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
		)`,
	);
}
