import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Ledger } from '../../../ledger/Ledger';
import { openPostgresLedger } from '../../../ledger/postgres/openPostgresLedger';
import { openSqliteLedger } from '../../../ledger/sqlite/openSqliteLedger';
import { startPostgres } from '../../support/postgres';
import type { Work } from './worker';

/** Longer than any lease. */
const LATER_MS = 10 * 60_000;

export const STORES = ['SQLite', 'PostgreSQL'] as const;
export type Store = (typeof STORES)[number];

/** A ledger that several processes use; its clock is ahead in this one. */
export interface Shared {
	readonly store: Work['store'];
	readonly ledger: Ledger;
	readonly sql: (statement: string) => Promise<Record<string, unknown>[]>;
	readonly later: () => void;
}

export interface SharedLedgers {
	/** Makes an empty one. */
	open(store: Store): Promise<Shared>;
	remove(): Promise<void>;
}

/** Starts what they live on. */
export async function sharedLedgers(): Promise<SharedLedgers> {
	const folder = mkdtempSync(join(tmpdir(), 'moca-air-shared-'));
	const postgres = await startPostgres();

	async function sqlite(clockOffsetMs: () => number): Promise<Omit<Shared, 'later'>> {
		const file = join(folder, randomUUID(), 'ledger.sqlite');
		const { ledger } = await openSqliteLedger({ file, clockOffsetMs });
		const sql = async (statement: string) => {
			const database = new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
			const found = database.prepare(statement).all();
			database.close();
			return await Promise.resolve(found);
		};
		return { store: { file }, ledger, sql };
	}

	async function postgresql(clockOffsetMs: () => number): Promise<Omit<Shared, 'later'>> {
		const database = await postgres.freshDatabase();
		const url = postgres.urlFor({ database });
		const sql = async (statement: string) =>
			await postgres.sql(statement.replace('FROM ', 'FROM moca_air.'), database);
		return { store: { url }, ledger: await openPostgresLedger({ url, clockOffsetMs }), sql };
	}

	return {
		open: async (store) => {
			let offset = 0;
			const opened = await (store === 'SQLite' ? sqlite : postgresql)(() => offset);
			const later = () => {
				offset += LATER_MS;
			};
			return { ...opened, later };
		},
		remove: async () => {
			await postgres.stop();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}
