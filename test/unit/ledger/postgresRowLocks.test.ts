import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Ledger } from '../../../ledger/Ledger';
import { openPostgresLedger } from '../../../ledger/postgres/openPostgresLedger';
import { startPostgres, type TestPostgres } from '../../support/postgres';
import { ALL, KEY } from './contract/feed';
import {
	answer,
	CONFIRMED,
	DAY,
	issue,
	MINUTE,
	PENDING,
	REALM,
	request,
	start,
} from './contract/requests';

/**
 * Each operation decides on a row that it holds: what somebody else writes at that moment is seen, or
 * waited for, and never written over. Somebody else has changed the row and not yet committed when the
 * operation begins, and commits when it waits.
 */

// Starts and databases take their time on a busy machine.
jest.setTimeout(120_000);

let postgres: TestPostgres;
let ledger: Ledger;
let other: Client;
let database: string;
let offset = 0;

beforeAll(async () => {
	postgres = await startPostgres();
}, 120_000);
afterAll(async () => {
	await postgres.stop();
}, 120_000);

beforeEach(async () => {
	offset = 0;
	database = await postgres.freshDatabase();
	const url = postgres.urlFor({ database });
	ledger = await openPostgresLedger({ url, clockOffsetMs: () => offset });
	other = new Client(url);
	await other.connect();
	await other.query('SET search_path = moca_air');
});
afterEach(async () => {
	await other.end();
	await ledger.close();
});

/** @returns whether somebody waits for a lock in this database */
async function isWaiting(): Promise<boolean> {
	const found = await postgres.sql(
		`SELECT 1 FROM pg_stat_activity WHERE datname = '${database}' AND wait_event_type = 'Lock'`,
	);
	return found.length > 0;
}

/**
 * Lets somebody else change rows, and commit only when the operation waits for them or is over.
 *
 * @returns what the operation gave
 */
async function whileChanged<T>(change: readonly string[], operation: () => Promise<T>): Promise<T> {
	await other.query('BEGIN');
	for (const statement of change) await other.query(statement);
	const over = new AbortController();
	const result = operation().finally(() => {
		over.abort();
	});
	// Told at the end; until then nobody is to call it unhandled.
	result.catch(() => undefined);
	const deadline = performance.now() + 20_000;
	while (!over.signal.aborted && !(await isWaiting()) && performance.now() < deadline)
		await sleep(5);
	await other.query('COMMIT');
	return await result;
}

const CONFIRM = `UPDATE issuances SET state = 'confirmed', vc_status = 'ONCHAIN', confirmed_at = 1,
	next_check_at = NULL`;
/** AIR's answer to an attempt, as another process records it. */
const answeredAs = (hash: string, attempt: number) => [
	`UPDATE attempts SET outcome = 'accepted', core_claim_hash = '${hash}', ended_at = started_at
		WHERE number = ${attempt}`,
	`UPDATE issuances SET state = 'submitted', core_claim_hash = '${hash}', answered_at = updated_at,
		lease_until = NULL, pending_since = updated_at`,
];

const only = async () => {
	const [row] = await ledger.list({ limit: 1 });
	return row;
};

test('observed: a confirmation that comes in between is not taken back', async () => {
	await issue(ledger, 'h1');
	const rows = await whileChanged([CONFIRM], () => ledger.observed(REALM, 'h1', PENDING));
	expect(rows).toMatchObject([{ state: 'confirmed', vcStatus: 'ONCHAIN' }]);
	expect(await only()).toMatchObject({ state: 'confirmed', vcStatus: 'ONCHAIN' });
});

test('missing: what is confirmed in between is not condemned', async () => {
	await issue(ledger, 'h1');
	const miss = { nextCheckMs: 0, condemnAfterMs: 0 };
	await whileChanged([CONFIRM], () => ledger.missing(REALM, 'h1', miss));
	expect(await only()).toMatchObject({ state: 'confirmed', reason: null });
	expect(await ledger.events(0, 9)).toEqual([]);
});

