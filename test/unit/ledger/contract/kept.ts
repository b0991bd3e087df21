import type { LedgerRow } from '../../../../ledger/Ledger';
import type { GetStore } from './store';
import {
	answer,
	CONFIRMED,
	DAY,
	eventTypes,
	issue,
	MINUTE,
	PENDING,
	request,
	REVOKED,
	REALM,
	start,
} from './requests';

/** What AIR gives a second time: Keep Existing kept what the person holds. */
export function kept(store: GetStore): void {
	describe('a hash that another row has', () => {
		const first = { idempotencyKey: 'first' };
		const second = { idempotencyKey: 'second' };

		test.each([
			['the same subject', { subjectHmac: 'hmac-1' }, true],
			['another subject', { subjectHmac: 'hmac-2' }, false],
			['a subject under another key', { keyThumbprint: 'thumbprint-2' }, null],
		])('is told as kept, with %s', async (_, changes, sameSubject) => {
			const { ledger, advance } = store();
			const row = await issue(ledger, 'hash-1', first);
			advance(DAY);
			const attempt = await start(ledger, { ...second, ...changes });
			const recorded = await ledger.answered(attempt, answer('hash-1'));
			expect(recorded).toMatchObject({
				kept: { issuanceId: row.id, answeredAt: row.answeredAt, sameSubject },
				superseded: 0,
			});
			const again = await ledger.find(REALM, { coreClaimHash: 'hash-1' });
			expect(again).toMatchObject({
				answeredAt: recorded.answeredAt,
				keptSince: row.answeredAt,
				keptSame: sameSubject,
			});
			expect(recorded.answeredAt).toBeGreaterThanOrEqual((row.answeredAt ?? 0) + DAY);
			// Told twice: the same again.
			expect(await ledger.answered(attempt, answer('hash-1'))).toEqual(recorded);
			expect(row).toMatchObject({ keptSince: null, keptSame: null });
		});

		test('is told as kept no matter whom it was given for, and not in another realm', async () => {
			const { ledger } = store();
			const row = await issue(ledger, 'hash-1', { ...first, recipient: 'Ada@example.com' });
			const other = await start(ledger, { ...second, program: 'another program' });
			const recorded = await ledger.answered(other, answer('hash-1'));
			expect(recorded.kept).toMatchObject({ issuanceId: row.id });
			const foreign = await start(ledger, { ...second, realm: 'another realm' });
			expect((await ledger.answered(foreign, answer('hash-1'))).kept).toBeNull();
		});

		test('a new hash is not, and neither is one that only this row has', async () => {
			const { ledger, advance } = store();
			const slow = await start(ledger);
			advance(MINUTE);
			const fast = await start(ledger, { repeatUnknown: true });
			expect(await ledger.answered(slow, answer('hash-1'))).toMatchObject({ kept: null });
			expect(await ledger.answered(fast, answer('hash-1'))).toMatchObject({ kept: null });
		});

		test('is known also where it is only a further issuance', async () => {
			const { ledger, advance } = store();
			const slow = await start(ledger, first);
			advance(MINUTE);
			const fast = await start(ledger, { ...first, repeatUnknown: true });
			await ledger.answered(fast, answer('fast'));
			await ledger.answered(slow, answer('slow'));
			const recorded = await ledger.answered(await start(ledger, second), answer('slow'));
			expect(recorded.kept).toMatchObject({ issuanceId: slow.issuanceId, sameSubject: true });
		});

		test('of the earlier attempt that stands after all, too', async () => {
			const { ledger, advance } = store();
			const row = await issue(ledger, 'hash-1', first);
			const slow = await start(ledger, second);
			advance(MINUTE);
			const fast = await start(ledger, { ...second, repeatUnknown: true });
			await ledger.answered(slow, answer('hash-1'));
			const failed = await ledger.failed(fast, { outcome: 'rejected', reason: 'AIR_X' });
			expect(failed).toMatchObject({ state: 'submitted', keptSince: row.answeredAt });
		});

		test('of several answers at once, one is the first', async () => {
			const { ledger } = store();
			const other = await store().another();
			const attempts = await Promise.all(
				Array.from({ length: 12 }, async (_, i) => {
					const at = i % 2 === 0 ? ledger : other;
					const recipient = i < 6 ? 'ada@example.com' : `person-${i}@example.com`;
					return { at, attempt: await start(at, { idempotencyKey: `k${i}`, recipient }) };
				}),
			);
			const told = await Promise.all(
				attempts.map(({ at, attempt }) => at.answered(attempt, answer('hash-1'))),
			);
			const firsts = told.filter((recorded) => recorded.kept === null);
			expect(firsts).toHaveLength(1);
		});

		test('of two answers in two processes at once, one is the first', async () => {
			const ledgers = [store().ledger, await store().another()];
			for (let i = 0; i < 25; i++) {
				const told = await Promise.all(
					ledgers.map(async (ledger, n) => {
						const recipient = `person-${n}@example.com`;
						const attempt = await start(ledger, { idempotencyKey: `${i}-${n}`, recipient });
						return await ledger.answered(attempt, answer(`hash-${i}`));
					}),
				);
				expect(told.filter((recorded) => recorded.kept === null)).toHaveLength(1);
			}
		});

		test('is confirmed for each row, and told once', async () => {
			const { ledger } = store();
			await issue(ledger, 'hash-1', first);
			await issue(ledger, 'hash-1', second);
			const rows = await ledger.observed(REALM, 'hash-1', CONFIRMED);
			expect(rows.map(({ state }) => state)).toEqual(['confirmed', 'confirmed']);
			expect(await toldOf(rows)).toEqual(['status ONCHAIN', 'confirmed']);

			// A row that comes after the confirmation learns it, and nobody is told again.
			await issue(ledger, 'hash-1', { idempotencyKey: 'third' });
			const all = await ledger.observed(REALM, 'hash-1', CONFIRMED);
			expect(all.map(({ state }) => state)).toEqual(['confirmed', 'confirmed', 'confirmed']);
			expect(await toldOf(all)).toEqual(['status ONCHAIN', 'confirmed']);
		});

		/** All events are the first row's. */
		const toldOf = async (rows: readonly LedgerRow[]) => {
			const { ledger } = store();
			const events = await ledger.events(0, 100);
			const lowest = Math.min(...rows.map(({ id }) => id));
			expect(new Set(events.map(({ issuanceId }) => issuanceId))).toEqual(new Set([lowest]));
			return await eventTypes(ledger);
		};

		test('is unusable for each row, and told once', async () => {
			const { ledger } = store();
			await issue(ledger, 'hash-1', first);
			await issue(ledger, 'hash-1', second);
			const rows = await ledger.observed(REALM, 'hash-1', REVOKED);
			expect(rows.map(({ state }) => state)).toEqual(['unusable', 'unusable']);
			expect(await toldOf(rows)).toEqual(['status REMOVE', 'unusable']);
		});

		test('is missing for each row, and told once', async () => {
			const { ledger } = store();
			const rows = [await issue(ledger, 'hash-1', first), await issue(ledger, 'hash-1', second)];
			await ledger.missing(REALM, 'hash-1', { nextCheckMs: 0, condemnAfterMs: 0 });
			expect(await ledger.list({ states: ['unusable'], limit: 9 })).toHaveLength(2);
			expect(await toldOf(rows)).toEqual(['unusable']);
		});

		test('is delayed once, and given up once', async () => {
			const { ledger, advance } = store();
			const rows = [await issue(ledger, 'hash-1', first)];
			advance(MINUTE);
			rows.push(await issue(ledger, 'hash-1', second));
			const query = { realm: REALM, minutes: 5, start: 'beginning', limit: 100 } as const;
			advance(5 * MINUTE - 1_000);
			await ledger.appendDelayed(query);
			advance(MINUTE);
			await ledger.appendDelayed(query);
			expect(await toldOf(rows)).toEqual(['delayed 5']);
			expect(await ledger.appendDelayed(query)).toBe(0);
			await ledger.prune({ realm: REALM, finishedDays: 90, openDays: 0, limit: 100 });
			expect(await ledger.list({ states: ['abandoned'], limit: 9 })).toHaveLength(2);
			expect(await toldOf(rows)).toEqual(['delayed 5', 'abandoned']);
		});

		test('many rows with it that are delayed do not hide what comes after them', async () => {
			const { ledger, advance } = store();
			for (const i of [1, 2, 3, 4]) await issue(ledger, 'hash-1', { idempotencyKey: `k${i}` });
			await issue(ledger, 'hash-2', { ...second, recipient: 'bob@example.com' });
			advance(5 * MINUTE);
			const query = { realm: REALM, minutes: 5, start: 'beginning', limit: 2 } as const;
			for (let i = 0; i < 4; i++) await ledger.appendDelayed(query);
			expect(await eventTypes(ledger)).toEqual(['delayed 5', 'delayed 5']);
		});

		test('is told about an issuance of one’s own although somebody watched the hash before', async () => {
			const { ledger } = store();
			const { instance, workflowId, nodeId } = request();
			const pairs = [{ coreClaimHash: 'hash-1', recipient: 'ada@example.com' }];
			await ledger.watch({ realm: REALM, instance, workflowId, nodeId, pairs });
			await ledger.observed(REALM, 'hash-1', CONFIRMED);
			await issue(ledger, 'hash-1', first);
			await ledger.observed(REALM, 'hash-1', CONFIRMED);
			const filter = { realm: REALM, types: ['confirmed'], delayMinutes: 5 } as const;
			const source = { from: 'instance', instance } as const;
			const page = await ledger.feed({ ...filter, source, after: 0, limit: 9 });
			expect(page.events).toHaveLength(1);
		});

		test('another hash of the same row or person is told for itself', async () => {
			const { ledger } = store();
			await issue(ledger, 'hash-1', first);
			await issue(ledger, 'hash-2', { ...second, subjectHmac: 'hmac-2' });
			await ledger.observed(REALM, 'hash-1', CONFIRMED);
			await ledger.observed(REALM, 'hash-2', CONFIRMED);
			const told = ['status ONCHAIN', 'confirmed'];
			expect(await eventTypes(ledger)).toEqual([...told, ...told]);
		});

		test('rows without any hash are given up each for itself', async () => {
			const { ledger } = store();
			for (const idempotencyKey of ['a', 'b']) {
				const attempt = await start(ledger, { idempotencyKey });
				await ledger.failed(attempt, { outcome: 'unknown', reason: 'AIR_TIMEOUT' });
			}
			await ledger.prune({ realm: REALM, finishedDays: 90, openDays: 0, limit: 100 });
			expect(await eventTypes(ledger)).toEqual(['unknown', 'unknown', 'abandoned', 'abandoned']);
		});

		test('under Revoke and Reissue a row with the very hash is not superseded', async () => {
			const { ledger, advance } = store();
			await issue(ledger, 'hash-0', { idempotencyKey: 'oldest' });
			await issue(ledger, 'hash-1', first);
			await ledger.observed(REALM, 'hash-1', PENDING);
			advance(MINUTE);
			const attempt = await start(ledger, second);
			const recorded = await ledger.answered(attempt, answer('hash-1', { supersedes: true }));
			expect(recorded).toMatchObject({ superseded: 1, kept: { sameSubject: true } });
			const states = (await ledger.list({ limit: 9 })).map(({ state }) => state);
			expect(states).toEqual(['submitted', 'submitted', 'superseded']);
		});

		describe('under a key that comes again with Revoke and Reissue', () => {
			const keepOther = async (subjectHmac: string) => {
				const { ledger, advance } = store();
				await issue(ledger, 'hash-1', first);
				advance(MINUTE);
				return await issue(ledger, 'hash-1', { ...second, subjectHmac });
			};
			const again = async (subjectHmac: string, changes = {}) =>
				await store().ledger.begin(request({ ...second, subjectHmac, replaces: true, ...changes }));

			test('is issued now if its subject is another one, and takes the place of both', async () => {
				const { ledger } = store();
				const row = await keepOther('hmac-2');
				const begun = await again('hmac-2');
				if (begun.outcome !== 'started') throw new Error(begun.outcome);
				expect(begun.issuanceId).not.toBe(row.id);
				const recorded = await ledger.answered(begun, answer('hash-2', { supersedes: true }));
				expect(recorded).toMatchObject({ kept: null, superseded: 2 });
				expect(await again('hmac-2')).toMatchObject({
					outcome: 'answered',
					row: { coreClaimHash: 'hash-2', keptSince: null },
				});
			});

			test('is a replay if its subject is the same', async () => {
				await keepOther('hmac-1');
				expect((await again('hmac-1')).outcome).toBe('answered');
			});

			test('is a replay under Keep Existing', async () => {
				await keepOther('hmac-2');
				expect((await again('hmac-2', { replaces: false })).outcome).toBe('answered');
			});

			test('is a replay after something later has been issued: that is not undone', async () => {
				const { ledger, advance } = store();
				await keepOther('hmac-2');
				advance(MINUTE);
				const later = { idempotencyKey: 'third', subjectHmac: 'hmac-3' };
				await issue(ledger, 'hash-3', later, { supersedes: true });
				expect(await again('hmac-2')).toMatchObject({
					outcome: 'answered',
					row: { state: 'superseded' },
				});
			});
		});

		test('an issuance says how many it has replaced', async () => {
			const { ledger, advance } = store();
			const people = ['ada@example.com', 'bob@example.com', 'cem@example.com'];
			for (const [index, recipient] of people.entries()) {
				for (let i = 0; i < index; i++) {
					const idempotencyKey = `${recipient} ${i}`;
					await issue(ledger, `hash ${recipient} ${i}`, { recipient, idempotencyKey });
				}
			}
			advance(MINUTE);
			const attempts = await Promise.all(
				people.map((recipient) => start(ledger, { recipient, idempotencyKey: recipient })),
			);
			const told = await Promise.all(
				attempts.map((attempt, i) =>
					ledger.answered(attempt, answer(`new ${i}`, { supersedes: true })),
				),
			);
			expect(told.map(({ superseded }) => superseded)).toEqual([0, 1, 2]);
			expect(told.map((recorded) => recorded.kept)).toEqual([null, null, null]);
		});
	});
}
