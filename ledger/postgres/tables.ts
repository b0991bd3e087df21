import { LedgerError } from '../LedgerError';
import { schema, SCHEMA_VERSION } from '../operations/schema';
import type { Database, Patience, Session } from './Database';
import { LOCK_CLASS, postgresDialect } from './postgresDialect';

const TABLES_LOCK = 1;

/** Another process may be building an index on a large table. */
const PATIENCE: Patience = { statementMs: 120_000, lockMs: 60_000 };

/**
 * Makes the tables if there are none. Any number of processes may do so at once.
 *
 * The schema is made only if it is missing: then the role needs the right to create schemas. If the
 * schema exists, the role needs to own it or to have the right to create tables in it; if the tables
 * exist, the right to use them is enough.
 *
 * @throws LedgerError LEDGER_TOO_NEW if a newer version of this package made them
 */
export async function makeTables(database: Database): Promise<void> {
	if ((await database.transaction(version)) === SCHEMA_VERSION) return;
	await database.transaction(async (session) => {
		await session.rows('SELECT pg_advisory_xact_lock($1, $2)', [LOCK_CLASS, TABLES_LOCK]);
		// Checked again: another process may have made them while this one waited.
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
	// Names the schema, so that a role without the right to use it gets an error that says so.
	const [newest] = await rows<{ version: number }>(
		'SELECT coalesce(max(version), 0) AS version FROM moca_air.versions',
	);
	const found = newest?.version ?? 0;
	if (found <= SCHEMA_VERSION) return found;
	const detail = `tables of version ${found}; this package knows ${SCHEMA_VERSION}`;
	throw new LedgerError('LEDGER_TOO_NEW', detail);
}

async function makeSchema({ rows }: Session): Promise<void> {
	// CREATE SCHEMA IF NOT EXISTS would require the right to create one even if it exists.
	const found = await rows("SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'moca_air'");
	if (found.length === 0) await rows('CREATE SCHEMA moca_air');
	await rows(
		`CREATE TABLE IF NOT EXISTS versions (
			version integer PRIMARY KEY,
			applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
		)`,
	);
}
