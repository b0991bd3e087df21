import { isWhole } from '../../../../ledger/assertRow';
import type { Ledger, LedgerRow } from '../../../../ledger/Ledger';
import { ALL, KEY } from './feed';
import {
	answer,
	CONFIRMED,
	DAY,
	HOUR,
	issue,
	issueMany,
	MINUTE,
	PENDING,
	PROGRAM,
	REALM,
	seen,
	start,
	RETENTION,
} from './requests';
import type { GetStore } from './store';

const DUE = { realm: REALM, limit: 10, leaseMs: MINUTE };
const REJECTED = { outcome: 'rejected', reason: 'AIR_X' } as const;
const UNKNOWN = { outcome: 'unknown', reason: 'AIR_TIMEOUT' } as const;

/** Beyond the last moment that a `Date` can be. */
const NO_TIME = 2n ** 62n;

const rowOf = async (ledger: Ledger, idempotencyKey = 'key-1'): Promise<LedgerRow> => {
	const row = await ledger.find(REALM, { program: PROGRAM, idempotencyKey });
	if (row === undefined) throw new Error(`there is no row for ${idempotencyKey}`);
	return row;
};

/**
 * Each of these was once answered in one way by SQLite and in another by PostgreSQL: two stores that
 * are two programs drift apart wherever nobody looks.
 */
export function drifts(store: GetStore): void {
	describe('one answer on every store', () => {
		observing(store);
		damagedRows(store);
		endOfLease(store);
		startingAgain(store);
		orderOfRetention(store);
		firstTimes(store);
	});
}

function observing(store: GetStore): void {
	test('an answer that was overtaken on its way leaves the vcId of a confirmed row alone', async () => {
		const { ledger } = store();
		await issue(ledger, 'h1');
		await ledger.observed(REALM, 'h1', CONFIRMED);
		const late = seen('WAIT_ONCHAIN', 'pending', { vcId: 'vc-0' });
		const expected = { state: 'confirmed', vcStatus: 'ONCHAIN', vcId: 'vc-1' };
		expect(await ledger.observed(REALM, 'h1', late)).toMatchObject([expected]);
		expect(await rowOf(ledger)).toMatchObject(expected);
	});

	test('a superseded row keeps the last vcStatus and the vcId that came with it', async () => {
		const { ledger, advance } = store();
		await issue(ledger, 'h1', { idempotencyKey: 'a' });
		advance(1000);
		await issue(ledger, 'h2', { idempotencyKey: 'b' }, { supersedes: true });
		await ledger.observed(REALM, 'h1', seen('REMOVE', 'unusable', { vcId: 'vc-0' }));
		const expected = { state: 'superseded', vcStatus: 'REMOVE', vcId: 'vc-0' };
		expect(await rowOf(ledger, 'a')).toMatchObject(expected);
	});

	test('rows with one hash are given back newest first', async () => {
		const { ledger } = store();
		for (const idempotencyKey of ['a', 'b', 'c']) await issue(ledger, 'h1', { idempotencyKey });
		const rows = await ledger.observed(REALM, 'h1', CONFIRMED);
		expect(rows.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['c', 'b', 'a']);
	});

	test('a question about a further issuance holds no row: no answer would release it', async () => {
		const { ledger, advance } = store();
		const slow = await start(ledger);
		advance(MINUTE);
		const fast = await start(ledger, { repeatUnknown: true });
		await ledger.answered(fast, answer('fast'));
		await ledger.answered(slow, answer('slow'));
		await ledger.hold(REALM, 'slow', HOUR);
		expect(await ledger.claimDue(DUE)).toMatchObject([{ coreClaimHash: 'fast' }]);
	});

	test('a row put off by a clock that was ahead is given out with the time of its claim', async () => {
		const { ledger, advance } = store();
		await issue(ledger, 'h1');
		await ledger.observed(REALM, 'h1', { ...PENDING, nextCheckMs: 10 * MINUTE });
		advance(-3 * HOUR);
		const [claimed] = await ledger.claimDue(DUE);
		expect(claimed).toEqual(await rowOf(ledger));
		expect(claimed?.nextCheckAt).toBeLessThan(Date.now());
	});

	test('a failure that is told about an attempt whose end is known changes nothing', async () => {
		const { ledger, advance } = store();
		const attempt = await start(ledger);
		await ledger.answered(attempt, answer('h1'));
		const before = await rowOf(ledger);
		advance(HOUR);
		expect(await ledger.failed(attempt, UNKNOWN)).toEqual(before);
		expect(await rowOf(ledger)).toEqual(before);

		const refused = await start(ledger, { idempotencyKey: 'key-2' });
		const rejected = await ledger.failed(refused, REJECTED);
		advance(HOUR);
		expect(await ledger.failed(refused, UNKNOWN)).toEqual(rejected);
	});

	test('what happened to an erased row is said in the same words', async () => {
		const { ledger } = store();
		const attempt = await start(ledger);
		await ledger.forget('ada@example.com');
		const erased = {
			code: 'LEDGER_NOT_WRITABLE',
			detail: 'the row of this attempt was erased meanwhile',
		};
		await expect(ledger.answered(attempt, answer('h1'))).rejects.toMatchObject(erased);
		await expect(ledger.failed(attempt, UNKNOWN)).rejects.toMatchObject(erased);
	});
}

