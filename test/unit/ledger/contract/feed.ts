import type { CursorKey, FeedFilter, FeedQuery, Ledger } from '../../../../ledger/Ledger';
import type { GetStore } from './store';
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
	REVOKED,
	REALM,
	request,
	seen,
	start,
	RETENTION,
} from './requests';

export const KEY: CursorKey = {
	realm: REALM,
	instance: 'instance-1',
	workflowId: 'workflow-9',
	nodeId: 'node-9',
};

export const ALL: FeedFilter = {
	realm: REALM,
	source: { from: 'everywhere' },
	types: ['confirmed', 'unusable', 'status', 'delayed', 'abandoned'],
	delayMinutes: 5,
};

const query = (changes: Partial<FeedQuery> = {}): FeedQuery => ({
	...ALL,
	after: 0,
	limit: 100,
	...changes,
});

const hashes = async (ledger: Ledger, changes: Partial<FeedQuery> = {}) =>
	(await ledger.feed(query({ types: ['confirmed'], ...changes }))).events.map(
		({ row }) => row.coreClaimHash,
	);

const PAIR = { coreClaimHash: 'elsewhere', recipient: 'eve@example.com' };
const watching = (pairs = [PAIR]) => ({
	realm: REALM,
	instance: 'instance-1',
	workflowId: 'workflow-9',
	nodeId: 'node-9',
	pairs,
});
const DUE = { realm: REALM, limit: 10, leaseMs: MINUTE };

const UNKNOWN = { outcome: 'unknown', reason: 'AIR_TIMEOUT' } as const;

function unknowns(store: GetStore): void {
	describe('outcomes that are unknown', () => {
		const told = async (changes: Partial<FeedQuery> = {}) =>
			(await store().ledger.feed(query({ types: ['unknown'], ...changes }))).events.map(
				({ row, threshold }) => `${row.id}${threshold === '' ? '' : ` ${threshold}`}`,
			);
		const settle = async (outcome: 'not-issued' | 'send-again') => {
			const { ledger } = store();
			const [row] = await ledger.list({ limit: 1 });
			if (row === undefined) throw new Error('no row');
			return await ledger.settle({
				realm: REALM,
				issuanceId: row.id,
				seen: row,
				as: { outcome },
				by: { instance: '', workflowId: '', executionId: '' },
				note: null,
			});
		};

		test('are told once, however often they are tried again, and again when they were settled', async () => {
			const { ledger } = store();
			const { issuanceId } = await start(ledger);
			for (const attempt of [1, 2]) {
				await ledger.failed({ issuanceId, attempt }, UNKNOWN);
				expect(await told()).toEqual(['1']);
				// While it is under way again, it may still end as before.
				await start(ledger, { repeatUnknown: true });
				expect(await told()).toEqual(['1']);
			}
			await ledger.failed({ issuanceId, attempt: 3 }, UNKNOWN);
			expect(await told({ types: ['confirmed', 'unusable', 'delayed'] })).toEqual([]);
			await settle('send-again');
			expect(await told()).toEqual([]);
			await start(ledger);
			await ledger.failed({ issuanceId, attempt: 4 }, UNKNOWN);
			expect(await told()).toEqual(['1', '1 1']);
		});

		test('are not told once they are known', async () => {
			const { ledger } = store();
			const attempt = await start(ledger);
			await ledger.failed(attempt, UNKNOWN);
			await ledger.answered(attempt, answer('late'));
			expect(await told()).toEqual([]);
			await ledger.failed(await start(ledger, { idempotencyKey: 'b' }), UNKNOWN);
			await settle('not-issued');
			expect(await told()).toEqual([]);
			expect(await ledger.newestInFeed({ ...ALL, types: ['unknown'] })).toBeUndefined();
		});

		test('by a lease that ran out: noticed by the first to look', async () => {
			const { ledger, advance } = store();
			for (const idempotencyKey of ['a', 'b', 'c']) await start(ledger, { idempotencyKey });
			advance(MINUTE);
			await ledger.begin(request({ idempotencyKey: 'a' }));
			expect(await told()).toEqual(['1']);
			// Sent again at once: nobody has to look.
			await start(ledger, { idempotencyKey: 'b', repeatUnknown: true });
			expect(await told()).toEqual(['1']);
			expect(await ledger.endLeases({ limit: 10 })).toBe(1);
			expect(await ledger.endLeases({ limit: 10 })).toBe(0);
			await ledger.prune(RETENTION);
			expect(await told()).toEqual(['1', '3']);
		});

		test('of what was refused or is only not sent, nothing is told', async () => {
			const { ledger } = store();
			await ledger.failed(await start(ledger), { outcome: 'rejected', reason: 'AIR_X' });
			await ledger.failed(await start(ledger), { outcome: 'not-sent', reason: 'AIR_X' });
			expect(await ledger.events(0, 10)).toEqual([]);
		});
	});
}

