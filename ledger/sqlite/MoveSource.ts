import type { DatabaseSync } from 'node:sqlite';
import { LedgerError, NoLedger } from '../LedgerError';
import type { Batch, Key, MovedTable, MovedType } from '../move/moved';
import type { RevokedMark } from '../Revocations';
import { BUSY_TIMEOUT_MS, Connection, type Session } from './Connection';
import { sqliteFailure } from './failure';
import { loadDriver } from './openSqliteLedger';
import { markMoved, markMoving, moveOf, tablesOf, type Move } from './moved';
import { PublishedFile, revokedFileOf } from './PublishedFile';
import { sqliteDialect } from './sqliteDialect';
import { version } from './tables';

/** How long it may wait for another writer; nothing else runs in this process. */
const PATIENCE_MS = 10_000;

/** This machine's, as SQLite reads it. */
const CLOCK = sqliteDialect(() => 0).clock;

/** A row's values, in the order of the statement's columns. */
const cells = (row: unknown): unknown[] => Object.values(Object(row) as object);

/** The first column of the first row. */
const value = ({ rows }: Session, text: string, values: Key = []) =>
	cells(rows(text, values)[0])[0];

/**
 * PostgreSQL cannot store U+0000 in a text. A key that contains it could not be begun there either, so
 * replacing the character loses nothing.
 */
const storable = (record: string) =>
	record.replace(/\\\\|\\u0000/g, (found) => (found === '\\u0000' ? '\\ufffd' : found));

/** @throws LedgerError LEDGER_LOCKED */
function assertIdle(session: Session): void {
	const until = value(
		session,
		"SELECT max(lease_until) FROM issuances WHERE state = 'sending' AND lease_until > $1",
		[Number(value(session, CLOCK))],
	);
	if (until === null || until === undefined) return;
	const seconds = Math.ceil((Number(until) - Number(value(session, CLOCK))) / 1_000);
	throw new LedgerError(
		'LEDGER_LOCKED',
		`an attempt to issue may be under way for ${seconds} more seconds; stop n8n, and move the ledger after that`,
	);
}

const REVOKED = `UPDATE credentials SET revoked_at = coalesce(revoked_at, $2), doubtful = 0
	WHERE number = $1`;

/** The place of a credential that the ledger does not know: it was issued after the backup. */
const FORGOTTEN = `UPDATE status_lists
	SET published = json_insert(coalesce(published, '[]'), '$[#]', $3)
	WHERE realm = $1 AND id = $2 AND NOT EXISTS (SELECT 1 FROM credentials WHERE number = $4)`;

/**
 * Writes into the ledger what only the file beside it knows: PostgreSQL has no such file, and what was
 * revoked since a backup would be valid there.
 */
function takeRevoked({ rows }: Session, marks: readonly RevokedMark[]): void {
	for (const { realm, number, list, index, at } of marks) {
		rows(REVOKED, [number, at]);
		if (list !== null && index !== null) rows(FORGOTTEN, [realm, list, index, number]);
	}
}

function tableOf(session: Session, name: string): MovedTable {
	const found = session.rows('SELECT name, type, pk FROM pragma_table_info($1)', [name]).map(cells);
	const columns: Record<string, MovedType> = {};
	for (const [column, type] of found) {
		columns[String(column)] = type === 'INTEGER' ? type : 'TEXT';
	}
	const key = found
		.filter(([, , place]) => Number(place) > 0)
		.sort(([, , a], [, , b]) => Number(a) - Number(b))
		.map(([column]) => String(column));
	const lastId = value(session, 'SELECT seq FROM sqlite_sequence WHERE name = $1', [name]);
	return {
		name,
		columns,
		key,
		rows: Number(value(session, `SELECT count(*) FROM ${name}`)),
		...(lastId === undefined ? {} : { lastId: Number(lastId) }),
	};
}

/** A ledger file from which all rows are moved elsewhere. */
export class MoveSource {
	/** Locks the file, so that no other move runs at the same time. */
	private holder: DatabaseSync | undefined;

