import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { LedgerError } from '../LedgerError';
import { BUSY_TIMEOUT_MS } from './Connection';
import { wantsToWrite } from './failure';

/**
 * How a ledger is opened for reading: by its path; or, if nothing can be written, as an immutable file.
 * SQLite makes two files beside a database in WAL mode even to read it, unless they exist.
 *
 * @throws LedgerError LEDGER_UNAVAILABLE if the newest rows would then be missing
 */
export function placeToRead(file: string, Database: typeof DatabaseSync): string | URL {
	if (!needsWriting(file, Database)) return file;
	if ((statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) {
		throw new LedgerError(
			'LEDGER_UNAVAILABLE',
			`the newest rows are in ${file}-wal, which SQLite reads only where it can write: copy the folder to a place where this user can write, and name the copy`,
		);
	}
	const url = pathToFileURL(file);
	url.searchParams.set('immutable', '1');
	return url;
}

/** Whether SQLite needs to write beside the file, but may not. */
function needsWriting(file: string, Database: typeof DatabaseSync): boolean {
	try {
		const database = new Database(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
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
