import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { LedgerError } from '../LedgerError';
import { fileFailure, isBusy, sqliteFailure } from './failure';

/**
 * How long SQLite itself may wait for another writer. It blocks the whole process meanwhile, n8n's
 * web server included, so that most of the waiting is done outside of it. (Measured with four writers:
 * 20 ms and 1 ms give the same throughput.)
 */
export const BUSY_TIMEOUT_MS = 5;
const PATIENCE_MS = 10_000;
/** Random, so that writers who wait do not come back all at once. */
const PAUSE_MS = { least: 2, most: 20 };

/** For `?`, one after another, or by name for `$name`, in one object. */
export type Values = SQLInputValue[] | [Record<string, SQLInputValue>];

/** Statements inside a transaction. */
export interface Session {
	/** The store's clock, once per transaction. */
	readonly now: number;
	readonly all: <Row>(sql: string, ...values: Values) => Row[];
	/** @returns how many rows changed, and the ID of the last one inserted */
	readonly run: (
		sql: string,
		...values: Values
	) => { readonly changes: number; readonly id: number };
	/** Several statements at once, without values. */
	readonly script: (sql: string) => void;
}

/** How many rows this connection has written, ever. */
const changes = ({ all }: Session): number | undefined =>
	all<{ n: number }>('SELECT total_changes() AS n')[0]?.n;

/** A database, its prepared statements, and patience with other writers. */
export class Connection {
	private readonly statements = new Map<string, StatementSync>();
	private flush: () => Promise<void> = async () => {
		await Promise.resolve();
	};
	private broken: LedgerError | undefined;

	/** @param clockOffsetMs - added to SQLite's clock; for tests only */
	constructor(
		private readonly database: DatabaseSync,
		private readonly clockOffsetMs: () => number,
	) {}

	/**
	 * From now on each write ends with this, instead of SQLite's own waiting for the disk, during which
	 * the whole process would stand still.
	 *
	 * @param flush - brings to the disk what is committed
	 */
	flushWith(flush: () => Promise<void>): void {
		this.flush = flush;
	}

	/** Runs `work` on one state of the database. */
	async read<T>(work: (session: Session) => T): Promise<T> {
		return await this.transaction('BEGIN', work);
	}

	/** Runs `work` while nobody else writes. What it wrote is on the disk when this returns. */
	async write<T>(work: (session: Session) => T): Promise<T> {
		const { result, changed } = await this.transaction('BEGIN IMMEDIATE', (session) => {
			const before = changes(session);
			const done = work(session);
			return { result: done, changed: changes(session) !== before };
		});
		try {
			if (changed) await this.flush();
		} catch (error) {
			// What was to be written may be lost by now, and with it what is written after it.
			this.broken ??= fileFailure(error, 'the disk failed; start n8n anew');
			throw this.broken;
		}
		return result;
	}

	/** Runs a PRAGMA that is to be outside of transactions. @returns what it answers */
	async pragma(sql: string): Promise<unknown> {
		return await this.patiently(() => Object.values(this.database.prepare(sql).get() ?? {})[0]);
	}

	close(): void {
		this.statements.clear();
		if (this.database.isOpen) this.database.close();
	}

	private async transaction<T>(begin: string, work: (session: Session) => T): Promise<T> {
		return await this.patiently(() => {
			this.database.exec(begin);
			try {
				const result = work(this.session());
				this.database.exec('COMMIT');
				return result;
			} catch (error) {
				// After some errors, such as a full disk, SQLite has ended it itself.
				if (this.database.isTransaction) this.database.exec('ROLLBACK');
				throw error;
			}
		});
	}

	/**
	 * Tries until nobody is in the way. Other work of the process gets its turn before each try, so that
	 * not even a thousand replays in a row, none of which waits for anything, freeze the process.
	 */
	private async patiently<T>(work: () => T): Promise<T> {
		const deadline = performance.now() + PATIENCE_MS;
		for (;;) {
			await nextTurn();
			if (this.broken !== undefined) throw this.broken;
			if (!this.database.isOpen) throw new LedgerError('LEDGER_UNAVAILABLE', 'it was closed');
			try {
				return work();
			} catch (error) {
				if (!isBusy(error) || performance.now() > deadline) throw sqliteFailure(error);
			}
			await sleep(PAUSE_MS.least + Math.random() * (PAUSE_MS.most - PAUSE_MS.least));
		}
	}

	private session(): Session {
		// The driver takes both kinds of values, but its types know them only apart.
		const all = <Row>(sql: string, ...values: Values) =>
			this.prepared(sql).all(...(values as SQLInputValue[])) as Row[];
		const [clock] = all<{ now: number }>(
			"SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now",
		);
		return {
			now: (clock?.now ?? 0) + this.clockOffsetMs(),
			all,
			run: (sql, ...values) => {
				const { changes, lastInsertRowid } = this.prepared(sql).run(...(values as SQLInputValue[]));
				return { changes: Number(changes), id: Number(lastInsertRowid) };
			},
			script: (sql) => {
				this.database.exec(sql);
			},
		};
	}

	private prepared(sql: string): StatementSync {
		const found = this.statements.get(sql);
		if (found !== undefined) return found;
		const statement = this.database.prepare(sql);
		this.statements.set(sql, statement);
		return statement;
	}
}
