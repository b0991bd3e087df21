import { constants } from 'node:fs';
import { access, mkdir, open, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LedgerError } from '../LedgerError';
import { errorCode, fileFailure } from './failure';

/**
 * A marker beside the ledger, made after it: a ledger was here. Without it, an empty file left by a
 * failed restore would count as a new ledger.
 */
export const markerOf = (file: string) => `${file}.made`;

const MARKER_TEXT = `The ledger of n8n-nodes-moca-air was made here. It remembers what was issued, so that nothing is
issued twice. As long as this file is here, nothing is issued without the ledger beside it.
To begin with an empty ledger, delete this file.
`;

/** What to do about a ledger that is missing. */
export function isLost(file: string, what: 'is missing' | 'is empty'): LedgerError {
	return new LedgerError(
		'LEDGER_LOST',
		`${file} ${what}. Restore it from a backup; or, to begin with an empty ledger, delete ${markerOf(file)}`,
	);
}

/**
 * Makes an empty file that only its owner can read; SQLite opens it as an empty database, and gives the
 * files beside it (-wal, -shm) the same permissions.
 *
 * @returns whether this process made it, and whether one should already have existed
 * @throws LedgerError LEDGER_LOST if a ledger was here before, LEDGER_NOT_WRITABLE
 */
export async function makeFile(file: string): Promise<{ createdNow: boolean; marked: boolean }> {
	const marked = await exists(markerOf(file));
	const size = await sizeOf(file);
	if (marked && size === undefined) throw isLost(file, 'is missing');
	if (marked && size === 0) throw isLost(file, 'is empty');
	const folder = dirname(file);
	try {
		await mkdir(folder, { recursive: true, mode: 0o700 });
	} catch (error) {
		throw fileFailure(await reasonOf(error, folder), `the folder ${folder} cannot be made`);
	}
	const createdNow = await create(file);
	await assertWritable(file);
	return { createdNow, marked };
}

/** On a read-only file system Node's recursive mkdir says ENOENT, and the plain one why. */
async function reasonOf(error: unknown, folder: string): Promise<unknown> {
	if (errorCode(error) !== 'ENOENT') return error;
	return await mkdir(folder, { mode: 0o700 }).then(
		() => error,
		(reason: unknown) => reason,
	);
}

/** Writes the marker beside a complete ledger. */
export async function mark(file: string): Promise<void> {
	try {
		await writeFile(markerOf(file), MARKER_TEXT, { flag: 'wx', mode: 0o600 });
	} catch (error) {
		if (errorCode(error) === 'EEXIST') return;
		throw fileFailure(error, `${markerOf(file)} cannot be made`);
	}
}

async function create(file: string): Promise<boolean> {
	try {
		await (await open(file, 'wx', 0o600)).close();
		return true;
	} catch (error) {
		if (errorCode(error) === 'EEXIST') return false;
		throw fileFailure(error, `${file} cannot be made`);
	}
}

/** SQLite says only that it cannot open or write something, but not what. */
async function assertWritable(file: string): Promise<void> {
	const { R_OK, W_OK, X_OK } = constants;
	await assertAccess(dirname(file), W_OK | X_OK);
	for (const path of [file, `${file}-wal`, `${file}-shm`]) await assertAccess(path, R_OK | W_OK);
}

async function assertAccess(path: string, mode: number): Promise<void> {
	try {
		await access(path, mode);
	} catch (error) {
		// The files beside the ledger need not exist.
		if (errorCode(error) === 'ENOENT') return;
		throw fileFailure(error, `${path} must be writable for the user that n8n runs as`);
	}
}

const exists = async (path: string) => (await sizeOf(path)) !== undefined;

/** @returns undefined if there is nothing */
async function sizeOf(path: string): Promise<number | undefined> {
	try {
		return (await stat(path)).size;
	} catch (error) {
		const code = errorCode(error);
		if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
		throw fileFailure(error, `${path} cannot be looked at`);
	}
}
