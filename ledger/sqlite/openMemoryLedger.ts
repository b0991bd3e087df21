import type { BeginRequest, BeginResult, KeyAcceptance, Ledger } from '../Ledger';
import { trim } from '../operations/retention';
import type { Store } from '../sql/Session';
import { SqlLedger } from '../SqlLedger';
import { Connection } from './Connection';
import { loadDriver } from './openSqliteLedger';
import { sqliteStore } from './sqliteStore';
import { makeTables } from './tables';

/** Rows at most, by and large: some 50 MB. An item of one run is one row. */
const MOST_ROWS = 20_000;
/** Rows are forgotten after this, whatever room there is. */
const FORGET_AFTER_MS = 24 * 60 * 60_000;
/** How often there is a look at what to forget, in rows that are begun. */
const TRIM_EVERY = 100;

/** The ledger as it is when it is off: the same rules, in the memory of this process, and bounded. */
class MemoryLedger extends SqlLedger {
	private begun = 0;

	constructor(
		private readonly memory: Store,
		private readonly mostRows: number,
	) {
		super(memory);
	}

	override async begin(request: BeginRequest): Promise<BeginResult> {
		// First, so that of two items with one key the first stays the first.
		const begun = await super.begin(request);
		if (this.begun++ % TRIM_EVERY === 0) {
			const { dialect } = this.memory;
			const bound = { mostRows: this.mostRows, afterMs: FORGET_AFTER_MS, limit: 2 * TRIM_EVERY };
			await this.memory.write(() => trim(dialect, bound));
		}
		return begun;
	}

	/** Always accepted: a caller finds only what its own execution has left here. */
	override async keyAcceptance(): Promise<KeyAcceptance> {
		return await Promise.resolve({ ageMs: 0, refused: false });
	}
}

/**
 * Opens a ledger that forgets when the process ends, and the oldest rows before that: never one whose
 * attempt is under way. It tells nobody's rows from another's by the key: give each execution a realm
 * of its own.
 *
 * @param mostRows - how many rows it keeps, about
 * @throws LedgerError `LEDGER_DRIVER_MISSING`
 * @example
 * ```ts
 * const ledger = await openMemoryLedger();
 * ```
 */
export async function openMemoryLedger(mostRows: number = MOST_ROWS): Promise<Ledger> {
	const { DatabaseSync } = await loadDriver();
	const connection = new Connection(new DatabaseSync(':memory:', { allowExtension: false }));
	await makeTables(connection);
	return new MemoryLedger(sqliteStore(connection), mostRows);
}
