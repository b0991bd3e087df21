import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AirClient, type AirIdentity } from '../../../air/AirClient';
import { AirError } from '../../../errors/AirError';
import { importPrivateKey } from '../../../air/keys/privateKey';
import { LedgerSession } from '../../../issuance/session/LedgerSession';
import { checkDue } from '../../../issuance/watch/checkDue';
import type { Ledger } from '../../../ledger/Ledger';
import { openSqliteLedger } from '../../../ledger/sqlite/openSqliteLedger';
import { makeKey } from '../../support/keys';
import { issue } from '../ledger/contract/requests';

/** What goes by a clock of its own, whatever the clock of the machine says. */
const HOUR_MS = 3_600_000;

let folder: string;
let ledger: Ledger;
let identity: AirIdentity;
/** What has been done to the clock of the machine, and what has passed in truth. */
let set = 0;
let passed = 0;
let storeOffset = 0;

beforeAll(async () => {
	identity = {
		baseUrl: 'https://air.example.com/v1',
		partnerId: 'partner',
		kid: 'partner',
		key: await importPrivateKey(makeKey().pem),
		scope: 'issue on-behalf',
		lifetimeSeconds: 300,
	};
});

beforeEach(async () => {
	[set, passed, storeOffset] = [0, 0, 0];
	const wall = Date.now.bind(Date);
	const elapsed = performance.now.bind(performance);
	jest.spyOn(Date, 'now').mockImplementation(() => wall() + passed + set);
	jest.spyOn(performance, 'now').mockImplementation(() => elapsed() + passed);
	folder = mkdtempSync(join(tmpdir(), 'moca-air-clock-'));
	const opened = await openSqliteLedger({
		file: join(folder, 'ledger.sqlite'),
		clockOffsetMs: () => storeOffset,
	});
	({ ledger } = opened);
});

afterEach(async () => {
	await ledger.close();
	rmSync(folder, { recursive: true, force: true });
	jest.restoreAllMocks();
});

const memory = (client = new AirClient(identity)) =>
	new LedgerSession({
		ledger,
		client,
		origin: { instance: 'n8n', workflowId: 'w', executionId: '1', nodeId: 'n' },
		ownExecutions: { ids: ['1'], began: undefined },
		retentionDays: 90,
		log: () => undefined,
	});

test.each([
	['back', -24 * HOUR_MS],
	['forward', 24 * HOUR_MS],
])('retention is applied once an hour, though the clock is set %s', async (_way, jump) => {
	const prune = jest.spyOn(ledger, 'prune');
	await ledger.acceptKey(memory().realm, identity.key.thumbprint);
	await memory().end();
	const once = prune.mock.calls.length;
	expect(once).toBeGreaterThan(0);
	set = jump;
	await memory().end();
	expect(prune).toHaveBeenCalledTimes(once);
	passed = HOUR_MS + 1_000;
	await memory().end();
	expect(prune.mock.calls.length).toBeGreaterThan(once);
});

test.each([
	['back', -24 * HOUR_MS],
	['forward', 24 * HOUR_MS],
])(
	'a fresh issuance is asked about again within a minute, though the clock is set %s',
	async (_way, jump) => {
		const client = new AirClient(identity);
		const asked = jest
			.spyOn(client, 'getStatus')
			.mockImplementation(async () => await Promise.resolve({ vcStatus: 'WAIT_ONCHAIN' }));
		const watcher = memory(client);
		await issue(ledger, 'hash', {
			realm: watcher.realm,
			idempotencyKey: 'e1',
			recipient: 'ada@example.com',
		});
		set = jump;
		const settings = { maxCalls: 10, withinMs: 10_000, requestTimeoutMs: 5_000 };
		storeOffset = 40_000;
		await checkDue(watcher, settings);
		expect(asked).toHaveBeenCalledTimes(1);
		storeOffset += 60_000;
		await checkDue(watcher, settings);
		expect(asked).toHaveBeenCalledTimes(2);
	},
);

test('an issuance that has been pending for days is not asked about every second, though the clock is set back', async () => {
	const client = new AirClient(identity);
	const asked = jest
		.spyOn(client, 'getStatus')
		.mockImplementation(async () => await Promise.reject(new AirError('AIR_TIMEOUT')));
	const watcher = memory(client);
	await issue(ledger, 'hash', {
		realm: watcher.realm,
		idempotencyKey: 'e1',
		recipient: 'ada@example.com',
	});
	const settings = { maxCalls: 10, withinMs: 10_000, requestTimeoutMs: 5_000 };
	const poll = async () => await checkDue(watcher, settings);
	storeOffset = 24 * HOUR_MS;
	await poll();
	storeOffset += 11 * 60_000;
	await poll();
	set = -48 * HOUR_MS;
	storeOffset += 11 * 60_000;
	await poll();
	const before = asked.mock.calls.length;
	storeOffset += 60_000;
	await poll();
	expect(asked.mock.calls.length).toBe(before);
});