function cursors(store: GetStore): void {
	describe('cursors', () => {
		test('a baseline is written though there is nothing yet, and found again after a restart', async () => {
			const made = await store().ledger.openCursor(KEY, 'now');
			expect(made).toMatchObject({ ...KEY, delivered: 0, offered: 0, missed: false });
			expect(made.lastPolledAt).toBeNull();
			await issue(store().ledger, 'h1');
			await store().ledger.observed(REALM, 'h1', CONFIRMED);
			store().advance(HOUR);
			await store().reopen();
			const found = await store().ledger.openCursor(KEY, 'now');
			expect(found).toMatchObject({ delivered: 0, createdAt: made.createdAt });
			expect((found.lastPolledAt ?? 0) - made.createdAt).toBeLessThan(MINUTE);
			expect(found.ledgerId).toBe(made.ledgerId);
			expect(found.ledgerId).toMatch(/^[0-9a-f]{12}$/);
			const again = await store().ledger.openCursor(KEY, 'now');
			expect((again.lastPolledAt ?? 0) - made.createdAt).toBeGreaterThanOrEqual(HOUR);
		});

		test('now is after what there is, the beginning before it', async () => {
			const { ledger } = store();
			await issue(ledger, 'h1');
			await ledger.observed(REALM, 'h1', CONFIRMED);
			const newest = (await ledger.events(0, 10)).at(-1)?.id;
			expect(await ledger.openCursor(KEY, 'now')).toMatchObject({ delivered: newest });
			const other = { ...KEY, nodeId: 'other' };
			expect(await ledger.openCursor(other, 'beginning')).toMatchObject({ delivered: 0 });
			expect(await ledger.openCursor(other, 'now')).toMatchObject({ delivered: 0 });
		});

		test('moves forward only, and offered is never behind delivered', async () => {
			const { ledger } = store();
			await ledger.openCursor(KEY, 'now');
			const moved = async (move: object) => {
				await ledger.moveCursor(KEY, move);
				const { delivered, offered } = await ledger.openCursor(KEY, 'now');
				return [delivered, offered];
			};
			expect(await moved({ offered: 7 })).toEqual([0, 7]);
			expect(await moved({ delivered: 5 })).toEqual([5, 7]);
			expect(await moved({ offered: 3, delivered: 2 })).toEqual([5, 7]);
			expect(await moved({ delivered: 9 })).toEqual([9, 9]);
			expect(await moved({})).toEqual([9, 9]);
		});

		test.each(['realm', 'instance', 'workflowId', 'nodeId'] as const)(
			'another %s is another cursor',
			async (part) => {
				const { ledger } = store();
				await ledger.openCursor(KEY, 'now');
				await ledger.moveCursor(KEY, { delivered: 4 });
				const other = await ledger.openCursor({ ...KEY, [part]: 'other' }, 'beginning');
				expect(other).toMatchObject({ delivered: 0, lastPolledAt: null });
			},
		);

		test('many who open one at once get one', async () => {
			const ledgers = [store().ledger, await store().another()];
			const opened = await Promise.all(
				ledgers.flatMap((ledger) => [1, 2, 3].map(() => ledger.openCursor(KEY, 'now'))),
			);
			expect(new Set(opened.map(({ createdAt }) => createdAt)).size).toBe(1);
		});

		test('what retention took away before it was offered is known until it was told', async () => {
			const { ledger, advance } = store();
			const seenAll = { ...KEY, nodeId: 'seen' };
			await ledger.openCursor(KEY, 'now');
			await ledger.openCursor(seenAll, 'now');
			await issue(ledger, 'h1');
			await ledger.observed(REALM, 'h1', CONFIRMED);
			await ledger.moveCursor(seenAll, { delivered: (await ledger.feed(query())).upTo });
			advance(91 * DAY);
			expect(await ledger.openCursor(KEY, 'now')).toMatchObject({ missed: false });
			await ledger.prune(RETENTION);
			expect(await ledger.openCursor(KEY, 'now')).toMatchObject({ missed: true });
			expect(await ledger.openCursor(seenAll, 'now')).toMatchObject({ missed: false });
			const late = { ...KEY, nodeId: 'late' };
			expect(await ledger.openCursor(late, 'beginning')).toMatchObject({ missed: false });
			await ledger.moveCursor(KEY, { toldMissed: true });
			expect(await ledger.openCursor(KEY, 'now')).toMatchObject({ missed: false });
			const elsewhere = { ...KEY, realm: 'another realm' };
			expect(await ledger.openCursor(elsewhere, 'now')).toMatchObject({ missed: false });
		});
	});
}

