import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import type { Ledger } from '../../../ledger/Ledger';
import { openPostgresLedger } from '../../../ledger/postgres/openPostgresLedger';
import { openSqliteLedger } from '../../../ledger/sqlite/openSqliteLedger';
import { startPostgres, type TestPostgres } from '../../support/postgres';
import type { ContractStore, Found } from './contract/store';

/** One of the two stores; all that is tested on one is tested on the other through this. */
export interface StoreKind {
	readonly name: 'SQLite' | 'PostgreSQL';
	/** Starts what the stores live on, once for many of them. @returns how to end it */
	readonly setUp: () => Promise<() => Promise<void>>;
	/** Makes an empty store. */
	readonly open: () => Promise<ContractStore>;
}

/** What both have in common: several ledgers on one store, and one clock for them. */
async function storeOf(
	openLedger: (clockOffsetMs: () => number) => Promise<Ledger>,
	{ sql, lock }: Pick<ContractStore, 'sql' | 'lock'>,
	remove: () => Promise<void>,
): Promise<ContractStore> {
	let offset = 0;
	const opened: Ledger[] = [];
	const another = async () => {
		const ledger = await openLedger(() => offset);
		opened.push(ledger);
		return ledger;
	};
	const closeAll = async () => {
		await Promise.all(opened.splice(0).map((ledger) => ledger.close()));
	};
	let ledger = await another();
	return {
		get ledger() {
			return ledger;
		},
		another,
		reopen: async () => {
			await closeAll();
			ledger = await another();
		},
		advance: (ms) => {
			offset += ms;
		},
		now: () => Date.now() + offset,
		sql,
		lock,
		destroy: async () => {
			await closeAll();
			await remove();
		},
	};
}

const nothing = async () => {
	await Promise.resolve();
};
const nothingToStart = async () => await Promise.resolve(nothing);

/** A file in a folder of its own. */
export const SQLITE: StoreKind = {
	name: 'SQLite',
	setUp: nothingToStart,
	open: async () => {
		const folder = await mkdtemp(join(tmpdir(), 'moca-air-ledger-'));
		const file = join(folder, 'ledger.sqlite');
		let other: DatabaseSync | undefined;
		return await storeOf(
			async (clockOffsetMs) => (await openSqliteLedger({ file, clockOffsetMs })).ledger,
			{
				sql: async (statement, ...values) => {
					if (other === undefined) {
						other = new DatabaseSync(file, { timeout: 10_000 });
						other.exec('PRAGMA synchronous = OFF');
					}
					const named = Object.fromEntries(values.map((value, i) => [`$${i + 1}`, value]));
					return await Promise.resolve(other.prepare(statement).all(named));
				},
				lock: async () => {
					const holder = new DatabaseSync(file, { timeout: 10_000 });
					holder.exec('BEGIN IMMEDIATE');
					const letGo = async () => {
						holder.exec('COMMIT');
						holder.close();
						await Promise.resolve();
					};
					return await Promise.resolve(letGo);
				},
			},
			async () => {
				other?.close();
				await rm(folder, { recursive: true, force: true });
			},
		);
	},
};

async function connect(url: string): Promise<Client> {
	const client = new Client(url);
	await client.connect();
	await client.query('SET search_path = moca_air');
	return client;
}

let server: TestPostgres | undefined;
/** With empty tables: making them, and the database, takes longer than most tests. */
const unused: { readonly url: string; readonly client: Client }[] = [];

/** A database without rows on one server, which `setUp` starts. */
export const POSTGRES: StoreKind = {
	name: 'PostgreSQL',
	setUp: async () => {
		const started = await startPostgres();
		server = started;
		return async () => {
			server = undefined;
			await Promise.all(unused.splice(0).map(({ client }) => client.end()));
			await started.stop();
		};
	},
	open: async () => {
		if (server === undefined) throw new Error('PostgreSQL was not set up');
		const { url, client } = unused.pop() ?? (await make(server));
		return await storeOf(
			async (clockOffsetMs) => await openPostgresLedger({ url, clockOffsetMs }),
			{
				sql: async (statement, ...values) => {
					return (await client.query<Found>(statement, [...values])).rows;
				},
				lock: async (id) => {
					const holder = await connect(url);
					await holder.query('BEGIN');
					await holder.query('SELECT 1 FROM issuances WHERE id = $1 FOR UPDATE', [id]);
					return async () => {
						await holder.query('COMMIT');
						await holder.end();
					};
				},
			},
			async () => {
				await client.query(EMPTY);
				unused.push({ url, client });
			},
		);
	},
};

/** All tables but those with what is known from the beginning: the version, and which ledger it is. */
const EMPTY = `DO $$ BEGIN EXECUTE (
	SELECT 'TRUNCATE ' || string_agg('moca_air.' || tablename, ', ') || ' RESTART IDENTITY'
	FROM pg_tables WHERE schemaname = 'moca_air' AND tablename NOT IN ('versions', 'identity')
); END $$`;

async function make(postgres: TestPostgres): Promise<(typeof unused)[number]> {
	const url = postgres.urlFor({ database: await postgres.freshDatabase() });
	return { url, client: await connect(url) };
}

export const STORES: readonly StoreKind[] = [SQLITE, POSTGRES];
