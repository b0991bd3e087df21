import { LEASE_EXPIRED } from '../../../../ledger/transitions';
import type { GetStore } from './store';
import {
	accepted,
	answer,
	CONFIRMED,
	DAY,
	eventTypes,
	issue,
	issueMany,
	MINUTE,
	PENDING,
	request,
	REVOKED,
	REALM,
	RETENTION,
	start,
} from './requests';

const NOTHING = { expired: 0, abandoned: 0, deleted: 0 };
const REJECTED = { outcome: 'rejected', reason: 'AIR_X' } as const;
const UNKNOWN = { outcome: 'unknown', reason: 'AIR_TIMEOUT' } as const;

/** What goes when, and what never comes back. */
export function retention(store: GetStore): void {
	describe('retention', () => {
		test('an attempt whose lease ran out becomes unknown, as of the end of its lease', async () => {
			const { ledger, advance } = store();
			await start(ledger);
			expect(await ledger.prune(RETENTION)).toEqual(NOTHING);
			advance(DAY);
			expect(await ledger.prune(RETENTION)).toEqual({ ...NOTHING, expired: 1 });
			const [row] = await ledger.list({ limit: 1 });
			expect(row).toMatchObject({ state: 'unknown', reason: LEASE_EXPIRED, leaseUntil: null });
			expect(row?.updatedAt).toBe((row?.createdAt ?? 0) + MINUTE);
			expect(row?.attempts).toMatchObject([{ outcome: 'unknown', endedAt: row?.updatedAt }]);
			expect(await ledger.prune(RETENTION)).toEqual(NOTHING);
		});

		test('a credential’s days are applied to its own rows only', async () => {
			const { ledger, advance } = store();
			for (const realm of [REALM, 'another realm']) {
				await ledger.failed(await start(ledger, { realm }), REJECTED);
				await issue(ledger, `h-${realm}`, { realm, idempotencyKey: 'open' });
			}
			advance(200 * DAY);
			const pruned = await ledger.prune(RETENTION);
			expect(pruned).toEqual({ ...NOTHING, deleted: 1, abandoned: 1 });
			expect(await ledger.totals()).toEqual({ abandoned: 1, rejected: 1, submitted: 1 });
		});

		test('finished rows go after 90 days with their events, open ones stay', async () => {
			const { ledger, advance } = store();
			await ledger.failed(await start(ledger, { idempotencyKey: 'a' }), REJECTED);
			await issue(ledger, 'h-old', { idempotencyKey: 'b' });
			await issue(ledger, 'h-confirmed', { idempotencyKey: 'c', recipient: 'c@example.com' });
			await issue(ledger, 'h-unusable', { idempotencyKey: 'd', recipient: 'd@example.com' });
			await issue(ledger, 'h-open', { idempotencyKey: 'e', recipient: 'e@example.com' });
			const unknown = await start(ledger, { idempotencyKey: 'f' });
			await ledger.failed(unknown, UNKNOWN);
			await issue(ledger, 'h-new', { idempotencyKey: 'g' }, { supersedes: true });
			await ledger.observed(REALM, 'h-confirmed', CONFIRMED);
			await ledger.observed(REALM, 'h-unusable', REVOKED);
			advance(90 * DAY - MINUTE);
			await ledger.observed(REALM, 'h-open', PENDING);
			expect(await ledger.prune(RETENTION)).toEqual(NOTHING);
			advance(MINUTE + 1000);
			expect(await ledger.prune(RETENTION)).toEqual({ ...NOTHING, deleted: 4 });
			expect(await ledger.totals()).toEqual({ submitted: 2, unknown: 1 });
			expect(await eventTypes(ledger)).toEqual(['unknown', 'status WAIT_ONCHAIN']);
			expect(await ledger.find(REALM, { coreClaimHash: 'h-confirmed' })).toBeUndefined();
		});

		test('open rows are abandoned after 180 days with an event, and go later', async () => {
			const { ledger, advance } = store();
			await issue(ledger, 'h1', { idempotencyKey: 'a' });
			const lost = await start(ledger, { idempotencyKey: 'b' });
			await ledger.failed(lost, UNKNOWN);
			advance(100 * DAY);
			await ledger.observed(REALM, 'h1', PENDING);
			await issue(ledger, 'h3', { idempotencyKey: 'c' });
			advance(80 * DAY);
			expect(await ledger.prune(RETENTION)).toEqual({ ...NOTHING, abandoned: 2 });
			expect(await ledger.totals()).toEqual({ submitted: 1, abandoned: 2 });
			const events = ['unknown', 'status WAIT_ONCHAIN', 'abandoned', 'abandoned'];
			expect(await eventTypes(ledger)).toEqual(events);
			const due = await ledger.claimDue({ realm: REALM, limit: 10, leaseMs: MINUTE });
			expect(due).toMatchObject([{ coreClaimHash: 'h3' }]);
			const abandoned = request({ idempotencyKey: 'a', rememberMs: null });
			expect((await ledger.begin(abandoned)).outcome).toBe('answered');
			const unknown = request({ idempotencyKey: 'b', rememberMs: null });
			expect((await ledger.begin(unknown)).outcome).toBe('unknown');
			advance(90 * DAY);
			expect(await ledger.prune(RETENTION)).toMatchObject({ deleted: 2 });
		});

		test('what is heard later of the same state does not put its end off', async () => {
			const { ledger, advance } = store();
			const slow = await start(ledger);
			advance(MINUTE);
			await issue(ledger, 'fast', { repeatUnknown: true });
			advance(100 * DAY);
			await ledger.answered(slow, answer('slow'));
			await ledger.observed(REALM, 'fast', PENDING);
			advance(80 * DAY);
			expect(await ledger.prune(RETENTION)).toMatchObject({ abandoned: 1 });
		});

		test('an abandoned row is taken back by an answer or a confirmation', async () => {
			const { ledger, advance } = store();
			await issue(ledger, 'h1', { idempotencyKey: 'a' });
			const lost = await start(ledger, { idempotencyKey: 'b' });
			await ledger.failed(lost, UNKNOWN);
			advance(180 * DAY);
			await ledger.prune(RETENTION);
			const [pending] = await ledger.observed(REALM, 'h1', PENDING);
			expect(pending).toMatchObject({ state: 'abandoned', nextCheckAt: null });
			const [row] = await ledger.observed(REALM, 'h1', CONFIRMED);
			expect(row).toMatchObject({ state: 'confirmed' });
			expect(await accepted(ledger, lost, answer('h2'))).toMatchObject({ state: 'submitted' });
		});

		test('at most so many at a time', async () => {
			const { ledger, advance } = store();
			const rows = await issueMany(ledger, 7);
			for (const { coreClaimHash } of rows) {
				await ledger.observed(REALM, coreClaimHash ?? '', CONFIRMED);
			}
			advance(91 * DAY);
			const deleted: number[] = [];
			for (let i = 0; i < 4; i++) {
				deleted.push((await ledger.prune({ ...RETENTION, limit: 3 })).deleted);
			}
			expect(deleted).toEqual([3, 3, 1, 0]);
		});

		test('ids of rows and events never come back, though everything was deleted', async () => {
			const first = await issue(store().ledger, 'h1');
			await store().ledger.observed(REALM, 'h1', CONFIRMED);
			const last = (await store().ledger.events(0, 10)).at(-1)?.id ?? 0;
			expect(last).toBeGreaterThan(0);
			store().advance(91 * DAY);
			await store().ledger.prune(RETENTION);
			expect(await store().ledger.events(0, 10)).toEqual([]);
			await store().reopen();
			const second = await issue(store().ledger, 'h2');
			await store().ledger.observed(REALM, 'h2', CONFIRMED);
			expect(second.id).toBeGreaterThan(first.id);
			const events = await store().ledger.events(last, 10);
			expect(events.map(({ type }) => type)).toEqual(['status', 'confirmed']);
		});

		test('forget erases a person everywhere, and nobody else', async () => {
			const { ledger, advance } = store();
			const ada = await issue(ledger, 'h1');
			await ledger.observed(REALM, 'h1', CONFIRMED);
			advance(2 * DAY);
			await issue(ledger, 'h2');
			await issue(ledger, 'h3', { realm: 'another realm' });
			await start(ledger, { idempotencyKey: 'under way' });
			await issue(ledger, 'h4', { recipient: 'adam@example.com', idempotencyKey: 'b' });
			expect(await ledger.forget('ad_@example.com')).toBe(0);
			expect(await ledger.forget(ada.recipient)).toBe(4);
			expect(await ledger.forget(ada.recipient)).toBe(0);
			expect(await ledger.list({ limit: 10 })).toMatchObject([{ coreClaimHash: 'h4' }]);
			expect(await ledger.find(REALM, { coreClaimHash: 'h1' })).toBeUndefined();
			expect(await eventTypes(ledger)).toEqual([]);
			expect((await ledger.begin(request())).outcome).toBe('started');
		});

		test('who was erased while AIR was asked stays erased', async () => {
			const { ledger } = store();
			const attempt = await start(ledger);
			await ledger.forget('ada@example.com');
			const gone = { code: 'LEDGER_NOT_WRITABLE' };
			await expect(ledger.answered(attempt, answer('h1'))).rejects.toMatchObject(gone);
			await expect(ledger.failed(attempt, UNKNOWN)).rejects.toMatchObject(gone);
			expect(await ledger.totals()).toEqual({});
		});
	});
}