function reading(store: GetStore): void {
	describe('the feed', () => {
		test('events with their rows, after an id, so many, in the order of their commits', async () => {
			const { ledger } = store();
			await issueMany(ledger, 4);
			for (const i of [2, 0, 3, 1]) await ledger.observed(REALM, `hash-${i}`, CONFIRMED);
			const page = await ledger.feed(query({ types: ['confirmed'], limit: 3 }));
			expect(page.events.map(({ row }) => row.coreClaimHash)).toEqual([
				'hash-2',
				'hash-0',
				'hash-3',
			]);
			expect(page.events[0]?.row).toEqual(await ledger.find(REALM, { coreClaimHash: 'hash-2' }));
			expect(page.upTo).toBe(page.events.at(-1)?.id);
			const rest = await ledger.feed(query({ types: ['confirmed'], limit: 3, after: page.upTo }));
			expect(rest.events.map(({ row }) => row.coreClaimHash)).toEqual(['hash-1']);
			expect(await ledger.feed(query({ after: rest.upTo }))).toEqual({
				events: [],
				upTo: rest.upTo,
			});
		});

		test('what does not fit is passed: the page ends behind it', async () => {
			const { ledger } = store();
			await issue(ledger, 'h1');
			await ledger.observed(REALM, 'h1', CONFIRMED);
			const last = (await ledger.events(0, 10)).at(-1)?.id;
			expect(await ledger.feed(query({ types: ['unusable'] }))).toEqual({ events: [], upTo: last });
			expect(await ledger.feed(query({ types: [] }))).toEqual({ events: [], upTo: last });
		});

		test('by realm, program, workflow, instance, reference and row', async () => {
			const { ledger } = store();
			const made = [
				['a', {}],
				['b', { realm: 'another realm' }],
				['c', { program: 'another program' }],
				['d', { workflowId: 'workflow-2' }],
				['e', { instance: 'instance-2' }],
				['f', { reference: 'order-7' }],
				['g', { reference: 'Order-7' }],
				['h', { reference: '%_' }],
			] as const;
			const ids = new Map<string, number>();
			for (const [hash, changes] of made) {
				const row = await issue(ledger, hash, { idempotencyKey: hash, ...changes });
				ids.set(hash, row.id);
				await ledger.observed(row.realm, hash, CONFIRMED);
			}
			const fits = async (changes: Partial<FeedQuery>) => (await hashes(ledger, changes)).join('');
			expect(await fits({})).toBe('acdefgh');
			expect(await fits({ realm: 'another realm' })).toBe('b');
			expect(await fits({ program: 'another program' })).toBe('c');
			expect(await fits({ workflowId: 'workflow-2' })).toBe('d');
			expect(await fits({ source: { from: 'instance', instance: 'instance-1' } })).toBe('acdfgh');
			expect(await fits({ referencePrefix: 'order' })).toBe('f');
			expect(await fits({ referencePrefix: '%' })).toBe('h');
			const rows = [ids.get('e') ?? 0, ids.get('b') ?? 0];
			expect(await fits({ source: { from: 'rows', ids: rows } })).toBe('e');
			expect(await fits({ program: PROGRAM, workflowId: 'workflow-1', referencePrefix: 'o' })).toBe(
				'f',
			);
		});

		test('the newest that fits, wherever anybody is', async () => {
			const { ledger } = store();
			expect(await ledger.newestInFeed(ALL)).toBeUndefined();
			await issueMany(ledger, 2);
			await ledger.observed(REALM, 'hash-1', CONFIRMED);
			await ledger.observed(REALM, 'hash-0', REVOKED);
			expect(await ledger.newestInFeed(ALL)).toMatchObject({
				type: 'unusable',
				row: { coreClaimHash: 'hash-0' },
			});
			expect(await ledger.newestInFeed({ ...ALL, types: ['confirmed'] })).toMatchObject({
				row: { coreClaimHash: 'hash-1' },
			});
		});

		test('a superseded row has no unusable event', async () => {
			const { ledger, advance } = store();
			await issue(ledger, 'h1', { idempotencyKey: 'a' });
			await ledger.observed(REALM, 'h1', CONFIRMED);
			advance(1000);
			await issue(ledger, 'h2', { idempotencyKey: 'b' }, { supersedes: true });
			await ledger.observed(REALM, 'h1', REVOKED);
			expect((await ledger.feed(query({ types: ['unusable'] }))).events).toEqual([]);
		});
	});
}

