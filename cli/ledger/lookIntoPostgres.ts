import type { Ledger } from '../../ledger/Ledger';
import { readConnectionUrl } from '../../ledger/postgres/connectionUrl';
import { Database } from '../../ledger/postgres/Database';
import { PostgresLedger } from '../../ledger/postgres/PostgresLedger';
import { CliError } from '../errors';
import { describePlace } from './place';

/**
 * Opens the ledger of a PostgreSQL database without making or changing tables.
 *
 * @throws CliError when there is none, LedgerError
 */
export async function lookIntoPostgres(url: string): Promise<Ledger> {
	const database = await Database.open(readConnectionUrl(url));
	try {
		const [found] = await database.transaction(({ rows }) =>
			rows<{ there: boolean }>("SELECT to_regclass('moca_air.issuances') IS NOT NULL AS there"),
		);
		if (found?.there === true) return new PostgresLedger(database);
	} catch (error) {
		await database.close();
		throw error;
	}
	await database.close();
	throw new CliError(
		`There is no ledger in ${describePlace({ store: 'postgres', url })}: it has no schema moca_air; is it the database that the credential names?`,
	);
}
