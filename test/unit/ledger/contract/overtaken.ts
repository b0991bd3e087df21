import type { AttemptRef } from '../../../../ledger/Ledger';
import { LEASE_EXPIRED } from '../../../../ledger/transitions';
import type { GetStore } from './store';
import { accepted, answer, CONFIRMED, MINUTE, PROGRAM, request, REALM, start } from './requests';

const UNKNOWN = { outcome: 'unknown', reason: 'AIR_TIMEOUT' } as const;

/** Two attempts on one row: the first was slow, its lease ran out, and it was sent again. */
export function overtaken(store: GetStore): void {
	describe('overtaken', () => {
		const overtake = async (): Promise<[AttemptRef, AttemptRef]> => {
			const { ledger, advance } = store();
			const slow = await start(ledger);
			advance(MINUTE);
			return [slow, await start(ledger, { repeatUnknown: true })];
		};

		test('an answer that came too late is a further issuance', async () => {
			const { ledger } = store();
			const [slow, fast] = await overtake();
			await ledger.answered(fast, answer('fast'));
			const row = await accepted(ledger, slow, answer('slow'));
			expect(row).toMatchObject({ state: 'submitted', coreClaimHash: 'fast', attempt: 2 });
			expect(row.attempts).toMatchObject([
				{ number: 1, outcome: 'accepted', coreClaimHash: 'slow', userUuid: 'uuid-1' },
				{ number: 2, outcome: 'accepted', coreClaimHash: 'fast' },
			]);
			expect(await ledger.find(REALM, { coreClaimHash: 'slow' })).toEqual(row);
			expect(await ledger.observed(REALM, 'slow', CONFIRMED)).toMatchObject([
				{ state: 'submitted', coreClaimHash: 'fast', vcStatus: null },
			]);
		});

		test('both answers in the same moment: each is recorded, and the later attempt stands', async () => {
			const { ledger } = store();
			const [slow, fast] = await overtake();
			await Promise.all([
				ledger.answered(slow, answer('slow')),
				ledger.answered(fast, answer('fast')),
			]);
			const row = await ledger.find(REALM, { coreClaimHash: 'slow' });
			expect(row).toMatchObject({ state: 'submitted', coreClaimHash: 'fast' });
			expect(row?.attempts).toMatchObject([
				{ outcome: 'accepted', coreClaimHash: 'slow' },
				{ outcome: 'accepted', coreClaimHash: 'fast' },
			]);
		});

		test('while the later attempt is under way the row stays its own', async () => {
			const { ledger } = store();
			const [slow, fast] = await overtake();
			const row = await accepted(ledger, slow, answer('slow'));
			expect(row).toMatchObject({ state: 'sending', coreClaimHash: null, attempt: 2 });
			expect((await ledger.begin(request())).outcome).toBe('busy');
			expect(await accepted(ledger, fast, answer('fast'))).toMatchObject({
				state: 'submitted',
				coreClaimHash: 'fast',
			});
		});

		test.each(['rejected', 'not-sent', 'unknown'] as const)(
			'the earlier answer stands if the later attempt ends %s',
			async (outcome) => {
				const { ledger } = store();
				const [slow, fast] = await overtake();
				await ledger.answered(slow, answer('slow', { nextCheckMs: MINUTE }));
				const row = await ledger.failed(fast, { outcome, reason: 'AIR_X' });
				expect(row).toMatchObject({ state: 'submitted', coreClaimHash: 'slow', leaseUntil: null });
				expect(row.answeredAt).toBe(row.attempts[0]?.endedAt);
				const due = await ledger.claimDue({ realm: REALM, limit: 5, leaseMs: MINUTE });
				expect(due).toHaveLength(1);
			},
		);

		test('the earlier answer stands if nobody says how the later attempt ended', async () => {
			const { ledger, advance } = store();
			const [slow] = await overtake();
			await ledger.answered(slow, answer('slow'));
			advance(MINUTE);
			expect(await ledger.begin(request({ repeatUnknown: true }))).toMatchObject({
				outcome: 'answered',
				row: { state: 'submitted', coreClaimHash: 'slow' },
			});
		});

		test('an answer after the lease, with nobody else on the row, counts', async () => {
			const { ledger, advance } = store();
			const slow = await start(ledger);
			advance(MINUTE);
			expect(await ledger.begin(request())).toMatchObject({
				outcome: 'unknown',
				row: { state: 'unknown', reason: LEASE_EXPIRED, leaseUntil: null },
			});
			expect(await accepted(ledger, slow, answer('slow'))).toMatchObject({
				state: 'submitted',
				reason: null,
				coreClaimHash: 'slow',
			});
		});

		test('the later of two answers stands, but never takes a confirmation back', async () => {
			const { ledger } = store();
			const [slow, fast] = await overtake();
			await ledger.answered(slow, answer('slow'));
			await ledger.failed(fast, UNKNOWN);
			expect(await accepted(ledger, fast, answer('fast'))).toMatchObject({ coreClaimHash: 'fast' });

			const other = { idempotencyKey: 'key-2' };
			const first = await start(ledger, other);
			await ledger.failed(first, UNKNOWN);
			const second = await start(ledger, { ...other, repeatUnknown: true });
			await ledger.answered(first, answer('first'));
			await ledger.failed(second, UNKNOWN);
			await ledger.observed(REALM, 'first', CONFIRMED);
			const row = await accepted(ledger, second, answer('second'));
			expect(row).toMatchObject({ state: 'confirmed', coreClaimHash: 'first', vcId: 'vc-1' });
			expect(row.attempts[1]).toMatchObject({ coreClaimHash: 'second', outcome: 'accepted' });
		});

		test('all refusals known at last, however late, free the key', async () => {
			const { ledger } = store();
			const [slow, fast] = await overtake();
			const refused = { outcome: 'rejected', reason: 'AIR_X' } as const;
			expect(await ledger.failed(fast, refused)).toMatchObject({ state: 'unknown' });
			expect(await ledger.failed(slow, refused)).toMatchObject({ state: 'rejected' });
			expect(await start(ledger)).toMatchObject({ attempt: 3 });
		});

		test('a late failure of an overtaken attempt leaves the later one alone', async () => {
			const { ledger } = store();
			const [slow] = await overtake();
			const row = await ledger.failed(slow, { outcome: 'rejected', reason: 'AIR_X' });
			expect(row).toMatchObject({ state: 'sending', attempt: 2 });
			expect(row.attempts).toMatchObject([{ outcome: 'rejected' }, { outcome: 'open' }]);
			const found = await ledger.find(REALM, { program: PROGRAM, idempotencyKey: 'key-1' });
			expect(found).toEqual(row);
		});
	});
}
