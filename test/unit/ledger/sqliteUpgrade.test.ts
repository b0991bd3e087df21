import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openSqliteLedger } from '../../../ledger/sqlite/openSqliteLedger';
import { CONFIRMED, issue, MINUTE, request, SCOPE, start } from './contract/requests';

/** A ledger that the first version of the tables has made is taken over by this one. */
const APPLICATION_ID = 0x4d4f4341;
const TABLES = ['issuances', 'attempts', 'events', 'accepted_keys'];

let folder: string;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-upgrade-'));
});

afterEach(() => {
	rmSync(folder, { recursive: true, force: true });
});

const columnsOf = (database: DatabaseSync, schema: string, table: string) =>
	database
		.prepare(`SELECT name FROM pragma_table_xinfo('${table}', '${schema}') WHERE hidden = 0`)
		.all()
		.map(({ name }) => String(name));

/** The same rows in tables of version 1, as it would have left them. */
function asVersion1(current: string, file: string): void {
	const database = new DatabaseSync(file);
	database.exec(readFileSync(join(__dirname, 'version1.sql'), 'utf8'));
	database.exec(`PRAGMA application_id = ${String(APPLICATION_ID)}; PRAGMA user_version = 1`);
	database.exec(`ATTACH '${current}' AS later`);
	for (const table of TABLES) {
		const columns = columnsOf(database, 'main', table).join(', ');
		database.exec(`INSERT INTO main.${table} (${columns}) SELECT ${columns} FROM later.${table}`);
	}
	database.exec('DETACH later');
	database.close();
}

test('nothing that was issued is issued again, and what is pending is asked about', async () => {
	const before = join(folder, 'before.sqlite');
	const file = join(folder, 'moca-air', 'ledger.sqlite');
	const { ledger: old } = await openSqliteLedger({ file: before });
	await issue(old, 'hash-pending', { idempotencyKey: 'pending' });
	await issue(old, 'hash-confirmed', { idempotencyKey: 'confirmed' });
	await old.observed(SCOPE, 'hash-confirmed', CONFIRMED);
	await start(old, { idempotencyKey: 'sending', leaseMs: MINUTE });
	const totals = await old.totals();
	await old.close();
	mkdirSync(join(folder, 'moca-air'));
	asVersion1(before, file);

	const { ledger, createdNow } = await openSqliteLedger({ file });
	expect(createdNow).toBe(false);
	expect(await ledger.totals()).toEqual(totals);
	for (const key of ['pending', 'confirmed']) {
		expect(await ledger.begin(request({ idempotencyKey: key }))).toMatchObject({
			outcome: 'answered',
			row: { coreClaimHash: `hash-${key}` },
		});
	}
	expect(await ledger.begin(request({ idempotencyKey: 'sending' }))).toMatchObject({
		outcome: 'busy',
	});
	const due = await ledger.claimDue({ scope: SCOPE, limit: 10, leaseMs: MINUTE });
	expect(due.map(({ coreClaimHash }) => coreClaimHash)).toEqual(['hash-pending']);
	await ledger.observed(SCOPE, 'hash-pending', CONFIRMED);
	expect(await ledger.totals()).toMatchObject({ confirmed: 2 });
	await ledger.close();
	const database = new DatabaseSync(file);
	expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 2 });
	database.close();
});
