import { LedgerError, type LedgerErrorCode } from '../LedgerError';

/**
 * SQLite's primary result codes (https://sqlite.org/rescode.html) with a specific meaning; all others
 * mean that the store does not work.
 */
const MEANINGS: Readonly<Record<number, readonly [LedgerErrorCode, string]>> = {
	5: ['LEDGER_LOCKED', 'another process holds the ledger'],
	6: ['LEDGER_LOCKED', 'another process holds the ledger'],
	8: ['LEDGER_NOT_WRITABLE', 'the ledger file is read-only'],
	11: ['LEDGER_UNAVAILABLE', 'the ledger file is damaged'],
	13: ['LEDGER_NOT_WRITABLE', 'the disk is full'],
	14: ['LEDGER_UNAVAILABLE', 'the ledger file cannot be opened'],
	26: ['LEDGER_UNAVAILABLE', 'the ledger file is not a SQLite database'],
};

const IO_ERROR = 10;
/** SQLITE_IOERR_WRITE, _FSYNC, _DIR_FSYNC and _TRUNCATE. */
const IO_WRITE_ERRORS = [778, 1034, 1290, 1546];

/** SQLITE_CONSTRAINT_TRIGGER. */
const REFUSED_BY_TRIGGER = 1811;
/** The message of the triggers in a file that was moved: see `markMoving`. */
export const MOVED_MARK = 'moca-air: moved';

/** The error for using a file whose rows are elsewhere. */
export const ledgerMoved = (finished: boolean) =>
	new LedgerError(
		'LEDGER_MOVED',
		finished
			? 'the rows of this file are in PostgreSQL now'
			: 'a move to PostgreSQL has begun, and is not finished',
	);

/** File system errors for a full disk or a missing permission to write. */
const NOT_WRITABLE = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM'];

/** Not `instanceof Error`: in tests, Node's errors come from another realm. */
function property(error: unknown, name: string): unknown {
	return typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
}

/** Node's code of an error, e.g. `ENOSPC`. */
export function errorCode(error: unknown): string | undefined {
	const code = property(error, 'code');
	return typeof code === 'string' ? code : undefined;
}

function resultCode(error: unknown): number | undefined {
	if (errorCode(error) !== 'ERR_SQLITE_ERROR') return undefined;
	const code = property(error, 'errcode');
	return typeof code === 'number' ? code : undefined;
}

/** Whether another writer is in the way: the same may succeed a little later. */
export function isBusy(error: unknown): boolean {
	const primary = (resultCode(error) ?? 0) & 0xff;
	return primary === 5 || primary === 6;
}

/** Whether SQLite could not open or write the files that it needs beside the ledger, even to read it. */
export function wantsToWrite(error: unknown): boolean {
	const primary = (resultCode(error) ?? 0) & 0xff;
	return primary === 8 || primary === 14;
}

/**
 * Translates an error of `node:sqlite`. Its message is never passed on, since it may show values; the
 * code is enough to look it up.
 *
 * @returns anything but an SQLite error unchanged
 */
export function sqliteFailure(error: unknown): unknown {
	const code = resultCode(error);
	if (code === undefined) return error;
	if (code === REFUSED_BY_TRIGGER && property(error, 'message') === MOVED_MARK)
		return ledgerMoved(true);
	const full = IO_WRITE_ERRORS.includes(code);
	const [meaning, words] = MEANINGS[code & 0xff] ?? [
		full ? ('LEDGER_NOT_WRITABLE' as const) : ('LEDGER_UNAVAILABLE' as const),
		(code & 0xff) === IO_ERROR ? 'the disk failed' : 'SQLite refused',
	];
	return new LedgerError(meaning, `${words} (SQLite code ${code})`);
}

/** Translates an error of the file system; `what` says what was done, or must be done. */
export function fileFailure(error: unknown, what: string): LedgerError {
	const code = errorCode(error) ?? 'unknown error';
	const meaning = NOT_WRITABLE.includes(code) ? 'LEDGER_NOT_WRITABLE' : 'LEDGER_UNAVAILABLE';
	return new LedgerError(meaning, `${what} (${code})`);
}
