import { open, type FileHandle } from 'node:fs/promises';
import type { Ledger } from '../Ledger';
import { LedgerError, NoLedger } from '../LedgerError';
import { SqlLedger } from '../SqlLedger';
import { BUSY_TIMEOUT_MS, Connection } from './Connection';
import { sqliteFailure } from './failure';
import { isLost, makeFile, mark } from './ledgerFile';
import { assertCurrent, assertNotMoved } from './moved';
import { placeToRead } from './placeToRead';
import { PublishedFile, revokedFileOf } from './PublishedFile';
import { sqliteStore } from './sqliteStore';
import { makeTables, version } from './tables';

export interface SqliteOptions {
	/** Its folder is made if it is missing. Never use a network disk: several hosts cannot share it. */
	readonly file: string;
	/** Added to the store's clock wherever that is read; for tests only. */
	readonly clockOffsetMs?: () => number;
	/**
	 * Only reads an existing ledger. No tables are made or upgraded: the n8n that uses it may run an
	 * older version of this package, which could not use newer tables.
	 */
	readonly readOnly?: boolean;
}

/** Loads the driver on first use, so that the package also loads on a Node without it. */
export async function loadDriver(): Promise<typeof import('node:sqlite')> {
	try {
		return await import('node:sqlite');
	} catch {
		throw new LedgerError('LEDGER_DRIVER_MISSING', `node:sqlite; this is Node ${process.version}`);
	}
}

/**
 * - `synchronous = NORMAL`: a commit does not wait for the disk, but `Connection.write` does: see
 *   {@link flushing}. Checkpoints still do.
 * - `secure_delete`: erased data is overwritten in the file, not merely unlinked
 * - `wal_autocheckpoint`: a checkpoint blocks the process, but seldom; this is twice as fast as 250.
 *   With 4,000, writes are up to a fifth faster, but a checkpoint of a file with 200,000 rows blocks
 *   for 70 ms instead of 30
 */
const SETTINGS = [
	'PRAGMA synchronous = NORMAL',
	'PRAGMA secure_delete = ON',
	'PRAGMA wal_autocheckpoint = 1000',
	'PRAGMA cache_size = -8000',
];

/** @param lost - thrown if there are no tables; undefined if they may be missing */
async function prepare(connection: Connection, lost: LedgerError | undefined): Promise<void> {
	// Comes first, so that nothing is changed in a file that is not ours.
	await connection.read((session) => {
		if (version(session) === 0 && lost !== undefined) throw lost;
		assertNotMoved(session);
	});
	if ((await connection.pragma('PRAGMA journal_mode = WAL')) !== 'wal') {
		const detail = 'the disk of the ledger does not allow what SQLite needs; a network disk?';
		throw new LedgerError('LEDGER_UNAVAILABLE', detail);
	}
	for (const setting of SETTINGS) await connection.pragma(setting);
	await makeTables(connection);
}

/**
 * What is committed is on the disk when a write returns, even if the power fails at the next moment.
 * `synchronous = FULL` would do that inside of COMMIT, and hold up the whole process while the disk
 * works. It is the same call on the same file (https://sqlite.org/wal.html: a commit is a record at the
 * end of the WAL), made outside, so that the process can do other work meanwhile.
 *
 * SQLite keeps the WAL file as long as a connection is open, and locks nothing in it.
 */
async function flushing(connection: Connection, file: string): Promise<FileHandle> {
	const wal = await open(`${file}-wal`, 'r+');
	connection.flushWith(async () => {
		await wal.datasync();
	});
	return wal;
}

/**
 * Opens the embedded ledger, and makes it if it is missing. Any number of processes on one host may
 * do so at once.
 *
 * @returns `createdNow`: the file did not exist before; in a container, it may not survive either
 * @throws LedgerError; {@link NoLedger} if there is none to look into
 * @example
 * ```ts
 * const { ledger, createdNow } = await openSqliteLedger({ file: join(folder, 'ledger.sqlite') });
 * ```
 */
export async function openSqliteLedger({
	file,
	clockOffsetMs,
	readOnly = false,
}: SqliteOptions): Promise<{ ledger: Ledger; createdNow: boolean }> {
	const { DatabaseSync } = await loadDriver();
	const { createdNow, marked } = readOnly
		? { createdNow: false, marked: false }
		: await makeFile(file);
	const published = new PublishedFile(revokedFileOf(file), readOnly);
	let connection: Connection | undefined;
	let wal: FileHandle | undefined;
	try {
		const place = readOnly ? placeToRead(file, DatabaseSync) : file;
		connection = new Connection(
			new DatabaseSync(place, { timeout: BUSY_TIMEOUT_MS, allowExtension: false, readOnly }),
		);
		if (readOnly) {
			if ((await connection.read(version)) === 0) throw new NoLedger();
			await connection.read(assertCurrent);
			const store = sqliteStore(connection, clockOffsetMs, undefined, published);
			return { ledger: new SqlLedger(store), createdNow };
		}
		await prepare(connection, marked ? isLost(file, 'is empty') : undefined);
		wal = await flushing(connection, file);
		await wal.datasync();
		if (!marked) await mark(file);
		const store = sqliteStore(connection, clockOffsetMs, wal, published);
		return { ledger: new SqlLedger(store), createdNow };
	} catch (error) {
		connection?.close();
		await wal?.close();
		throw sqliteFailure(error);
	}
}
