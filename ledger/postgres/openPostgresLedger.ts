import type { Ledger } from '../Ledger';
import { NoLedger } from '../LedgerError';
import { SqlLedger } from '../SqlLedger';
import { readConnectionUrl } from './connectionUrl';
import { Database } from './Database';
import { assertArrived } from './moving';
import { postgresStore } from './postgresStore';
import { makeTables, version } from './tables';

export interface PostgresSettings {
	/** postgresql://user:password@host:5432/database?sslmode=… */
	readonly url: string;
	/** Added to the store's clock wherever that is read; for tests only. */
	readonly clockOffsetMs?: () => number;
	/** Only reads an existing ledger: no tables are made or upgraded. */
	readonly readOnly?: boolean;
}

/**
 * Opens the ledger in a PostgreSQL database, in its own schema `moca_air`, which is made or upgraded if
 * the role has the right.
 *
 * @throws LedgerError; {@link NoLedger} if there is none to look into
 * @example
 * ```ts
 * const ledger = await openPostgresLedger({ url: 'postgresql://n8n:secret@localhost/n8n' });
 * ```
 */
export async function openPostgresLedger({
	url,
	clockOffsetMs,
	readOnly = false,
}: PostgresSettings): Promise<Ledger> {
	const database = await Database.open(readConnectionUrl(url));
	try {
		if (!readOnly) await makeTables(database);
		else {
			if ((await database.transaction(version)) === 0) throw new NoLedger();
			await database.transaction(assertArrived);
		}
	} catch (error) {
		await database.close();
		throw error;
	}
	return new SqlLedger(postgresStore(database, clockOffsetMs));
}
