import { accessSync, constants, statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Ledger } from '../../ledger/Ledger';
import { LedgerError } from '../../ledger/LedgerError';
import { BUSY_TIMEOUT_MS, Connection } from '../../ledger/sqlite/Connection';
import { errorCode, sqliteFailure, wantsToWrite } from '../../ledger/sqlite/failure';
import { version } from '../../ledger/sqlite/migrations';
import { SqliteLedger } from '../../ledger/sqlite/SqliteLedger';
import { CliError } from '../errors';
import { printable } from '../text';
import { URL_VARIABLE } from './place';

/**
 * Opens the embedded ledger in a way in which SQLite refuses to write.
 *
 * @throws CliError when there is none, LedgerError
 */
export async function lookIntoSqlite(file: string): Promise<Ledger> {
	assertFile(file);
	try {
		return await open(file, file);
	} catch (error) {
		if (!(await needsWriting(file))) throw error;
		if (sizeOf(`${file}-wal`) > 0) {
			throw new CliError(
				`The newest rows of ${printable(file)} are in the file beside it that ends with -wal, and SQLite reads that only where it can write: copy the folder to a place where this user can write, and name the copy with --file`,
			);
		}
		// Nobody writes here, so that no other process has to be told of the reading.
		const url = pathToFileURL(file);
		url.searchParams.set('immutable', '1');
		return await open(url, file);
	}
}

/** Whether SQLite has to write beside the file even to read it, and may not. */
async function needsWriting(file: string): Promise<boolean> {
	const { DatabaseSync } = await loadDriver();
	try {
		const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
		try {
			database.prepare('SELECT count(*) FROM sqlite_schema').get();
		} finally {
			database.close();
		}
		return false;
	} catch (error) {
		return wantsToWrite(error);
	}
}

async function open(place: string | URL, file: string): Promise<Ledger> {
	const { DatabaseSync } = await loadDriver();
	let connection: Connection | undefined;
	try {
		connection = new Connection(
			new DatabaseSync(place, { readOnly: true, timeout: BUSY_TIMEOUT_MS }),
			() => 0,
		);
		if ((await connection.read(version)) > 0) return new SqliteLedger(connection);
	} catch (error) {
		connection?.close();
		throw sqliteFailure(error);
	}
	connection.close();
	throw new CliError(`There is no ledger in ${printable(file)}: it is empty`);
}

function sizeOf(path: string): number {
	return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** One that is not there was looked for in the wrong place. */
function assertFile(file: string): void {
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

async function loadDriver(): Promise<typeof import('node:sqlite')> {
	try {
		return await import('node:sqlite');
	} catch {
		throw new LedgerError('LEDGER_DRIVER_MISSING', `node:sqlite; this is Node ${process.version}`);
	}
}