test('failed: an answer that is recorded in between stays', async () => {
	const attempt = await start(ledger);
	const row = await whileChanged(answeredAs('h1', 1), () =>
		ledger.failed(attempt, { outcome: 'unknown', reason: 'AIR_TIMEOUT' }),
	);
	expect(row).toMatchObject({ state: 'submitted', coreClaimHash: 'h1' });
	expect(row.attempts).toMatchObject([{ outcome: 'accepted', coreClaimHash: 'h1' }]);
});

test('answered: a later attempt’s answer that is recorded in between stands', async () => {
	const slow = await start(ledger);
	offset += MINUTE;
	await start(ledger, { repeatUnknown: true });
	await whileChanged(answeredAs('fast', 2), () => ledger.answered(slow, answer('slow')));
	const row = await only();
	expect(row).toMatchObject({ state: 'submitted', coreClaimHash: 'fast' });
	expect(row?.attempts.map(({ coreClaimHash }) => coreClaimHash)).toEqual(['slow', 'fast']);
});

test('begin: the one that starts the row again in between is the only one', async () => {
	const first = await start(ledger);
	await ledger.failed(first, { outcome: 'rejected', reason: 'AIR_X' });
	const began = [
		`UPDATE issuances SET state = 'sending', attempt = 2, lease_until = updated_at + ${DAY}`,
		`INSERT INTO attempts (issuance_id, number, started_at, outcome)
			SELECT id, 2, updated_at, 'open' FROM issuances`,
	];
	const begun = await whileChanged(began, () => ledger.begin(request()));
	expect(begun).toMatchObject({ outcome: 'busy', row: { attempt: 2 } });
});

test('begin: a late answer in between is replayed, although the lease has run out', async () => {
	await start(ledger);
	offset += MINUTE;
	const begun = await whileChanged(answeredAs('h1', 1), () =>
		ledger.begin(request({ repeatUnknown: true })),
	);
	expect(begun).toMatchObject({ outcome: 'answered', row: { coreClaimHash: 'h1' } });
});

test('begin: one that waits for another with the same key has a whole lease after that', async () => {
	await other.query('BEGIN');
	const { realm, program, idempotencyKey } = request();
	await other.query(
		`INSERT INTO issuances (realm, program, idempotency_key, recipient, issuer_did, subject_hmac,
			key_thumbprint, instance, workflow_id, execution_id, node_id, state, attempt, state_at,
			created_at, updated_at)
		VALUES ($1, $2, $3, '', '', '', '', '', '', '', '', 'sending', 1, 0, 0, 0)`,
		[realm, program, idempotencyKey],
	);
	const begun = start(ledger, { leaseMs: 500 });
	while (!(await isWaiting())) await sleep(5);
	await sleep(800);
	const since = Date.now();
	// The other one came to nothing.
	await other.query('ROLLBACK');
	expect(await begun).toMatchObject({ attempt: 1 });
	const row = await only();
	expect(row?.leaseUntil).toBeGreaterThanOrEqual(since + 500 - 1);
	for (const at of [row?.createdAt, row?.updatedAt, row?.attempts[0]?.startedAt]) {
		expect(at).toBeGreaterThanOrEqual(since - 1);
	}
});

test('delayed: what is confirmed in between is not told as delayed', async () => {
	await issue(ledger, 'h1');
	offset += 10 * MINUTE;
	const query = { realm: REALM, minutes: 5, start: 'beginning', limit: 10 } as const;
	await whileChanged([CONFIRM], () => ledger.appendDelayed(query));
	const { events } = await ledger.feed({ ...ALL, types: ['delayed'], after: 0, limit: 9 });
	expect(events).toEqual([]);
});

test('claiming: what somebody claims at this moment is left to him', async () => {
	await issue(ledger, 'h1');
	const claimed = [`UPDATE issuances SET claimed_until = updated_at + ${DAY}`];
	const query = { realm: REALM, limit: 5, leaseMs: MINUTE };
	expect(await whileChanged(claimed, () => ledger.claimDue(query))).toEqual([]);
});

