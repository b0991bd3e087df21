import { LedgerError } from '../LedgerError';
import { MoveTarget } from '../postgres/MoveTarget';
import { MoveSource } from '../sqlite/MoveSource';
import type { MovedTable } from './moved';

/** Rows per transaction; they are all held in memory. */
const BATCH = 500;

/** How far a move is. */
export interface MoveProgress {
	readonly table: string;
	/** Rows that have arrived. */
	readonly done: number;
	/** Rows of the table. */
	readonly of: number;
}

export interface MoveOptions {
	/** The embedded ledger, which must exist. */
	readonly file: string;
	/** The PostgreSQL ledger: postgresql://user:password@host:5432/database?sslmode=… */
	readonly url: string;
	readonly onProgress?: (progress: MoveProgress) => Promise<void>;
}

export interface MoveResult {
	/** `before`: an earlier move had finished. */
	readonly moved: 'now' | 'before';
	/** Issuances; 0 if they were moved before. */
	readonly rows: number;
}

/**
 * Moves the whole embedded ledger into PostgreSQL and keeps all IDs, so that events are delivered once,
 * triggers continue where they are, and a repeat stays a repeat.
 *
 * May be stopped at any moment and called again. The order of the steps makes sure that two ledgers are
 * never written at once: the target is reserved and refuses all other writers, the file refuses all
 * writers, rows are copied, the target opens, and the file says where its rows are.
 *
 * @throws LedgerError; LEDGER_LOCKED while an attempt is under way or another move runs,
 *   LEDGER_NOT_WRITABLE if the target holds other rows, LEDGER_MOVED if the file was moved elsewhere
 * @example
 * ```ts
 * const { rows } = await moveLedger({ file: '/home/node/.n8n/moca-air/ledger.sqlite', url });
 * ```
 */
export async function moveLedger({ file, url, onProgress }: MoveOptions): Promise<MoveResult> {
	const source = await MoveSource.open(file);
	try {
		const target = await MoveTarget.open(url);
		try {
			return await move(source, target, onProgress);
		} finally {
			await target.close();
		}
	} finally {
		source.close();
	}
}

async function move(
	source: MoveSource,
	target: MoveTarget,
	onProgress: MoveOptions['onProgress'],
): Promise<MoveResult> {
	const ledgerId = await source.ledgerId();
	const before = await source.move();
	if (before?.finished === true) {
		if ((await target.found(ledgerId)) === 'finished') return { moved: 'before', rows: 0 };
		throw new LedgerError('LEDGER_MOVED', 'the rows of this file are in another database now');
	}
	if (before === undefined) await source.assertIdle();
	const begun = before !== undefined;
	const claim = await target.claim(ledgerId, await source.tables(), begun);
	await source.freeze();
	// Counted once nobody writes any more.
	const tables = await source.tables();
	if (claim !== 'finished') {
		for (const table of tables) await copy(source, target, table, onProgress);
		await target.finish(tables);
	}
	await source.finish();
	const rows = tables.find(({ name }) => name === 'issuances')?.rows ?? 0;
	return claim === 'finished' ? { moved: 'before', rows: 0 } : { moved: 'now', rows };
}

async function copy(
	source: MoveSource,
	target: MoveTarget,
	table: MovedTable,
	onProgress: MoveOptions['onProgress'],
): Promise<void> {
	const { name, rows } = table;
	let after = await target.arrived(table);
	let done = after === undefined ? 0 : await source.countUpTo(table, after);
	for (;;) {
		const batch = await source.batch(table, after, BATCH);
		if (batch.count === 0) break;
		await target.take(table, batch);
		after = batch.last;
		done += batch.count;
		await onProgress?.({ table: name, done, of: rows });
	}
}