function damagedRows(store: GetStore): void {
	const damage = async (column: string, value: bigint | string, hash: string) => {
		await store().sql(
			`UPDATE issuances SET ${column} = $1 WHERE core_claim_hash = $2`,
			value,
			hash,
		);
	};
	const query = { ...ALL, types: ['confirmed'], after: 0, limit: 100 } as const;

	test.each([
		['created_at', NO_TIME],
		['confirmed_at', -NO_TIME],
		['state', 'astonished'],
	])(
		'%s of a row means nothing: the feed gives it out as it is, and all others',
		async (column, value) => {
			const { ledger } = store();
			await issueMany(ledger, 3);
			for (const i of [0, 1, 2]) await ledger.observed(REALM, `hash-${i}`, CONFIRMED);
			await damage(column, value, 'hash-1');
			const { events } = await ledger.feed(query);
			expect(events.map(({ row }) => [row.coreClaimHash, isWhole(row)])).toEqual([
				['hash-0', true],
				['hash-1', false],
				['hash-2', true],
			]);
			expect(await ledger.newestInFeed(query)).toMatchObject({ row: { coreClaimHash: 'hash-2' } });
			await damage(column, value, 'hash-2');
			const newest = await ledger.newestInFeed(query);
			expect(newest?.row.coreClaimHash).toBe('hash-2');
			expect(newest === undefined || isWhole(newest.row)).toBe(false);
		},
	);

	test('a row that means nothing is claimed like others, so that anyone who asks can say so', async () => {
		const { ledger } = store();
		await issueMany(ledger, 3);
		await damage('created_at', NO_TIME, 'hash-1');
		const claimed = await ledger.claimDue(DUE);
		expect(claimed.map((row) => isWhole(row))).toEqual([true, false, true]);
	});

	test('retention passes a row that means nothing, and no other waits for it', async () => {
		const { ledger, advance, sql } = store();
		for (const key of ['a', 'b', 'c']) {
			await start(ledger, { idempotencyKey: key, recipient: `${key}@example.com` });
		}
		await sql("UPDATE issuances SET updated_at = $1 WHERE idempotency_key = 'a'", NO_TIME);
		advance(DAY);
		expect((await ledger.prune(RETENTION)).expired).toBeGreaterThanOrEqual(2);
		expect(await rowOf(ledger, 'b')).toMatchObject({ state: 'unknown' });
		expect(await rowOf(ledger, 'c')).toMatchObject({ state: 'unknown' });
	});

	test('a row whose state nobody knows goes with the finished ones', async () => {
		const { ledger, advance } = store();
		await issueMany(ledger, 2);
		await damage('state', 'astonished', 'hash-1');
		advance(91 * DAY);
		expect(await ledger.prune(RETENTION)).toMatchObject({ deleted: 1 });
		expect(await ledger.totals()).toEqual({ submitted: 1 });
	});
}

function endOfLease(store: GetStore): void {
	test('an earlier answer stands after a lease ran out: AIR is asked at once, by the present clock', async () => {
		const { ledger, advance } = store();
		const slow = await start(ledger);
		advance(MINUTE);
		await start(ledger, { repeatUnknown: true });
		await ledger.answered(slow, answer('slow', { nextCheckMs: 7 * DAY }));
		advance(DAY);
		await ledger.prune(RETENTION);
		const row = await rowOf(ledger);
		expect(row).toMatchObject({ state: 'submitted', coreClaimHash: 'slow' });
		// The lease is what ended then, and not the time at which somebody noticed.
		expect(row.updatedAt).toBe((row.attempts[1]?.startedAt ?? 0) + MINUTE);
		expect((row.nextCheckAt ?? 0) - row.createdAt).toBeGreaterThanOrEqual(DAY + MINUTE);
		expect(await ledger.claimDue(DUE)).toMatchObject([{ coreClaimHash: 'slow' }]);
	});
}

function startingAgain(store: GetStore): void {
	test('a row that starts again is neither due nor claimed, whatever was left in it', async () => {
		const { ledger, sql } = store();
		await ledger.failed(await start(ledger), REJECTED);
		await sql('UPDATE issuances SET next_check_at = 1, claimed_until = 2');
		expect(await start(ledger)).toMatchObject({ attempt: 2 });
		expect(await ledger.claimDue(DUE)).toEqual([]);
		const left = await sql('SELECT next_check_at, claimed_until FROM issuances');
		expect(left).toMatchObject([{ next_check_at: null, claimed_until: null }]);
	});
}

