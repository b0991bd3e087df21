import type { GetStore } from './store';
import {
	accepted,
	answer,
	CONFIRMED,
	DAY,
	HOUR,
	issue,
	MINUTE,
	request,
	REVOKED,
	REALM,
	start,
} from './requests';

/** What begin answers, and what the ends of attempts make of a row. */
export function attempts(store: GetStore): void {
	describe('attempts', () => {
		test('a new key is started and keeps what was asked for', async () => {
			const { ledger } = store();
			const asked = request({ reference: 'order 7' });
			const begun = await ledger.begin(asked);
			const [row] = await ledger.list({ limit: 10 });
			expect(begun).toEqual({ outcome: 'started', issuanceId: row?.id, attempt: 1 });
			const { rememberMs, leaseMs, repeatUnknown, ...kept } = asked;
			expect([rememberMs, leaseMs, repeatUnknown]).toEqual([DAY, MINUTE, false]);
			expect(row).toMatchObject(kept);
			expect(row).toMatchObject({
				state: 'sending',
				attempt: 1,
				reason: null,
				coreClaimHash: null,
			});
			expect(row?.leaseUntil).toBe((row?.createdAt ?? 0) + leaseMs);
			expect(row?.attempts).toEqual([
				{
					number: 1,
					startedAt: row?.createdAt,
					endedAt: null,
					outcome: 'open',
					coreClaimHash: null,
					userUuid: null,
				},
			]);
		});

		test('one request object twice at once, among others: one attempt', async () => {
			const { ledger } = store();
			const asked = request();
			const other = request({ idempotencyKey: 'other', recipient: 'other@example.com' });
			const begun = await Promise.all([asked, other, asked].map((one) => ledger.begin(one)));
			expect(begun.map(({ outcome }) => outcome)).toEqual(['started', 'started', 'busy']);
		});

		test('an accepted attempt is replayed', async () => {
			const { ledger } = store();
			const row = await issue(ledger, 'hash-1');
			expect(row).toMatchObject({
				state: 'submitted',
				coreClaimHash: 'hash-1',
				userUuid: 'uuid-1',
				leaseUntil: null,
				checks: 0,
			});
			expect(row.answeredAt).toBe(row.attempts[0]?.endedAt);
			expect(row.nextCheckAt).toBe(row.answeredAt);
			expect(await ledger.begin(request())).toEqual({ outcome: 'answered', row });
		});

		test.each([CONFIRMED, REVOKED])('a replay tells the present state: %j', async (observation) => {
			const { ledger } = store();
			await issue(ledger, 'hash-1');
			const [row] = await ledger.observed(REALM, 'hash-1', observation);
			expect(await ledger.begin(request())).toEqual({ outcome: 'answered', row });
			expect(row?.state).toBe(observation.state);
		});

		test('while a lease is valid others are told for how long', async () => {
			const { ledger, advance } = store();
			await start(ledger);
			advance(20_000);
			const busy = await ledger.begin(request({ repeatUnknown: true }));
			expect(busy).toMatchObject({ outcome: 'busy', row: { state: 'sending', attempt: 1 } });
			const leaseMs = busy.outcome === 'busy' ? busy.leaseMs : 0;
			expect(leaseMs).toBeGreaterThan(30_000);
			expect(leaseMs).toBeLessThanOrEqual(40_000);
		});

		test.each(['rejected', 'not-sent'] as const)(
			'what was %s may be tried again',
			async (outcome) => {
				const { ledger } = store();
				const row = await ledger.failed(await start(ledger), { outcome, reason: 'AIR_X' });
				expect(row).toMatchObject({ state: 'rejected', reason: 'AIR_X', leaseUntil: null });
				expect(row.attempts).toMatchObject([{ outcome, endedAt: row.updatedAt }]);
				expect(await start(ledger)).toEqual({ issuanceId: row.id, attempt: 2 });
			},
		);

		test('what was refused may be tried with a corrected subject, which counts from then on', async () => {
			const { ledger } = store();
			await ledger.failed(await start(ledger), { outcome: 'rejected', reason: 'AIR_X' });
			const corrected = {
				subjectHmac: 'hmac-2',
				keyThumbprint: 'thumbprint-2',
				issuerDid: 'did:other',
				executionId: '2',
				reference: 'corrected',
			};
			const row = await issue(ledger, 'hash-1', corrected);
			expect(row).toMatchObject({ ...corrected, state: 'submitted', reason: null });
			expect((await ledger.begin(request(corrected))).outcome).toBe('answered');
			const first = await ledger.begin(request({ keyThumbprint: 'thumbprint-2' }));
			expect(first).toMatchObject({ outcome: 'conflict', about: 'subject' });
		});

		test('an unknown outcome stops the key, unless it may be repeated', async () => {
			const { ledger } = store();
			const failure = { outcome: 'unknown', reason: 'AIR_TIMEOUT' } as const;
			const row = await ledger.failed(await start(ledger), failure);
			expect(row).toMatchObject({ state: 'unknown', reason: 'AIR_TIMEOUT' });
			expect(await ledger.begin(request())).toEqual({ outcome: 'unknown', row });
			expect(await start(ledger, { repeatUnknown: true })).toMatchObject({ attempt: 2 });
		});

		test('a refusal does not undo an earlier unknown outcome', async () => {
			const { ledger } = store();
			await ledger.failed(await start(ledger), { outcome: 'unknown', reason: 'AIR_TIMEOUT' });
			const second = await start(ledger, { repeatUnknown: true });
			const row = await ledger.failed(second, { outcome: 'rejected', reason: 'AIR_DUPLICATE' });
			expect(row).toMatchObject({ state: 'unknown', reason: 'AIR_DUPLICATE' });
			expect(row.attempts.map(({ outcome }) => outcome)).toEqual(['unknown', 'rejected']);
		});

		test('keys are apart by realm and by program', async () => {
			const { ledger } = store();
			await issue(ledger, 'hash-1');
			await issue(ledger, 'hash-2', { realm: 'another realm', subjectHmac: 'hmac-2' });
			await issue(ledger, 'hash-3', { program: 'another program', recipient: 'b@example.com' });
			expect((await ledger.begin(request())).outcome).toBe('answered');
		});

		test('what was answered is told twice without harm', async () => {
			const { ledger, advance } = store();
			const attempt = await start(ledger);
			await ledger.answered(attempt, answer('hash-1'));
			const [confirmed] = await ledger.observed(REALM, 'hash-1', CONFIRMED);
			expect(confirmed).toMatchObject({ state: 'confirmed', vcStatus: 'ONCHAIN', vcId: 'vc-1' });
			advance(HOUR);
			expect(await accepted(ledger, attempt, answer('hash-1'))).toEqual(confirmed);
			await ledger.failed(attempt, { outcome: 'unknown', reason: 'AIR_TIMEOUT' });
			const row = await ledger.find(REALM, { coreClaimHash: 'hash-1' });
			expect(row).toMatchObject({ state: 'confirmed', coreClaimHash: 'hash-1' });
			expect(row?.attempts).toMatchObject([{ outcome: 'accepted', coreClaimHash: 'hash-1' }]);
		});

		test('times are of the store', async () => {
			const { ledger, advance } = store();
			const first = await issue(ledger, 'hash-1', { idempotencyKey: 'a' });
			advance(HOUR);
			const second = await issue(ledger, 'hash-2', { idempotencyKey: 'b' });
			const passed = second.createdAt - first.createdAt;
			expect(passed).toBeGreaterThanOrEqual(HOUR);
			expect(passed).toBeLessThan(HOUR + MINUTE);
		});
	});
}
