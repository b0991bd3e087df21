import type { Ledger } from '../../ledger/Ledger';
import { openPostgresLedger } from '../../ledger/postgres/openPostgresLedger';
import { openSqliteLedger } from '../../ledger/sqlite/openSqliteLedger';
import type { Place } from './place';
import { lookIntoPostgres } from './lookIntoPostgres';
import { lookIntoSqlite } from './lookIntoSqlite';

/** What a command that only looks can do with a ledger. */
export type ReadLedger = Pick<Ledger, 'list' | 'totals'>;

/**
 * Opens a ledger that is there to look into it. Nothing is made and nothing brought up to date: the
 * n8n that uses it may run an older version of this package, which could not go on with newer tables.
 *
 * @throws CliError when there is none, LedgerError, and what `work` throws
 */
export async function reading<T>(
	place: Place,
	work: (ledger: ReadLedger) => Promise<T>,
): Promise<T> {
	return await closing(
		place.store === 'sqlite' ? await lookIntoSqlite(place.file) : await lookIntoPostgres(place.url),
		work,
	);
}

/**
 * Opens a ledger as n8n does, to change it. To be called after {@link reading}, which tells whether it
 * is there: here it would be made.
 *
 * @throws LedgerError, and what `work` throws
 */
export async function writing<T>(place: Place, work: (ledger: Ledger) => Promise<T>): Promise<T> {
	return await closing(
		place.store === 'sqlite'
			? (await openSqliteLedger({ file: place.file })).ledger
			: await openPostgresLedger({ url: place.url }),
		work,
	);
}

async function closing<T>(ledger: Ledger, work: (ledger: Ledger) => Promise<T>): Promise<T> {
	try {
		return await work(ledger);
	} finally {
		await ledger.close();
	}
}
