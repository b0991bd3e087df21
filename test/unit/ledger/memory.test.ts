import type { Ledger } from '../../../ledger/Ledger';
import { openMemoryLedger } from '../../../ledger/sqlite/openMemoryLedger';
import { answer, issue, REALM, request, start } from './contract/requests';

/** What stands in for the ledger where it is off; its rules are those of the contract. */

let ledger: Ledger;
afterEach(async () => {
	await ledger.close();
});

test('the oldest rows are forgotten, and none whose attempt is under way', async () => {
	ledger = await openMemoryLedger(200);
	const first = await start(ledger, { idempotencyKey: 'under way', recipient: 'x@example.com' });
	for (let i = 0; i < 1_000; i++) {
		const key = { idempotencyKey: `key-${i}`, recipient: `${i}@example.com` };
		await ledger.answered(await start(ledger, key), answer(`hash-${i}`));
	}
	const rows = await ledger.list({ limit: 2_000 });
	expect(rows.length).toBeLessThanOrEqual(301);
	const keys = rows.map(({ idempotencyKey }) => idempotencyKey);
	const newest = Array.from({ length: rows.length - 1 }, (_, i) => `key-${999 - i}`);
	expect(keys).toEqual([...newest, 'under way']);
	await ledger.answered(first, answer('late'));
	expect(await ledger.find(REALM, { coreClaimHash: 'late' })).toMatchObject({ id: 1 });
});

test('two ledgers in one process know nothing about each other', async () => {
	ledger = await openMemoryLedger();
	await issue(ledger, 'hash-1');
	const other = await openMemoryLedger();
	expect(await other.totals()).toEqual({});
	await other.close();
	expect(await ledger.totals()).toEqual({ submitted: 1 });
});

test('another key of the same execution is given its rows: there is nobody else', async () => {
	ledger = await openMemoryLedger();
	await issue(ledger, 'hash-1');
	const asked = request({ keyThumbprint: 'another' });
	// So that AIR is not asked about it in each execution.
	expect(await ledger.keyAcceptance(REALM, 'another')).toEqual({ ageMs: 0, refused: false });
	expect((await ledger.begin(asked)).outcome).toBe('answered');
});
