import { accessSync, constants, statSync } from 'node:fs';
import type { Ledger } from '../../ledger/Ledger';
import { NoLedger } from '../../ledger/LedgerError';
import { openPostgresLedger } from '../../ledger/postgres/openPostgresLedger';
import { errorCode } from '../../ledger/sqlite/failure';
import { openSqliteLedger } from '../../ledger/sqlite/openSqliteLedger';
import { CliError } from '../errors';
import { printable } from '../text';
import { describePlace, URL_VARIABLE, type Place } from './place';

/** What a read-only command can do with a ledger. */
export type ReadLedger = Pick<Ledger, 'list' | 'page' | 'totals'>;

/**
 * Opens an existing ledger for reading. No tables are made or upgraded.
 *
 * @throws CliError if there is none, LedgerError, and what `work` throws
 */
export async function reading<T>(
	place: Place,
	work: (ledger: ReadLedger) => Promise<T>,
): Promise<T> {
	return await readingLists(place, work);
}

/** The same for commands that read status lists. */
export async function readingLists<T>(
	place: Place,
	work: (
		ledger: ReadLedger & Pick<Ledger, 'statusLists' | 'statusList' | 'otherKey'>,
	) => Promise<T>,
): Promise<T> {
	if (place.store === 'sqlite') assertFile(place.file);
	let ledger: Ledger;
	try {
		ledger = await open(place, true);
	} catch (error) {
		throw error instanceof NoLedger ? new CliError(noLedgerIn(place)) : error;
	}
	return await closing(ledger, work);
}

/**
 * Opens a ledger for writing, as n8n does. Call {@link reading} first, to see whether it exists: this
 * would create one.
 *
 * @throws LedgerError, and what `work` throws
 */
export async function writing<T>(place: Place, work: (ledger: Ledger) => Promise<T>): Promise<T> {
	return await closing(await open(place, false), work);
}

const open = async (place: Place, readOnly: boolean): Promise<Ledger> =>
	place.store === 'sqlite'
		? (await openSqliteLedger({ file: place.file, readOnly })).ledger
		: await openPostgresLedger({ url: place.url, readOnly });

const noLedgerIn = (place: Place) =>
	place.store === 'sqlite'
		? `There is no ledger in ${printable(place.file)}: it is empty`
		: `There is no ledger in ${describePlace(place)}: it has no schema moca_air; is it the database that the credential names?`;

/** If there is none, the command looked in the wrong place. */
export function assertFile(file: string): void {
	const shown = printable(file);
	let isFile: boolean;
	try {
		isFile = statSync(file).isFile();
		accessSync(file, constants.R_OK);
	} catch (error) {
		const code = errorCode(error) ?? 'unknown error';
		throw new CliError(
			code === 'ENOENT' || code === 'ENOTDIR'
				? `There is no ledger at ${shown}: run this on the machine and as the user of n8n, or name the ledger with --file, --url or ${URL_VARIABLE}`
				: `The ledger at ${shown} cannot be read (${code}): run this as the user of n8n`,
		);
	}
	if (!isFile) throw new CliError(`What is at ${shown} is not a file`);
}

async function closing<T>(ledger: Ledger, work: (ledger: Ledger) => Promise<T>): Promise<T> {
	try {
		return await work(ledger);
	} finally {
		await ledger.close();
	}
}
