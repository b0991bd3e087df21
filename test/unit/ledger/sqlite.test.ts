import { mkdtemp, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ledger } from '../../../ledger/Ledger';
import { openSqliteLedger } from '../../../ledger/sqlite/openSqliteLedger';
import { ledgerContract } from './contract';
import type { ContractStore } from './contract/store';

ledgerContract('SQLite', async (): Promise<ContractStore> => {
	const folder = await mkdtemp(join(tmpdir(), 'moca-air-ledger-'));
	let offset = 0;
	let open: Ledger[] = [];
	const another = async () => {
		const { ledger } = await openSqliteLedger({
			file: join(folder, 'ledger.sqlite'),
			clockOffsetMs: () => offset,
		});
		open.push(ledger);
		return ledger;
	};
	const closeAll = async () => {
		await Promise.all(open.map((ledger) => ledger.close()));
		open = [];
	};
	let ledger = await another();
	let other: DatabaseSync | undefined;
	const sql: ContractStore['sql'] = async (statement, ...values) => {
		other ??= new DatabaseSync(join(folder, 'ledger.sqlite'), { timeout: 10_000 });
		const named = Object.fromEntries(values.map((value, i) => [`$${i + 1}`, value]));
		return await Promise.resolve(other.prepare(statement).all(named));
	};
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
		sql,
		destroy: async () => {
			other?.close();
			await closeAll();
			await rm(folder, { recursive: true, force: true });
		},
	};
});
