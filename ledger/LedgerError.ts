/** Why the ledger could not do its work. Never about AIR, and never shows a connection string. */
export type LedgerErrorCode =
	/** The driver is not there: `node:sqlite` needs Node ≥ 22.13, `pg` must be installed. */
	| 'LEDGER_DRIVER_MISSING'
	/** SQLite in queue mode, where main and workers need not share a disk (D2). */
	| 'LEDGER_QUEUE_MODE'
	/** The settings name no usable place, e.g. something other than a PostgreSQL URL. */
	| 'LEDGER_SETTINGS'
	/** The store cannot be reached or opened: refused, no such database, no permission, corrupt. */
	| 'LEDGER_UNAVAILABLE'
	/** Another writer holds the store for too long. */
	| 'LEDGER_LOCKED'
	/** A ledger was here, and is missing or empty. */
	| 'LEDGER_LOST'
	/** The store refused to write: disk full, read-only. */
	| 'LEDGER_NOT_WRITABLE'
	/** The rows of this file were moved to PostgreSQL, or are being moved: continuing could issue twice. */
	| 'LEDGER_MOVED'
	/** Made by a newer version of this package. */
	| 'LEDGER_TOO_NEW';

/** The one error of the ledger. `detail` is safe to show: no paths but its own, no URLs, no values. */
export class LedgerError extends Error {
	override readonly name = 'LedgerError';

	constructor(
		readonly code: LedgerErrorCode,
		readonly detail: string,
	) {
		super(`${code}: ${detail}`);
	}
}

/** There is no ledger to look into: the store can be opened, but has none of our tables. */
export class NoLedger extends LedgerError {
	constructor() {
		super('LEDGER_UNAVAILABLE', 'there is no ledger');
	}
}