function orderOfRetention(store: GetStore): void {
	const ONE = { ...RETENTION, limit: 1 };
	const stateOf = async (idempotencyKey: string) =>
		(await store().ledger.list({ limit: 10 })).find((row) => row.idempotencyKey === idempotencyKey)
			?.state;
	// Before the other one by name, and after it in time: no index has them in the order that counts.
	const later = { realm: 'a realm', idempotencyKey: 'later', recipient: 'c@example.com' };

	test('the oldest finished row is deleted first', async () => {
		const { ledger, advance } = store();
		const attempt = await start(ledger, later);
		await ledger.failed(await start(ledger, { idempotencyKey: 'rejected' }), REJECTED);
		advance(HOUR);
		await ledger.answered(attempt, answer('h1'));
		await ledger.observed(later.realm, 'h1', CONFIRMED);
		advance(91 * DAY);
		expect(await ledger.prune(ONE)).toMatchObject({ deleted: 1 });
		expect(await stateOf('rejected')).toBeUndefined();
		expect(await stateOf('later')).toBe('confirmed');
	});

	test('the oldest of the open rows is given up first', async () => {
		const { ledger, advance } = store();
		await ledger.failed(await start(ledger, { idempotencyKey: 'unknown' }), UNKNOWN);
		advance(HOUR);
		await issue(ledger, 'h1', later);
		advance(181 * DAY);
		expect(await ledger.prune(ONE)).toMatchObject({ abandoned: 1 });
		expect(await stateOf('unknown')).toBe('abandoned');
		expect(await stateOf('later')).toBe('submitted');
	});

	test('the lease that ran out first ends first', async () => {
		const { ledger, advance } = store();
		await start(ledger, { idempotencyKey: 'long', leaseMs: HOUR });
		await start(ledger, { idempotencyKey: 'short', leaseMs: MINUTE });
		advance(DAY);
		expect(await ledger.prune(ONE)).toMatchObject({ expired: 1 });
		expect(await rowOf(ledger, 'short')).toMatchObject({ state: 'unknown' });
		expect(await rowOf(ledger, 'long')).toMatchObject({ state: 'sending' });
	});

	test('a later round of retention that takes newer events away says so, and an older one nothing', async () => {
		const { ledger, advance } = store();
		const confirm = async (key: string) => {
			const row = await issue(ledger, key, {
				idempotencyKey: key,
				recipient: `${key}@example.com`,
			});
			await ledger.observed(REALM, key, CONFIRMED);
			return row.id;
		};
		const upTo = async () => {
			const [found] = await store().sql('SELECT up_to FROM pruned WHERE realm = $1', REALM);
			return Number(found?.up_to ?? 0);
		};
		await ledger.openCursor(KEY, 'now');
		await confirm('a');
		advance(DAY);
		await confirm('b');
		const [, , , last] = await ledger.events(0, 10);
		advance(89 * DAY + HOUR);
		expect(await ledger.prune(RETENTION)).toMatchObject({ deleted: 1 });
		await ledger.moveCursor(KEY, { toldMissed: true });
		expect(await ledger.openCursor(KEY, 'now')).toMatchObject({ missed: false });
		advance(DAY);
		expect(await ledger.prune(RETENTION)).toMatchObject({ deleted: 1 });
		expect(await upTo()).toBe(last?.id);
		expect(await ledger.openCursor(KEY, 'now')).toMatchObject({ missed: true });
		await store().sql('UPDATE pruned SET up_to = 1000000');
		await confirm('c');
		advance(91 * DAY);
		expect(await ledger.prune(RETENTION)).toMatchObject({ deleted: 1 });
		expect(await upTo()).toBe(1_000_000);
	});

	test('delayed events come in the order in which the rows became pending', async () => {
		const { ledger, advance } = store();
		const late = await start(ledger, { idempotencyKey: 'late', recipient: 'a@example.com' });
		await issue(ledger, 'early', { idempotencyKey: 'early' });
		advance(1000);
		await ledger.answered(late, answer('late'));
		advance(HOUR);
		await ledger.appendDelayed({ realm: REALM, minutes: 5, start: 'beginning', limit: 10 });
		const { events } = await ledger.feed({ ...ALL, types: ['delayed'], after: 0, limit: 10 });
		expect(events.map(({ row }) => row.coreClaimHash)).toEqual(['early', 'late']);
	});
}

function firstTimes(store: GetStore): void {
	test('a trigger that two open at once has been polled never before for one of them only', async () => {
		const ledgers = [store().ledger, await store().another()];
		const opened = await Promise.all(ledgers.map((ledger) => ledger.openCursor(KEY, 'now')));
		expect(opened.filter(({ lastPolledAt }) => lastPolledAt === null)).toHaveLength(1);
	});

	test('a machine whose clock begins at 1970 has asked for a delay before anyway', async () => {
		const { ledger, advance } = store();
		advance(10_000 - Date.now());
		const query = { realm: REALM, minutes: 5, start: 'now', limit: 10 } as const;
		await ledger.appendDelayed(query);
		await issue(ledger, 'h1');
		advance(10 * MINUTE);
		expect(await ledger.appendDelayed(query)).toBe(1);
	});
}
