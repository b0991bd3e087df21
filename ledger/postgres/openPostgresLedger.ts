import type { Ledger } from '../Ledger';
import { SqlLedger } from '../SqlLedger';
import { readConnectionUrl } from './connectionUrl';
import { Database } from './Database';
import { postgresStore } from './postgresStore';
import { makeTables } from './tables';

export interface PostgresSettings {
	/** postgresql://user:password@host:5432/database?sslmode=… */
	readonly url: string;
	/** Added to the store's clock wherever that is read; for tests only. */
	readonly clockOffsetMs?: () => number;
}

/**
 * Opens the ledger in a PostgreSQL database, in a schema of its own named `moca_air`, which is made or
 * brought up to date if the role may.
 *
 * @throws LedgerError
 * @example
 * ```ts
 * const ledger = await openPostgresLedger({ url: 'postgresql://n8n:secret@localhost/n8n' });
 * ```
 */
export async function openPostgresLedger({
	url,
	clockOffsetMs,
}: PostgresSettings): Promise<Ledger> {
	const database = await Database.open(readConnectionUrl(url));
	try {
		await makeTables(database);
	} catch (error) {
		await database.close();
		throw error;
	}
	return new SqlLedger(postgresStore(database, clockOffsetMs));
}
