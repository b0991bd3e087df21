import type { AttemptRef, LedgerRow, SettleRequest } from '../../../../ledger/Ledger';
import type { GetStore } from './store';
import {
	answer,
	CONFIRMED,
	eventTypes,
	HOUR,
	issue,
	MINUTE,
	REALM,
	request,
	start,
} from './requests';

/** What a person says of an outcome that the ledger does not know. */
export function settling(store: GetStore): void {
	describe('settling by hand', () => {
		const BY = { instance: 'n8n', workflowId: 'w-9', executionId: '99' };
		const AT_AIR = { outcome: 'issued', coreClaimHash: 'hash-1', userUuid: null } as const;

		async function unknown(): Promise<{ attempt: AttemptRef; row: LedgerRow }> {
			const { ledger } = store();
			const attempt = await start(ledger);
			const failure = { outcome: 'unknown', reason: 'AIR_TIMEOUT' } as const;
			return { attempt, row: await ledger.failed(attempt, failure) };
		}
		const settle = async (row: LedgerRow, changes: Partial<SettleRequest> = {}) =>
			await store().ledger.settle({
				realm: REALM,
				issuanceId: row.id,
				seen: { state: row.state, attempt: row.attempt },
				as: AT_AIR,
				by: BY,
				note: 'seen in the dashboard',
				...changes,
			});

		test('as issued: a replay from then on, asked about, and told who settled it', async () => {
			const { ledger } = store();
			const { row } = await unknown();
			const result = await settle(row);
			expect(result).toMatchObject({
				outcome: 'settled',
				row: { state: 'submitted', coreClaimHash: 'hash-1', reason: null, leaseUntil: null },
			});
			expect(await ledger.begin(request())).toMatchObject({ outcome: 'answered' });
			const due = await ledger.claimDue({ realm: REALM, limit: 5, leaseMs: MINUTE });
			expect(due).toMatchObject([{ id: row.id }]);
			await ledger.observed(REALM, 'hash-1', CONFIRMED);
			expect(await ledger.totals()).toEqual({ confirmed: 1 });
			expect(await ledger.settlements(REALM, row.id)).toEqual([
				{
					...BY,
					at: expect.any(Number) as unknown,
					outcome: 'issued',
					state: 'unknown',
					attempt: 1,
					note: 'seen in the dashboard',
				},
			]);
			expect(await ledger.settlements('another realm', row.id)).toEqual([]);
		});

		test.each(['hash-1', 'hash-2'])(
			'as issued, and then the answer %s comes after all: it is recorded',
			async (hash) => {
				const { ledger } = store();
				const { attempt, row } = await unknown();
				await settle(row);
				expect(await ledger.answered(attempt, answer(hash))).toMatchObject({ superseded: 0 });
				const [now] = await ledger.list({ limit: 1 });
				expect(now).toMatchObject({ state: 'submitted', coreClaimHash: 'hash-1' });
				expect(now?.attempts.map(({ coreClaimHash }) => coreClaimHash)).toEqual([hash, 'hash-1']);
				expect(await ledger.find(REALM, { coreClaimHash: hash })).toEqual(now);
			},
		);

		test('as issued by somebody who knows no hash: a replay, that nobody asks about', async () => {
			const { ledger, advance } = store();
			const { attempt, row } = await unknown();
			const as = { outcome: 'issued', coreClaimHash: null, userUuid: null } as const;
			expect(await settle(row, { as })).toMatchObject({
				outcome: 'settled',
				row: { state: 'submitted', coreClaimHash: null, nextCheckAt: null },
			});
			expect((await ledger.begin(request())).outcome).toBe('answered');
			advance(HOUR);
			expect(await ledger.claimDue({ realm: REALM, limit: 5, leaseMs: MINUTE })).toEqual([]);
			const delayed = { realm: REALM, minutes: 1, start: 'beginning', limit: 5 } as const;
			expect(await ledger.appendDelayed(delayed)).toBe(0);
			expect(await settle(row, { as: { outcome: 'not-issued' } })).toMatchObject({
				outcome: 'changed',
			});
			// Given up by retention, it is still what somebody said of it.
			await ledger.prune({ realm: REALM, finishedDays: 90, openDays: 0, limit: 10 });
			expect(await ledger.totals()).toEqual({ abandoned: 1 });
			expect((await ledger.begin(request({ rememberMs: null }))).outcome).toBe('answered');
			const [given] = await ledger.list({ limit: 1 });
			if (given === undefined) throw new Error('no row');
			expect(await settle(given, { as })).toMatchObject({ outcome: 'changed' });
			await ledger.answered(attempt, answer('late'));
			expect(await ledger.list({ limit: 1 })).toMatchObject([
				{ state: 'submitted', coreClaimHash: 'late' },
			]);
		});

		test('as issued: what the person held before is superseded, as by an answer of AIR', async () => {
			const { ledger, advance } = store();
			await issue(ledger, 'hash-0', { idempotencyKey: 'before' });
			await ledger.observed(REALM, 'hash-0', CONFIRMED);
			const eve = { recipient: 'eve@example.com' };
			await issue(ledger, 'hash-e', { idempotencyKey: 'of another person', ...eve });
			advance(MINUTE);
			const { attempt, row } = await unknown();
			advance(MINUTE);
			await issue(ledger, 'hash-2', { idempotencyKey: 'since then' });
			expect(await settle(row)).toMatchObject({ outcome: 'settled' });
			const rows = await ledger.list({ sort: 'oldest', limit: 9 });
			expect(rows.map(({ state }) => state)).toEqual([
				...['superseded', 'submitted', 'submitted', 'submitted'],
			]);
			expect(rows[0]).toMatchObject({ replacedBy: row.id });
			expect((await eventTypes(ledger)).slice(-2)).toEqual(['unknown', 'superseded']);
			await ledger.answered(attempt, answer('hash-1', { supersedes: true }));
			expect(await eventTypes(ledger)).toHaveLength(4);
		});

		test('as issued with the hash that the person held before: AIR kept it', async () => {
			const { ledger, advance } = store();
			await issue(ledger, 'hash-1', { idempotencyKey: 'before' });
			advance(MINUTE);
			const { row } = await unknown();
			await settle(row);
			expect(await ledger.totals()).toEqual({ submitted: 2 });
		});

		test('as issued without a hash, and then replaced: it is superseded', async () => {
			const { ledger, advance } = store();
			const { row } = await unknown();
			await settle(row, { as: { ...AT_AIR, coreClaimHash: null } });
			advance(MINUTE);
			await issue(ledger, 'hash-2', { idempotencyKey: 'key-2' }, { supersedes: true });
			expect(await ledger.totals()).toEqual({ superseded: 1, submitted: 1 });
		});

		test('as not issued: the key may be tried again, and a refusal is one', async () => {
			const { ledger } = store();
			const { row } = await unknown();
			expect(await settle(row, { as: { outcome: 'not-issued' } })).toMatchObject({
				outcome: 'settled',
				row: { state: 'rejected', reason: 'LEDGER_SETTLED', attempts: [{ outcome: 'rejected' }] },
			});
			const second = await start(ledger);
			expect(second).toEqual({ issuanceId: row.id, attempt: 2 });
			const refusal = { outcome: 'rejected', reason: 'AIR_X' } as const;
			expect(await ledger.failed(second, refusal)).toMatchObject({ state: 'rejected' });
		});

		test('as not issued, and then an answer comes after all: it stands', async () => {
			const { ledger } = store();
			const { attempt, row } = await unknown();
			await settle(row, { as: { outcome: 'not-issued' } });
			await ledger.answered(attempt, answer('late'));
			expect(await ledger.begin(request())).toMatchObject({
				outcome: 'answered',
				row: { coreClaimHash: 'late' },
			});
		});

		test('as not issued while its process was held up, which then gets no clear answer: unknown again', async () => {
			const { ledger, advance } = store();
			const attempt = await start(ledger);
			advance(MINUTE);
			const [row] = await ledger.list({ limit: 1 });
			if (row === undefined) throw new Error('no row');
			expect(await settle(row, { as: { outcome: 'not-issued' } })).toMatchObject({
				outcome: 'settled',
			});
			const failure = { outcome: 'unknown', reason: 'AIR_TIMEOUT' } as const;
			for (let told = 0; told < 2; told++) {
				expect(await ledger.failed(attempt, failure)).toMatchObject({
					state: 'unknown',
					reason: 'AIR_TIMEOUT',
					attempts: [{ outcome: 'unknown' }],
				});
			}
			expect((await ledger.begin(request())).outcome).toBe('unknown');
		});

		test('to be sent again: once, and a refusal leaves it unknown', async () => {
			const { ledger } = store();
			const { row } = await unknown();
			await settle(row, { as: { outcome: 'send-again' }, note: null });
			const second = await start(ledger);
			const refusal = { outcome: 'rejected', reason: 'AIR_X' } as const;
			const after = await ledger.failed(second, refusal);
			expect(after).toMatchObject({ state: 'unknown' });
			expect((await ledger.begin(request())).outcome).toBe('unknown');
			await settle(after);
			expect(await ledger.settlements(REALM, row.id)).toMatchObject([
				{ outcome: 'send-again', attempt: 1, note: null },
				{ outcome: 'issued', attempt: 2 },
			]);
		});

		test('not while an attempt is under way; after its lease it is as unknown', async () => {
			const { ledger, advance } = store();
			await start(ledger);
			const [row] = await ledger.list({ limit: 1 });
			if (row === undefined) throw new Error('no row');
			const busy = await settle(row);
			expect(busy).toMatchObject({ outcome: 'busy', row: { state: 'sending' } });
			expect(busy.outcome === 'busy' ? busy.leaseMs : 0).toBeGreaterThan(MINUTE / 2);
			advance(MINUTE);
			expect(await settle(row)).toMatchObject({ outcome: 'settled', row: { state: 'submitted' } });
		});

		test('not when the row is no longer as it was seen, or of another realm, or gone', async () => {
			const { ledger } = store();
			const { row } = await unknown();
			expect(await settle(row, { seen: { state: 'unknown', attempt: 2 } })).toMatchObject({
				outcome: 'changed',
			});
			expect(await settle(row, { realm: 'another realm' })).toEqual({ outcome: 'missing' });
			expect(await settle(row, { issuanceId: row.id + 1 })).toEqual({ outcome: 'missing' });
			await settle(row);
			expect(await settle(row, { as: { outcome: 'not-issued' } })).toMatchObject({
				outcome: 'changed',
				row: { state: 'submitted', coreClaimHash: 'hash-1' },
			});
			const other = await issue(ledger, 'hash-3', { idempotencyKey: 'key-3' });
			expect(await settle(other)).toMatchObject({ outcome: 'changed' });
			expect(await ledger.settlements(REALM, row.id)).toHaveLength(1);
		});

		test('two at once: one settles', async () => {
			const { row } = await unknown();
			const both = await Promise.all([settle(row), settle(row, { as: { outcome: 'not-issued' } })]);
			expect(both.map(({ outcome }) => outcome).sort()).toEqual(['changed', 'settled']);
		});

		test('what was noted goes with the person', async () => {
			const { ledger } = store();
			const { row } = await unknown();
			await settle(row);
			await ledger.forget('ada@example.com');
			expect(await ledger.settlements(REALM, row.id)).toEqual([]);
		});
	});
}
