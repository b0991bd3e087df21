import { Client } from 'pg';
import type { Ledger } from '../../../ledger/Ledger';
import { openPostgresLedger } from '../../../ledger/postgres/openPostgresLedger';
import { startPostgres, type TestPostgres } from '../../support/postgres';
import { ledgerContract } from './contract';
import type { ContractStore, Found } from './contract/store';

// Starts, databases and name look-ups take their time on a busy machine.
jest.setTimeout(120_000);

let postgres: TestPostgres;

beforeAll(async () => {
	postgres = await startPostgres();
}, 120_000);

afterAll(async () => {
	await postgres.stop();
}, 120_000);

ledgerContract('PostgreSQL', async () => {
	const url = postgres.urlFor({ database: await postgres.freshDatabase() });
	let other: Client | undefined;
	const sql: ContractStore['sql'] = async (statement, ...values) => {
		if (other === undefined) {
			other = new Client(url);
			await other.connect();
			await other.query('SET search_path = moca_air');
		}
		return (await other.query<Found>(statement, [...values])).rows;
	};
	let offset = 0;
	const opened: Ledger[] = [];
	const open = async () => {
		const ledger = await openPostgresLedger({ url, clockOffsetMs: () => offset });
		opened.push(ledger);
		return ledger;
	};
	const closeAll = async () => {
		await Promise.all(opened.splice(0).map((ledger) => ledger.close()));
	};
	let ledger = await open();
	return {
		get ledger() {
			return ledger;
		},
		another: open,
		reopen: async () => {
			await closeAll();
			ledger = await open();
		},
		advance: (ms) => {
			offset += ms;
		},
		sql,
		destroy: async () => {
			await other?.end();
			await closeAll();
		},
	};
});
