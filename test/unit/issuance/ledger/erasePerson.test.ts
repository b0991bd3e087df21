import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lookUpPerson } from '../../../../issuance/ledger/erasePerson';
import type { Ledger } from '../../../../ledger/Ledger';
import { openSqliteLedger } from '../../../../ledger/sqlite/openSqliteLedger';
import { DAY, issue, MINUTE, REALM, RETENTION, start } from '../../ledger/contract/requests';

let folder: string;
let ledger: Ledger;
/** By how much the store's clock is behind. */
let agoMs = 0;

beforeEach(async () => {
	agoMs = 0;
	folder = mkdtempSync(join(tmpdir(), 'moca-air-erase-'));
	const file = join(folder, 'ledger.sqlite');
	ledger = (await openSqliteLedger({ file, clockOffsetMs: () => -agoMs })).ledger;
});

afterEach(async () => {
	await ledger.close();
	rmSync(folder, { recursive: true, force: true });
});

/** An attempt whose outcome is unknown. @returns the row */
async function lost(idempotencyKey: string): Promise<number> {
	const attempt = await start(ledger, { idempotencyKey });
	await ledger.failed(attempt, { outcome: 'unknown', reason: 'AIR_TIMEOUT' });
	return attempt.issuanceId;
}

test('counts each outcome that nobody knows, and what is held', async () => {
	agoMs = 200 * DAY;
	await lost('given up as unknown');
	await issue(ledger, 'hash-1', { idempotencyKey: 'given up as submitted' });
	agoMs = 0;
	await ledger.prune(RETENTION);
	expect(await ledger.totals()).toEqual({ abandoned: 2 });
	agoMs = 10 * MINUTE;
	await start(ledger, { idempotencyKey: 'never answered' });
	agoMs = 0;
	await lost('unknown');
	await ledger.settle({
		realm: REALM,
		issuanceId: await lost('to be sent again'),
		seen: { state: 'unknown', attempt: 1 },
		as: { outcome: 'send-again' },
		by: { instance: '', workflowId: '', executionId: '' },
		note: null,
	});
	const refused = await start(ledger, { idempotencyKey: 'refused' });
	await ledger.failed(refused, { outcome: 'rejected', reason: 'AIR_X' });
	await issue(ledger, 'hash-2', { idempotencyKey: 'held' });
	expect(await lookUpPerson(ledger, 'ada@example.com', REALM)).toEqual([
		{ email: 'ada@example.com', rows: 7, held: 2, unknown: 4 },
	]);
});
