import type { GetStore } from './store';
import {
	answer,
	CONFIRMED,
	DAY,
	eventTypes,
	HOUR,
	issue,
	issueMany,
	MINUTE,
	PENDING,
	REVOKED,
	REALM,
	seen,
	start,
} from './requests';

const DUE = { realm: REALM, limit: 10, leaseMs: MINUTE };

/** What is due, who asks AIR, and what its answers change. */
export function watching(store: GetStore): void {
	describe('claiming', () => {
		test('only what is due is claimed, the longest due first', async () => {
			const { ledger, advance } = store();
			const late = await issue(ledger, 'h1', { idempotencyKey: 'a' }, { nextCheckMs: 2 * MINUTE });
			const soon = await issue(ledger, 'h2', { idempotencyKey: 'b' }, { nextCheckMs: MINUTE });
			await start(ledger, { idempotencyKey: 'c' });
			expect(await ledger.claimDue(DUE)).toEqual([]);
			advance(MINUTE);
			expect((await ledger.claimDue({ ...DUE, leaseMs: 1 })).map(({ id }) => id)).toEqual([
				soon.id,
			]);
			advance(MINUTE);
			expect((await ledger.claimDue(DUE)).map(({ id }) => id)).toEqual([soon.id, late.id]);
		});

		test('what one has claimed no other gets until its lease has run out', async () => {
			const { ledger, advance } = store();
			const other = await store().another();
			await issueMany(ledger, 3);
			const mine = await ledger.claimDue({ ...DUE, limit: 2 });
			const theirs = await other.claimDue(DUE);
			expect(mine).toHaveLength(2);
			expect(theirs).toHaveLength(1);
			expect(await other.claimDue(DUE)).toEqual([]);
			advance(MINUTE);
			expect(await other.claimDue(DUE)).toHaveLength(3);
		});

		test('two who claim at once never get the same row', async () => {
			const ledgers = [store().ledger, await store().another(), await store().another()];
			await issueMany(store().ledger, 20);
			const claimed = await Promise.all(
				ledgers.flatMap((ledger) => [1, 2, 3].map(() => ledger.claimDue({ ...DUE, limit: 3 }))),
			);
			const ids = claimed.flat().map(({ id }) => id);
			expect(new Set(ids).size).toBe(ids.length);
			const rest = await store().ledger.claimDue({ ...DUE, limit: 100 });
			expect(ids.length + rest.length).toBe(20);
		});

		test('what was not reached is given back at once, and after a restart with its lease', async () => {
			const [first, second] = await issueMany(store().ledger, 2);
			await store().ledger.claimDue(DUE);
			await store().ledger.release([second?.id ?? 0]);
			await store().ledger.release([]);
			await store().reopen();
			expect(await store().ledger.claimDue(DUE)).toMatchObject([{ id: second?.id }]);
			store().advance(MINUTE);
			expect(await store().ledger.claimDue(DUE)).toMatchObject([{ id: first?.id }, {}]);
		});

		test.each([
			['forward by an hour', HOUR, 2],
			['forward by a year', 365 * DAY, 2],
			['back by a minute', -MINUTE, 0],
			['back by three hours', -3 * HOUR, 2],
			['back by a year', -365 * DAY, 2],
		])('the clock jumps %s: what it put off before is not forgotten', async (_, jump, atOnce) => {
			const { ledger, advance } = store();
			await issueMany(ledger, 3);
			await ledger.observed(REALM, 'hash-0', { ...PENDING, nextCheckMs: 10 * MINUTE });
			await ledger.hold(REALM, 'hash-1', 15 * MINUTE);
			await ledger.observed(REALM, 'hash-2', CONFIRMED);
			expect(await ledger.claimDue(DUE)).toEqual([]);
			advance(jump);
			expect(await ledger.claimDue({ ...DUE, instance: 'instance-1' })).toHaveLength(atOnce);
			// A claim holds by the new clock, and so does what is said after it.
			expect(await ledger.claimDue(DUE)).toEqual([]);
			advance(16 * MINUTE);
			expect(await ledger.claimDue(DUE)).toHaveLength(2);
			await ledger.observed(REALM, 'hash-0', { ...PENDING, nextCheckMs: 5 * MINUTE });
			advance(2 * MINUTE);
			expect(await ledger.claimDue(DUE)).toMatchObject([{ coreClaimHash: 'hash-1' }]);
		});

		test('what a clock that was ahead put off comes after what is due', async () => {
			const { ledger, advance } = store();
			const [, , , late] = await issueMany(ledger, 4);
			await ledger.observed(REALM, 'hash-3', { ...PENDING, nextCheckMs: 10 * MINUTE });
			advance(-3 * HOUR);
			for (const i of [0, 1, 2]) {
				await ledger.observed(REALM, `hash-${i}`, { ...PENDING, nextCheckMs: 0 });
			}
			const first = await ledger.claimDue({ ...DUE, limit: 2 });
			expect(first.map(({ id }) => id)).not.toContain(late?.id);
			const rest = await ledger.claimDue({ ...DUE, limit: 2 });
			expect(rest.map(({ id }) => id).at(-1)).toBe(late?.id);
			expect(rest).toHaveLength(2);
		});

		test('rows are given out by realm and, if wanted, by instance', async () => {
			const { ledger } = store();
			await issue(ledger, 'h1', { idempotencyKey: 'a', instance: 'instance-2' });
			await issue(ledger, 'h2', { idempotencyKey: 'b', realm: 'another realm' });
			expect(await ledger.claimDue({ ...DUE, instance: 'instance-1' })).toEqual([]);
			expect(await ledger.claimDue({ ...DUE, realm: 'nobody' })).toEqual([]);
			expect(await ledger.claimDue(DUE)).toMatchObject([{ coreClaimHash: 'h1' }]);
		});
	});

	describe('observing', () => {
		test('pending, then confirmed: one event each, and the row is watched no more', async () => {
			const { ledger, advance } = store();
			await issue(ledger, 'h1');
			await ledger.claimDue(DUE);
			const [pending] = await ledger.observed(REALM, 'h1', { ...PENDING, nextCheckMs: MINUTE });
			expect(pending).toMatchObject({ state: 'submitted', vcStatus: 'WAIT_ONCHAIN', checks: 1 });
			expect(await ledger.claimDue(DUE)).toEqual([]);
			advance(MINUTE);
			expect(await ledger.claimDue(DUE)).toHaveLength(1);
			await ledger.observed(REALM, 'h1', PENDING);
			const [row] = await ledger.observed(REALM, 'h1', CONFIRMED);
			expect(row).toMatchObject({ state: 'confirmed', vcId: 'vc-1', checks: 3, nextCheckAt: null });
			expect(row?.confirmedAt).toBe(row?.updatedAt);
			expect(await ledger.claimDue(DUE)).toEqual([]);
			const expected = ['status WAIT_ONCHAIN', 'status ONCHAIN', 'confirmed'];
			expect(await eventTypes(ledger)).toEqual(expected);
			await ledger.observed(REALM, 'h1', CONFIRMED);
			expect(await eventTypes(ledger)).toEqual(expected);
		});

		test('state never moves backwards', async () => {
			const { ledger, advance } = store();
			await issue(ledger, 'h1');
			const [confirmed] = await ledger.observed(REALM, 'h1', CONFIRMED);
			advance(1000);
			const late = await ledger.observed(REALM, 'h1', PENDING);
			expect(late).toMatchObject([{ state: 'confirmed', vcStatus: 'ONCHAIN', vcId: 'vc-1' }]);
			expect(late).toMatchObject([{ confirmedAt: confirmed?.confirmedAt, nextCheckAt: null }]);
			await ledger.observed(REALM, 'h1', REVOKED);
			expect(await ledger.observed(REALM, 'h1', CONFIRMED)).toMatchObject([
				{ state: 'unusable', vcStatus: 'REMOVE', vcId: 'vc-1' },
			]);
			expect(await eventTypes(ledger)).toEqual([
				'status ONCHAIN',
				'confirmed',
				'status REMOVE',
				'unusable',
			]);
		});

		test('replaced before the answer of what replaced it is known: superseded, and never unusable', async () => {
			const { ledger, advance } = store();
			await issue(ledger, 'h1', { idempotencyKey: 'a' });
			const confirmed = { idempotencyKey: 'b', program: 'another' };
			await issue(ledger, 'h2', confirmed);
			await ledger.observed(REALM, 'h2', CONFIRMED);
			advance(1000);
			const first = await start(ledger, { idempotencyKey: 'c' });
			const second = await start(ledger, { idempotencyKey: 'd', program: 'another' });
			await ledger.claimDue(DUE);
			// AIR has revoked them for the attempts that are under way.
			expect(await ledger.observed(REALM, 'h1', REVOKED)).toMatchObject([
				{ state: 'submitted', vcStatus: null },
			]);
			expect(await ledger.observed(REALM, 'h2', REVOKED)).toMatchObject([
				{ state: 'confirmed', vcStatus: 'ONCHAIN' },
			]);
			await ledger.answered(first, answer('h3', { supersedes: true }));
			await ledger.answered(second, answer('h4', { supersedes: true }));
			for (const hash of ['h1', 'h2']) {
				expect(await ledger.observed(REALM, hash, REVOKED)).toMatchObject([
					{ state: 'superseded', nextCheckAt: null },
				]);
			}
			expect(await eventTypes(ledger)).toEqual([
				'status ONCHAIN',
				'confirmed',
				'superseded',
				'superseded',
			]);
		});

		test('not replaced after all: AIR is asked again, and what it says counts', async () => {
			const { ledger, advance } = store();
			await issue(ledger, 'h1', { idempotencyKey: 'a' });
			await issue(ledger, 'h2', { idempotencyKey: 'b', program: 'another' });
			await ledger.observed(REALM, 'h2', CONFIRMED);
			advance(1000);
			const first = await start(ledger, { idempotencyKey: 'c' });
			await start(ledger, { idempotencyKey: 'd', program: 'another', leaseMs: MINUTE });
			await ledger.observed(REALM, 'h1', REVOKED);
			await ledger.observed(REALM, 'h2', REVOKED);
			// Refused, and never heard of again.
			await ledger.failed(first, { outcome: 'rejected', reason: 'AIR_REFUSED' });
			advance(MINUTE);
			const due = await ledger.claimDue(DUE);
			expect(due.map(({ coreClaimHash }) => coreClaimHash).sort()).toEqual(['h1', 'h2']);
			for (const hash of ['h1', 'h2']) {
				expect(await ledger.observed(REALM, hash, REVOKED)).toMatchObject([{ state: 'unusable' }]);
			}
		});

		test('what is under way for somebody else, or of something else, replaces nothing', async () => {
			const { ledger } = store();
			await issue(ledger, 'h1', { idempotencyKey: 'a' });
			await start(ledger, { idempotencyKey: 'b', recipient: 'bob@example.com' });
			await start(ledger, { idempotencyKey: 'c', program: 'another' });
			await start(ledger, { idempotencyKey: 'd', realm: 'another realm' });
			expect(await ledger.observed(REALM, 'h1', REVOKED)).toMatchObject([{ state: 'unusable' }]);
		});

		test('a status that nobody knows is passed on and watched further', async () => {
			const { ledger } = store();
			await issue(ledger, 'h1');
			await ledger.claimDue(DUE);
			await ledger.observed(REALM, 'h1', seen('ASTONISHED', 'unknown', { nextCheckMs: 0 }));
			expect(await ledger.claimDue(DUE)).toMatchObject([{ vcStatus: 'ASTONISHED' }]);
			expect(await eventTypes(ledger)).toEqual(['status ASTONISHED']);
		});

		test('nothing more to learn: the row stays submitted and is not due', async () => {
			const { ledger } = store();
			await issue(ledger, 'h1');
			await ledger.observed(REALM, 'h1', { ...PENDING, nextCheckMs: null });
			expect(await ledger.claimDue(DUE)).toEqual([]);
		});

		test('an unknown hash, or one of another realm, is nothing', async () => {
			const { ledger } = store();
			await issue(ledger, 'h1');
			expect(await ledger.observed(REALM, 'h2', CONFIRMED)).toEqual([]);
			expect(await ledger.observed('another realm', 'h1', CONFIRMED)).toEqual([]);
			expect(await eventTypes(ledger)).toEqual([]);
		});

		test('Keep Existing: all rows to which AIR gave the same issuance learn of it', async () => {
			const { ledger } = store();
			await issue(ledger, 'h1', { idempotencyKey: 'a' });
			await issue(ledger, 'h1', { idempotencyKey: 'b' });
			const rows = await ledger.observed(REALM, 'h1', CONFIRMED);
			expect(rows.map(({ state }) => state)).toEqual(['confirmed', 'confirmed']);
			expect(await ledger.find(REALM, { coreClaimHash: 'h1' })).toMatchObject({
				idempotencyKey: 'b',
			});
		});
	});
}
