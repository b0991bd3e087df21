import { statSync } from 'node:fs';
import type { Ledger } from '../../ledger/Ledger';
import { LedgerError } from '../../ledger/LedgerError';
import { BUSY_TIMEOUT_MS, Connection } from '../../ledger/sqlite/Connection';
import { errorCode, sqliteFailure } from '../../ledger/sqlite/failure';
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
	const { DatabaseSync } = await loadDriver();
	let connection: Connection | undefined;
	try {
		connection = new Connection(
			new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS }),
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

/** One that is not there was looked for in the wrong place. */
function assertFile(file: string): void {
	const shown = printable(file);
	let isFile: boolean;
	try {
		isFile = statSync(file).isFile();
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
