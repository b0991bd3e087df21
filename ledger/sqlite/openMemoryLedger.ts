import type { BeginRequest, BeginResult, KeyAcceptance, Ledger } from '../Ledger';
import { trim } from '../operations/retention';
import type { Store } from '../sql/Session';
import { SqlLedger } from '../SqlLedger';
import { Connection } from './Connection';
import { loadDriver } from './openSqliteLedger';
import { sqliteStore } from './sqliteStore';
import { makeTables } from './tables';

/** The most rows, approximately: some 50 MB. Each item of a run is one row. */
const MOST_ROWS = 20_000;
/** Rows are deleted after this time, even if there is room. */
const FORGET_AFTER_MS = 24 * 60 * 60_000;
/** How often rows are deleted: after this many rows were begun. */
const TRIM_EVERY = 100;

/**
 * The ledger that is used when the ledger is off: the same rules, in the memory of this process, and
 * bounded.
 */
class MemoryLedger extends SqlLedger {
	private begun = 0;

	constructor(
		private readonly memory: Store,
		private readonly mostRows: number,
	) {
		super(memory);
	}

	override async begin(request: BeginRequest): Promise<BeginResult> {
		// Comes first, so that of two items with one key the first stays the first.
		const begun = await super.begin(request);
		if (this.begun++ % TRIM_EVERY === 0) {
			const { dialect } = this.memory;
			const bound = { mostRows: this.mostRows, afterMs: FORGET_AFTER_MS, limit: 2 * TRIM_EVERY };
			await this.memory.write(() => trim(dialect, bound));
		}
		return begun;
	}

	/** Always accepted: a caller finds only what its own execution has written. */
	override async keyAcceptance(): Promise<KeyAcceptance> {
		return await Promise.resolve({ ageMs: 0, refused: false });
	}
}

/**
 * Opens a ledger that exists until the process ends, and that deletes its oldest rows before that, but
 * never one whose attempt is under way. It does not check the key of a caller: give each execution its
 * own realm.
 *
 * @param mostRows - about how many rows it keeps
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