function pending(store: GetStore): void {
	const delay = { realm: REALM, minutes: 5, start: 'now', limit: 100 } as const;
	const delayed = async (ledger: Ledger, delayMinutes = 5) =>
		hashes(ledger, { types: ['delayed'], delayMinutes });

	describe('delays', () => {
		test('once per issuance and threshold, when it has been pending long enough', async () => {
			const { ledger, advance } = store();
			await ledger.appendDelayed(delay);
			await issue(ledger, 'h1', { idempotencyKey: 'a' });
			advance(5 * MINUTE - 5_000);
			expect(await ledger.appendDelayed(delay)).toBe(0);
			advance(5_000);
			expect(await ledger.appendDelayed(delay)).toBe(1);
			expect(await ledger.appendDelayed(delay)).toBe(0);
			expect(await delayed(ledger)).toEqual(['h1']);
			expect(await delayed(ledger, 6)).toEqual([]);
			await ledger.appendDelayed({ ...delay, minutes: 6 });
			advance(MINUTE);
			expect(await ledger.appendDelayed({ ...delay, minutes: 6 })).toBe(1);
			expect(await delayed(ledger, 6)).toEqual(['h1']);
		});

		test('what was confirmed, replaced or never answered is not delayed', async () => {
			const { ledger, advance } = store();
			await ledger.appendDelayed(delay);
			await issue(ledger, 'h1', { idempotencyKey: 'a', recipient: 'a@example.com' });
			await issue(ledger, 'h2', { idempotencyKey: 'b' });
			advance(1000);
			await issue(ledger, 'h3', { idempotencyKey: 'c' }, { supersedes: true });
			await start(ledger, { idempotencyKey: 'd' });
			await ledger.observed(REALM, 'h1', CONFIRMED);
			advance(HOUR);
			await ledger.appendDelayed(delay);
			expect(await delayed(ledger)).toEqual(['h3']);
		});

		test('now: not what was delayed before anybody asked; beginning: that too', async () => {
			const { ledger, advance } = store();
			await issue(ledger, 'h1');
			advance(HOUR);
			expect(await ledger.appendDelayed(delay)).toBe(0);
			expect(await ledger.appendDelayed({ ...delay, minutes: 7, start: 'beginning' })).toBe(1);
		});

		test('since a time: not what was delayed before it, and what is still to be delayed later', async () => {
			const { ledger, advance, now } = store();
			await issue(ledger, 'h1', { idempotencyKey: 'a', recipient: 'a@example.com' });
			advance(HOUR);
			const since = now();
			advance(MINUTE);
			await issue(ledger, 'h2', { idempotencyKey: 'b' });
			advance(10 * MINUTE);
			await issue(ledger, 'h3', { idempotencyKey: 'c', recipient: 'c@example.com' });
			expect(await ledger.appendDelayed({ ...delay, start: { since } })).toBe(1);
			expect(await delayed(ledger)).toEqual(['h2']);
			advance(6 * MINUTE);
			expect(await ledger.appendDelayed({ ...delay, start: { since } })).toBe(1);
			expect(await delayed(ledger)).toEqual(['h2', 'h3']);
		});

		test('so many at a time, and none is left out', async () => {
			const { ledger, advance } = store();
			await ledger.appendDelayed(delay);
			await issueMany(ledger, 7);
			advance(HOUR);
			const appended: number[] = [];
			for (let i = 0; i < 4; i++) appended.push(await ledger.appendDelayed({ ...delay, limit: 3 }));
			expect(appended).toEqual([3, 3, 1, 0]);
			expect(new Set(await delayed(ledger)).size).toBe(7);
		});

		test('a clock that is set back hides nothing', async () => {
			const { ledger, advance } = store();
			await ledger.appendDelayed(delay);
			advance(-2 * HOUR);
			await issue(ledger, 'h1');
			await ledger.appendDelayed(delay);
			advance(6 * MINUTE);
			expect(await ledger.appendDelayed(delay)).toBe(1);
		});

		test('an answer that is learned late counts from then on', async () => {
			const { ledger, advance } = store();
			await ledger.appendDelayed(delay);
			const first = await start(ledger);
			advance(MINUTE);
			const second = await start(ledger, { repeatUnknown: true });
			await ledger.answered(first, {
				coreClaimHash: 'h1',
				userUuid: null,
				nextCheckMs: 0,
				supersedes: false,
			});
			advance(HOUR);
			await ledger.appendDelayed(delay);
			await ledger.failed(second, { outcome: 'unknown', reason: 'AIR_TIMEOUT' });
			await ledger.appendDelayed(delay);
			expect(await delayed(ledger)).toEqual([]);
			advance(5 * MINUTE);
			await ledger.appendDelayed(delay);
			expect(await delayed(ledger)).toEqual(['h1']);
		});
	});

	describe('what was made elsewhere', () => {
		test('becomes a row that is due at once, and one only', async () => {
			const { ledger } = store();
			const [row] = await ledger.watch(watching());
			expect(row).toMatchObject({
				...PAIR,
				state: 'submitted',
				program: '',
				attempts: [{ outcome: 'accepted', coreClaimHash: 'elsewhere' }],
			});
			expect(await (await store().another()).watch(watching())).toEqual([row]);
			const ids = [row?.id ?? 0];
			expect(await ledger.claimDue({ ...DUE, ids })).toMatchObject([{ id: row?.id }]);
			await ledger.observed(REALM, 'elsewhere', CONFIRMED);
			expect(await hashes(ledger)).toEqual([]);
			expect(await hashes(ledger, { source: { from: 'rows', ids } })).toEqual(['elsewhere']);
		});

		test('named by several at once: one row, made as a whole', async () => {
			const ledgers = [store().ledger, await store().another()];
			const pairs = Array.from({ length: 10 }, (_, i) => ({
				coreClaimHash: `elsewhere-${i}`,
				recipient: `eve-${i}@example.com`,
			}));
			const found = await Promise.all(
				[...ledgers, ...ledgers].map((ledger) => ledger.watch(watching(pairs))),
			);
			expect(new Set(found.map((rows) => rows.map(({ id }) => id).join())).size).toBe(1);
			const rows = await store().ledger.list({ limit: 100 });
			expect(rows).toHaveLength(10);
			for (const { attempts } of rows) expect(attempts).toHaveLength(1);
		});

		test('what the ledger has already is found there', async () => {
			const { ledger } = store();
			const own = await issue(ledger, 'h1');
			const rows = await ledger.watch(
				watching([PAIR, { coreClaimHash: 'h1', recipient: 'x@example.com' }]),
			);
			expect(rows.map(({ recipient }) => recipient)).toEqual([PAIR.recipient, own.recipient]);
			expect(await ledger.watch(watching([]))).toEqual([]);
		});

		describe('the address is corrected', () => {
			const WRONG = { ...PAIR, recipient: 'eve@exmaple.com' };
			const miss = { nextCheckMs: HOUR, condemnAfterMs: DAY };

			test.each(['before AIR has ever answered', 'after AIR has answered for the wrong one'])(
				'%s: it starts over, with nothing of the wrong one',
				async (when) => {
					const { ledger, advance } = store();
					const [wrong] = await ledger.watch(watching([WRONG]));
					await ledger.missing(REALM, PAIR.coreClaimHash, miss);
					if (when.startsWith('after')) {
						await ledger.observed(REALM, PAIR.coreClaimHash, CONFIRMED);
					}
					advance(6 * MINUTE);
					await ledger.appendDelayed({ ...delay, start: 'beginning' });
					const [row] = await ledger.watch(watching([PAIR]));
					expect(row).toMatchObject({
						...PAIR,
						state: 'submitted',
						checks: 0,
						attempts: [{ outcome: 'accepted', coreClaimHash: PAIR.coreClaimHash }],
					});
					expect(row?.id).not.toBe(wrong?.id);
					const ids = [row?.id ?? 0];
					const source = { from: 'rows', ids } as const;
					expect(await hashes(ledger, { source, types: ALL.types })).toEqual([]);
					expect(await ledger.claimDue({ ...DUE, ids })).toMatchObject([{ id: row?.id }]);
					const { recipient } = PAIR;
					await ledger.observed(REALM, PAIR.coreClaimHash, { ...CONFIRMED, recipient });
					expect(await hashes(ledger, { source })).toEqual(['elsewhere']);
					// Back again: what is known of that pair is still known.
					expect(await ledger.watch(watching([WRONG]))).toMatchObject([{ id: wrong?.id }]);
				},
			);

			test('what is said for one address says nothing about the other', async () => {
				const { ledger, advance } = store();
				const rows = async () =>
					(await ledger.watch(watching([PAIR, WRONG]))).map(({ state }) => state);
				await rows();
				await ledger.observed(REALM, 'elsewhere', { ...PENDING, recipient: PAIR.recipient });
				await ledger.missing(REALM, 'elsewhere', { ...miss, recipient: WRONG.recipient });
				advance(2 * DAY);
				await ledger.missing(REALM, 'elsewhere', { ...miss, recipient: WRONG.recipient });
				expect(await rows()).toEqual(['submitted', 'submitted']);
				await ledger.observed(REALM, 'elsewhere', { ...CONFIRMED, recipient: PAIR.recipient });
				expect(await rows()).toEqual(['confirmed', 'submitted']);
			});

			test('what this ledger issued is never touched, and made no second time', async () => {
				const { ledger } = store();
				const own = await issue(ledger, 'h1');
				for (const recipient of ['x@example.com', 'ADA@example.com', own.recipient]) {
					expect(await ledger.watch(watching([{ coreClaimHash: 'h1', recipient }]))).toEqual([own]);
				}
				expect(await ledger.list({ limit: 10 })).toEqual([own]);
			});

			test('issued here after it was watched: who watched it goes on with their row', async () => {
				const { ledger } = store();
				const pair = { coreClaimHash: 'h1', recipient: 'ada@example.com' };
				const [watched] = await ledger.watch(watching([pair]));
				const own = await issue(ledger, 'h1');
				expect(await ledger.watch(watching([pair]))).toEqual([watched]);
				const other = { ...pair, recipient: 'x@example.com' };
				expect(await ledger.watch(watching([other]))).toEqual([own]);
			});

			test('only who names it asks about it', async () => {
				const { ledger } = store();
				const [row] = await ledger.watch(watching([WRONG]));
				expect(await ledger.claimDue(DUE)).toEqual([]);
				expect(await ledger.claimDue({ ...DUE, instance: 'instance-1' })).toEqual([]);
				expect(await ledger.claimDue({ ...DUE, ids: [row?.id ?? 0] })).toHaveLength(1);
			});

			test('two triggers that name two addresses, again and again and at once: one row for each', async () => {
				const other = await store().another();
				for (let i = 0; i < 5; i++) {
					await Promise.all([
						store().ledger.watch(watching([PAIR])),
						other.watch(watching([WRONG])),
						store().ledger.watch(watching([WRONG])),
						other.watch(watching([PAIR])),
					]);
				}
				const rows = await store().ledger.list({ limit: 10 });
				expect(rows.map(({ recipient }) => recipient).sort()).toEqual(
					[PAIR.recipient, WRONG.recipient].sort(),
				);
				for (const { attempts } of rows) expect(attempts).toHaveLength(1);
			});
		});

		test('AIR has never known it: not condemned, however long; known and gone: after a day', async () => {
			const { ledger, advance } = store();
			const miss = { nextCheckMs: HOUR, condemnAfterMs: DAY };
			await ledger.watch(watching());
			await ledger.missing(REALM, PAIR.coreClaimHash, miss);
			advance(3 * DAY);
			await ledger.missing(REALM, PAIR.coreClaimHash, miss);
			expect(await ledger.watch(watching())).toMatchObject([{ state: 'submitted' }]);
			expect(await ledger.events(0, 10)).toEqual([]);
			await ledger.observed(REALM, PAIR.coreClaimHash, PENDING);
			await ledger.missing(REALM, PAIR.coreClaimHash, miss);
			advance(DAY);
			await ledger.missing(REALM, PAIR.coreClaimHash, miss);
			expect(await ledger.watch(watching())).toMatchObject([{ state: 'unusable' }]);
		});

		test('only some of the rows are claimed if wanted', async () => {
			const { ledger } = store();
			const [first] = await issueMany(ledger, 3);
			const ids = [first?.id ?? 0];
			expect(await ledger.claimDue({ ...DUE, ids })).toMatchObject([{ id: first?.id }]);
			expect(await ledger.claimDue({ ...DUE, ids })).toEqual([]);
			expect(await ledger.claimDue({ ...DUE, ids: [] })).toEqual([]);
		});

		test('what is still named stays', async () => {
			const { ledger, advance } = store();
			await ledger.watch(watching());
			await ledger.observed(REALM, 'elsewhere', CONFIRMED);
			advance(80 * DAY);
			const [row] = await ledger.watch(watching());
			advance(20 * DAY);
			expect(await ledger.prune(RETENTION)).toMatchObject({ deleted: 0 });
			expect(await ledger.watch(watching())).toEqual([row]);
			advance(91 * DAY);
			expect(await ledger.prune(RETENTION)).toMatchObject({ deleted: 1 });
		});
	});

	describe('no such hash', () => {
		const miss = { nextCheckMs: HOUR, condemnAfterMs: DAY };
		const state = async (ledger: Ledger) =>
			(await ledger.find(REALM, { coreClaimHash: 'h1' }))?.state;

		test('condemns a row after a day of nothing else, and not before', async () => {
			const { ledger, advance } = store();
			await issue(ledger, 'h1');
			await ledger.claimDue(DUE);
			await ledger.missing(REALM, 'h1', miss);
			expect(await ledger.claimDue(DUE)).toEqual([]);
			advance(HOUR);
			expect(await ledger.claimDue(DUE)).toMatchObject([{ checks: 1, state: 'submitted' }]);
			advance(22 * HOUR);
			await ledger.missing(REALM, 'h1', miss);
			expect(await state(ledger)).toBe('submitted');
			advance(HOUR);
			await ledger.missing(REALM, 'h1', miss);
			expect(await ledger.find(REALM, { coreClaimHash: 'h1' })).toMatchObject({
				state: 'unusable',
				reason: 'AIR_HASH_NOT_FOUND',
				nextCheckAt: null,
			});
			expect(await hashes(ledger, { types: ['unusable'] })).toEqual(['h1']);
			await ledger.missing(REALM, 'h1', miss);
			expect(await hashes(ledger, { types: ['unusable'] })).toEqual(['h1']);
		});

		test('any other answer in between begins the day again', async () => {
			const { ledger, advance } = store();
			await issue(ledger, 'h1');
			await ledger.missing(REALM, 'h1', miss);
			advance(23 * HOUR);
			await ledger.observed(REALM, 'h1', PENDING);
			advance(2 * HOUR);
			await ledger.missing(REALM, 'h1', miss);
			expect(await state(ledger)).toBe('submitted');
		});

		test('a confirmation is not taken back for it', async () => {
			const { ledger, advance } = store();
			await issue(ledger, 'h1');
			await ledger.observed(REALM, 'h1', CONFIRMED);
			await ledger.missing(REALM, 'h1', miss);
			advance(2 * DAY);
			await ledger.missing(REALM, 'h1', miss);
			expect(await state(ledger)).toBe('confirmed');
			await ledger.missing(REALM, 'nobody', miss);
		});
	});

	describe('asking later', () => {
		test('a row that could not be asked about is due later, and nothing else of it changes', async () => {
			const { ledger, advance } = store();
			const row = await issue(ledger, 'h1');
			await ledger.claimDue(DUE);
			await ledger.postpone([{ id: row.id, nextCheckMs: 2 * MINUTE }]);
			await ledger.postpone([]);
			advance(MINUTE);
			expect(await ledger.claimDue(DUE)).toEqual([]);
			advance(MINUTE);
			expect(await ledger.claimDue(DUE)).toMatchObject([
				{ state: 'submitted', vcStatus: null, checks: 1 },
			]);
			await ledger.observed(REALM, 'h1', CONFIRMED);
			await ledger.postpone([{ id: row.id, nextCheckMs: 0 }]);
			expect(await ledger.claimDue(DUE)).toEqual([]);
		});

		test('a caller that asks itself holds the row until it has been answered', async () => {
			const { ledger, advance } = store();
			await issue(ledger, 'h1');
			await ledger.hold(REALM, 'h1', 2 * MINUTE);
			await ledger.hold(REALM, 'nobody', MINUTE);
			expect(await ledger.claimDue(DUE)).toEqual([]);
			await ledger.observed(REALM, 'h1', seen('WAIT_ONCHAIN', 'pending'));
			expect(await ledger.claimDue(DUE)).toHaveLength(1);
			await ledger.hold(REALM, 'h1', 1);
			advance(MINUTE);
			expect(await ledger.claimDue(DUE)).toHaveLength(1);
		});
	});
}

/** What triggers live on (`Feed.ts`). */
export function feed(store: GetStore): void {
	cursors(store);
	unknowns(store);
	reading(store);
	pending(store);
}
