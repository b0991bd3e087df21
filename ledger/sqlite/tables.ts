import { LedgerError } from '../LedgerError';
import { schema, SCHEMA_VERSION } from '../operations/schema';
import type { Connection, Session } from './Connection';
import { sqliteDialect } from './sqliteDialect';

/** "MOCA": distinguishes our file from any other SQLite database, such as n8n's own. */
const APPLICATION_ID = 0x4d4f4341;

/**
 * Reads the version of the tables, 0 if there are none. Changes nothing.
 *
 * @throws LedgerError LEDGER_TOO_NEW if a newer version of this package made them, LEDGER_UNAVAILABLE
 *   if another program did
 */
export function version({ rows }: Session): number {
	const number = (sql: string): unknown => Object.values(rows(sql)[0] ?? {})[0];
	const found = Number(number('PRAGMA user_version'));
	const owner = number('PRAGMA application_id');
	if (owner === APPLICATION_ID) {
		if (found <= SCHEMA_VERSION) return found;
		const detail = `tables of version ${found}; this package knows ${SCHEMA_VERSION}`;
		throw new LedgerError('LEDGER_TOO_NEW', detail);
	}
	if (owner !== 0 || found !== 0 || number('SELECT count(*) FROM sqlite_schema') !== 0) {
		throw new LedgerError('LEDGER_UNAVAILABLE', 'the file is the database of another program');
	}
	return 0;
}

/** Makes the tables if there are none. Any number of processes may do so at once. */
export async function makeTables(connection: Connection): Promise<void> {
	if ((await connection.read(version)) === SCHEMA_VERSION) return;
	await connection.write((session) => {
		// Checked again: another process may have made them while this one waited.
		if (version(session) === SCHEMA_VERSION) return;
		for (const statement of schema(sqliteDialect(() => 0))) session.script(statement);
		session.script(`PRAGMA application_id = ${APPLICATION_ID}`);
		session.script(`PRAGMA user_version = ${SCHEMA_VERSION}`);
	});
}