	private constructor(
		private readonly connection: Connection,
		private readonly openAgain: () => DatabaseSync,
		private readonly published: PublishedFile,
	) {}

	/**
	 * Opens an existing file, without changing it.
	 *
	 * @throws LedgerError; {@link NoLedger} if it is empty
	 */
	static async open(file: string): Promise<MoveSource> {
		const driver = await loadDriver();
		const open = (timeout: number) =>
			new driver.DatabaseSync(file, { timeout, allowExtension: false });
		let connection: Connection | undefined;
		try {
			connection = new Connection(open(BUSY_TIMEOUT_MS));
			if ((await connection.read(version)) === 0) throw new NoLedger();
			const published = new PublishedFile(revokedFileOf(file), true);
			return new MoveSource(connection, () => open(PATIENCE_MS), published);
		} catch (error) {
			connection?.close();
			throw sqliteFailure(error);
		}
	}

	async move(): Promise<Move | undefined> {
		return await this.connection.read(moveOf);
	}

	/** The ID of this ledger, which is part of the IDs of its events. */
	async ledgerId(): Promise<string> {
		return String(
			await this.connection.read((session) => value(session, 'SELECT id FROM identity')),
		);
	}

	/** @throws LedgerError LEDGER_LOCKED while an attempt is under way, whose answer would be lost */
	async assertIdle(): Promise<void> {
		await this.connection.read(assertIdle);
	}

	/**
	 * From now on nobody can write into the file, and no other move can run until this one is closed. What
	 * was revoked according to the file beside it is in the ledger, too.
	 *
	 * @throws LedgerError as {@link assertIdle}; LEDGER_LOCKED if somebody else moves it
	 */
	async freeze(): Promise<void> {
		const marks = await this.published.revoked();
		await this.connection.write((session) => {
			if (moveOf(session) === undefined) {
				assertIdle(session);
				takeRevoked(session, marks);
			}
			markMoving(session, Number(value(session, CLOCK)));
		});
		try {
			this.holder = this.openAgain();
			this.holder.exec('BEGIN IMMEDIATE');
		} catch (error) {
			throw sqliteFailure(error);
		}
	}

	async tables(): Promise<MovedTable[]> {
		return await this.connection.read((session) =>
			tablesOf(session).map((name) => tableOf(session, name)),
		);
	}

	/** @param after - the key of the last row that was read before */
	async batch(
		{ name, columns, key }: MovedTable,
		after: Key | undefined,
		most: number,
	): Promise<Batch> {
		const fields = Object.keys(columns).map((column) => `'${column}', ${column}`);
		const names = key.join(', ');
		const places = key.map((_, index) => `$${index + 1}`).join(', ');
		const where = after === undefined ? '' : `WHERE (${names}) > (${places})`;
		const found = await this.connection.read(({ rows }) =>
			rows(
				`SELECT json_object(${fields.join(', ')}), ${names} FROM ${name} ${where}
				ORDER BY ${names} LIMIT ${most}`,
				after,
			).map(cells),
		);
		const records = found.map(([record]) => storable(String(record)));
		const last = (found.at(-1) ?? []).slice(1).map((part, index) => {
			return columns[key[index] ?? ''] === 'INTEGER' ? Number(part) : String(part);
		});
		return { records: `[${records.join(',')}]`, count: found.length, last };
	}

	/** How many rows have this key or a lower one. */
	async countUpTo({ name, key }: MovedTable, last: Key): Promise<number> {
		const places = key.map((_, index) => `$${index + 1}`).join(', ');
		const text = `SELECT count(*) FROM ${name} WHERE (${key.join(', ')}) <= (${places})`;
		return Number(await this.connection.read((session) => value(session, text, last)));
	}

	/** Notes that everything has arrived: opening the file fails from now on and says so. */
	async finish(): Promise<void> {
		this.release();
		await this.connection.write((session) => {
			markMoved(session, Number(value(session, CLOCK)));
		});
	}

	close(): void {
		this.release();
		this.connection.close();
	}

	private release(): void {
		this.holder?.close();
		this.holder = undefined;
	}
}