test('superseding: what becomes unusable in between is not superseded', async () => {
	await issue(ledger, 'h1', { idempotencyKey: 'old' });
	offset += MINUTE;
	const attempt = await start(ledger, { idempotencyKey: 'new' });
	const unusable = ["UPDATE issuances SET state = 'unusable' WHERE core_claim_hash = 'h1'"];
	const recorded = await whileChanged(unusable, () =>
		ledger.answered(attempt, answer('h2', { supersedes: true })),
	);
	expect(recorded).toMatchObject({ superseded: 0 });
	expect(await ledger.find(REALM, { coreClaimHash: 'h1' })).toMatchObject({ state: 'unusable' });
});

describe('retention passes what somebody is writing at this moment', () => {
	const days = { realm: REALM, finishedDays: 90, openDays: 180, limit: 10 };

	test('an answer to an attempt whose lease has run out', async () => {
		await start(ledger);
		offset += MINUTE;
		await whileChanged(answeredAs('h1', 1), () => ledger.prune(days));
		expect(await only()).toMatchObject({ state: 'submitted', coreClaimHash: 'h1' });
	});

	test('a confirmation of what has waited for too long', async () => {
		await issue(ledger, 'h1');
		offset += 181 * DAY;
		await whileChanged([CONFIRM], () => ledger.prune(days));
		expect(await only()).toMatchObject({ state: 'confirmed' });
		expect(await ledger.events(0, 9)).toEqual([]);
	});

	test('a refused row that starts again', async () => {
		await ledger.failed(await start(ledger), { outcome: 'rejected', reason: 'AIR_X' });
		offset += 91 * DAY;
		const again = [
			`UPDATE issuances SET state = 'sending', lease_until = updated_at + ${200 * DAY}`,
		];
		await whileChanged(again, () => ledger.prune(days));
		expect(await only()).toMatchObject({ state: 'sending' });
	});
});

test('a cursor that somebody polls in between was polled before', async () => {
	await ledger.openCursor(KEY, 'now');
	const polled = ['UPDATE cursors SET polled_at = 7'];
	const found = await whileChanged(polled, () => ledger.openCursor(KEY, 'now'));
	expect(found.lastPolledAt).toBe(7);
});

test('two who move one cursor at once: it goes forward', async () => {
	await ledger.openCursor(KEY, 'now');
	const moved = ['UPDATE cursors SET delivered = 9, offered = 9'];
	await whileChanged(moved, () => ledger.moveCursor(KEY, { delivered: 4 }));
	expect(await ledger.openCursor(KEY, 'now')).toMatchObject({ delivered: 9, offered: 9 });
});

test('erasing a person waits for writers of this moment, and nothing of them is left', async () => {
	const attempt = await start(ledger);
	await whileChanged(answeredAs('h1', 1), () => ledger.forget('ada@example.com'));
	expect(await ledger.totals()).toEqual({});
	await expect(ledger.answered(attempt, answer('h1'))).rejects.toMatchObject({
		code: 'LEDGER_NOT_WRITABLE',
	});
});

test('many answers and observations of the same rows at once: none is lost, none taken back', async () => {
	const second = await openPostgresLedger({ url: postgres.urlFor({ database }) });
	try {
		for (let round = 0; round < 20; round++) {
			const key = { idempotencyKey: `key-${round}`, recipient: `${round}@example.com` };
			const hash = `hash-${round}`;
			await ledger.answered(await start(ledger, key), answer(hash));
			await Promise.all([
				second.observed(REALM, hash, CONFIRMED),
				...[1, 2, 3].flatMap(() => [
					ledger.observed(REALM, hash, PENDING),
					second.missing(REALM, hash, { nextCheckMs: 0, condemnAfterMs: DAY }),
				]),
			]);
			expect(await ledger.find(REALM, { coreClaimHash: hash })).toMatchObject({
				state: 'confirmed',
				vcStatus: 'ONCHAIN',
				vcId: 'vc-1',
			});
		}
	} finally {
		await second.close();
	}
});
