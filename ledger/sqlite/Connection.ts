import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { LedgerError } from '../LedgerError';
import { placedInTurn, singleValues, type Placed } from '../sql/placed';
import { json, type Value } from '../sql/Session';
import { fileFailure, isBusy, sqliteFailure } from './failure';

/**
 * How long SQLite itself may wait for another writer. That blocks the whole process, including n8n's
 * web server, so most of the waiting is done outside of SQLite. (Measured with four writers: 20 ms and
 * 1 ms give the same throughput.)
 */
export const BUSY_TIMEOUT_MS = 5;
const PATIENCE_MS = 10_000;
/** Random, so that waiting writers do not all retry at once. */
const PAUSE_MS = { least: 2, most: 20 };

/** How long reads may block the process before other work gets its turn. */
const TURN_MS = 5;

/** Statements inside a transaction. */
export interface Session {
	readonly rows: (text: string, values?: readonly Value[], single?: boolean) => unknown[];
	/** The rows of a statement that runs once per transaction, however often it is requested. */
	readonly once: (text: string) => unknown[];
	/** Several statements at once, without values. */
	readonly script: (sql: string) => void;
}

const CHANGES = 'SELECT total_changes() AS n';

/** The values by placeholder. A list is passed as JSON, unless the statement is written for one element. */
function bind(names: Placed['names'], values: readonly Value[], single: boolean): SQLInputValue[] {
	if (single) return singleValues(names, values);
	return names.map((name) => {
		const value = typeof name === 'number' ? (values[name] ?? null) : null;
		return value === null || typeof value !== 'object' ? value : json(value);
	});
}

interface Prepared extends Placed {
	readonly statement: StatementSync;
}

/** A database with its prepared statements, and retries while others write. */
export class Connection {
	private readonly statements = new Map<string, Prepared>();
	private flush: () => Promise<void> = async () => {
		await Promise.resolve();
	};
	private broken: LedgerError | undefined;
	/** How long reads have taken since other work last had its turn. */
	private readMs = 0;

	constructor(private readonly database: DatabaseSync) {}

	/**
	 * From now on each write ends with this, instead of SQLite's own wait for the disk, which would block
	 * the whole process.
	 *
	 * @param flush - flushes what is committed to the disk
	 */
	flushWith(flush: () => Promise<void>): void {
		this.flush = flush;
	}

	/** Runs `work` on a consistent state of the database. */
	async read<T>(work: (session: Session) => T): Promise<T> {
		if (this.readMs < TURN_MS) {
			this.assertUsable();
			const began = performance.now();
			try {
				return this.inTransaction('BEGIN', work);
			} catch (error) {
				if (!isBusy(error)) throw sqliteFailure(error);
			} finally {
				this.readMs += performance.now() - began;
			}
		}
		return await this.transaction('BEGIN', work);
	}

	/** Runs `work` while nobody else writes. What it wrote is on the disk when this returns. */
	async write<T>(work: (session: Session) => T): Promise<T> {
		const { result, changed } = await this.transaction('BEGIN IMMEDIATE', (session) => {
			const before = this.changes();
			const done = work(session);
			return { result: done, changed: this.changes() !== before };
		});
		try {
			if (changed) await this.flush();
		} catch (error) {
			// After a failed flush, the commit may be lost, and with it everything written after it.
			this.broken ??= fileFailure(error, 'the disk failed; restart n8n');
			throw this.broken;
		}
		return result;
	}

	/** Runs a PRAGMA that must be outside of transactions. @returns its result */
	async pragma(sql: string): Promise<unknown> {
		return await this.patiently(() => Object.values(this.database.prepare(sql).get() ?? {})[0]);
	}

	close(): void {
		this.statements.clear();
		if (this.database.isOpen) this.database.close();
	}

	private async transaction<T>(begin: string, work: (session: Session) => T): Promise<T> {
		return await this.patiently(() => this.inTransaction(begin, work));
	}

	private inTransaction<T>(begin: string, work: (session: Session) => T): T {
		this.database.exec(begin);
		try {
			const result = work(this.session());
			this.database.exec('COMMIT');
			return result;
		} catch (error) {
			// After some errors, such as a full disk, SQLite has already rolled back.
			if (this.database.isTransaction) this.database.exec('ROLLBACK');
			throw error;
		}
	}

	/**
	 * Tries until no other writer is in the way. Other work of the process gets its turn before each try,
	 * so that even a thousand replays in a row, which never wait, do not freeze the process.
	 */
	private async patiently<T>(work: () => T): Promise<T> {
		const deadline = performance.now() + PATIENCE_MS;
		for (;;) {
			await nextTurn();
			this.readMs = 0;
			this.assertUsable();
			try {
				return work();
			} catch (error) {
				if (!isBusy(error) || performance.now() > deadline) throw sqliteFailure(error);
			}
			await sleep(PAUSE_MS.least + Math.random() * (PAUSE_MS.most - PAUSE_MS.least));
		}
	}

	private assertUsable(): void {
		if (this.broken !== undefined) throw this.broken;
		if (!this.database.isOpen) throw new LedgerError('LEDGER_UNAVAILABLE', 'it was closed');
	}

	/** How many rows this connection has written in total. */
	private changes(): unknown {
		return this.prepared(CHANGES).statement.get()?.n;
	}

	/** Of one transaction. */
	private session(): Session {
		const known = new Map<string, unknown[]>();
		const rows: Session['rows'] = (text, values = [], single = false) => {
			const { statement, names } = this.prepared(text);
			return statement.all(...bind(names, values, single));
		};
		return {
			rows,
			once: (text) => {
				const found = known.get(text) ?? rows(text);
				known.set(text, found);
				return found;
			},
			script: (sql) => {
				this.database.exec(sql);
			},
		};
	}

	private prepared(sql: string): Prepared {
		const found = this.statements.get(sql);
		if (found !== undefined) return found;
		const placed = placedInTurn(sql);
		const made = { ...placed, statement: this.database.prepare(placed.text) };
		this.statements.set(sql, made);
		return made;
	}
}
