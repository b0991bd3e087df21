import type { AttemptRef } from '../../../../ledger/Ledger';
import type { GetStore } from './store';
import {
	accepted,
	answer,
	CONFIRMED,
	DAY,
	eventTypes,
	HOUR,
	issue,
	MINUTE,
	request,
	REALM,
	RETENTION,
	REVOKED,
	start,
} from './requests';

/** The table of docs/internals/ledger.md: what may go wrong between two systems, and what becomes of it. */
export function interleavings(store: GetStore): void {
	describe('interleavings', () => {
		test.each([
			['before the POST', false],
			['after the POST, before its answer', false],
			['after the answer, before it was written', true],
		])('crash %s: the key is busy, then unknown', async (_, airAccepted) => {
			const attempt = await start(store().ledger);
			await store().reopen();
			expect((await store().ledger.begin(request())).outcome).toBe('busy');
			store().advance(MINUTE);
			expect((await store().ledger.begin(request())).outcome).toBe('unknown');
			await store().reopen();
			expect((await store().ledger.begin(request())).outcome).toBe('unknown');
			if (!airAccepted) return;
			// The process that crashed was only slow, and writes after all.
			await store().ledger.answered(attempt, answer('hash-1'));
			expect((await store().ledger.begin(request())).outcome).toBe('answered');
		});

		test('crash, Keep Existing: it is sent again once the lease has run out', async () => {
			await start(store().ledger);
			await store().reopen();
			store().advance(MINUTE);
			const again = await start(store().ledger, { repeatUnknown: true });
			expect(again.attempt).toBe(2);
		});

		test('two workers, one key: one is started, the other finds its answer', async () => {
			const { ledger } = store();
			const other = await store().another();
			const begun = await Promise.all([ledger.begin(request()), other.begin(request())]);
			expect(begun.map(({ outcome }) => outcome).sort()).toEqual(['busy', 'started']);
			const started = begun.find((result) => result.outcome === 'started');
			if (started?.outcome !== 'started') throw new Error('nobody was started');
			const row = await accepted(ledger, started, answer('hash-1'));
			expect(await other.begin(request())).toEqual({ outcome: 'answered', row });
		});

		test('many at once, several keys: one attempt each', async () => {
			const ledgers = [store().ledger, await store().another(), await store().another()];
			const keys = Array.from({ length: 40 }, (_, i) => `key-${i % 10}`);
			const results = await Promise.all(
				keys.flatMap((idempotencyKey) =>
					ledgers.map((ledger) => ledger.begin(request({ idempotencyKey }))),
				),
			);
			expect(results.filter(({ outcome }) => outcome === 'started')).toHaveLength(10);
			expect(results.filter(({ outcome }) => outcome === 'busy')).toHaveLength(110);
		});

		test('Retry On Fail after a part succeeded: only the rest is sent', async () => {
			const { ledger } = store();
			await issue(ledger, 'hash-1', { idempotencyKey: 'item-1' });
			const second = await start(ledger, { idempotencyKey: 'item-2' });
			await ledger.failed(second, { outcome: 'not-sent', reason: 'AIR_UNREACHABLE' });
			const again = await Promise.all(
				['item-1', 'item-2', 'item-3'].map((idempotencyKey) =>
					ledger.begin(request({ idempotencyKey })),
				),
			);
			expect(again.map(({ outcome }) => outcome)).toEqual(['answered', 'started', 'started']);
		});

		test('Retry On Fail after a timeout under Revoke and Reissue: not sent again', async () => {
			const { ledger } = store();
			await ledger.failed(await start(ledger), { outcome: 'unknown', reason: 'AIR_TIMEOUT' });
			for (const executionId of ['1', '1', '2']) {
				expect((await ledger.begin(request({ executionId }))).outcome).toBe('unknown');
			}
		});

		test('redelivery after 18 h is a replay; after 24 h it is a new issuance', async () => {
			const { ledger, advance } = store();
			const first = await issue(ledger, 'hash-1');
			advance(18 * HOUR);
			expect(await ledger.begin(request())).toMatchObject({ outcome: 'answered', row: first });
			advance(6 * HOUR);
			const second = await issue(ledger, 'hash-2');
			expect(second.id).not.toBe(first.id);
			expect(await ledger.begin(request())).toMatchObject({ row: { id: second.id } });
			expect(await ledger.find(REALM, { coreClaimHash: 'hash-1' })).toMatchObject({ id: first.id });
			expect((await ledger.begin(request({ rememberMs: null }))).outcome).toBe('answered');
			advance(24 * HOUR);
			expect((await issue(ledger, 'hash-3')).id).not.toBe(second.id);
			expect(await ledger.list({ limit: 10 })).toHaveLength(3);
		});

		test('an unknown outcome is remembered as long, from the end of its lease', async () => {
			const { ledger, advance } = store();
			const first = await start(ledger);
			advance(24 * HOUR);
			expect((await ledger.begin(request())).outcome).toBe('unknown');
			advance(MINUTE);
			const second = await start(ledger);
			expect(second).toMatchObject({ attempt: 1 });
			expect(second.issuanceId).not.toBe(first.issuanceId);
		});

		test('without a limit an answer is remembered as long as its row is there', async () => {
			const { ledger, advance } = store();
			await issue(ledger, 'hash-1', { rememberMs: null });
			advance(80 * 24 * HOUR);
			expect((await ledger.begin(request({ rememberMs: null }))).outcome).toBe('answered');
		});

		test('a key used again with other content, or for somebody else, is a conflict', async () => {
			const { ledger } = store();
			const other = { recipient: 'eve@example.com' };
			const first = await start(ledger);
			const conflict = async (changes: object) => {
				const result = await ledger.begin(request(changes));
				return result.outcome === 'conflict' ? result.about : result.outcome;
			};
			expect(await conflict({ subjectHmac: 'hmac-2' })).toBe('subject');
			expect(await conflict(other)).toBe('recipient');
			await ledger.answered(first, answer('hash-1'));
			expect(await conflict({ subjectHmac: 'hmac-2' })).toBe('subject');
			expect(await conflict({ ...other, subjectHmac: 'hmac-2' })).toBe('recipient');

			const refused = await start(ledger, { idempotencyKey: 'key-2' });
			await ledger.failed(refused, { outcome: 'rejected', reason: 'AIR_X' });
			expect(await conflict({ ...other, idempotencyKey: 'key-2' })).toBe('recipient');
		});

		test('after a change of the private key subjects cannot be compared', async () => {
			const { ledger } = store();
			const row = await issue(ledger, 'hash-1');
			const rotated = { keyThumbprint: 'thumbprint-2', subjectHmac: 'hmac-2' };
			expect(await ledger.begin(request(rotated))).toEqual({ outcome: 'answered', row });
			const eve = request({ ...rotated, recipient: 'eve@example.com' });
			expect((await ledger.begin(eve)).outcome).toBe('conflict');
		});

		test('what another private key left unknown stays so, no matter whom it is for', async () => {
			const { ledger } = store();
			const failure = { outcome: 'unknown', reason: 'AIR_TIMEOUT' } as const;
			const row = await ledger.failed(await start(ledger), failure);
			const changed = { keyThumbprint: 'thumbprint-2', subjectHmac: 'hmac-2' };
			expect(await ledger.begin(request(changed))).toEqual({ outcome: 'unknown', row });
			const eve = request({ ...changed, recipient: 'eve@example.com', repeatUnknown: true });
			expect(await ledger.begin(eve)).toMatchObject({ outcome: 'conflict', about: 'recipient' });
			expect(await ledger.list({ limit: 10 })).toEqual([row]);
		});

		test.each([HOUR, -HOUR])("this host's clock is %i ms off: the store's decides", async (off) => {
			const { ledger } = store();
			await start(ledger);
			const wrong = Date.now() + off;
			const clock = jest.spyOn(Date, 'now').mockReturnValue(wrong);
			try {
				expect((await ledger.begin(request())).outcome).toBe('busy');
				const row = await issue(ledger, 'hash-2', { idempotencyKey: 'key-2' });
				expect(Math.abs(row.createdAt - wrong)).toBeGreaterThan(HOUR / 2);
				expect(await ledger.claimDue({ realm: REALM, limit: 5, leaseMs: MINUTE })).toHaveLength(1);
			} finally {
				clock.mockRestore();
			}
		});

		test('Revoke and Reissue: what was answered before is superseded, in one go', async () => {
			const { ledger, advance } = store();
			const old = await issue(ledger, 'hash-1', { idempotencyKey: 'a' });
			const confirmed = await issue(ledger, 'hash-2', { idempotencyKey: 'b' });
			await ledger.observed(REALM, 'hash-2', CONFIRMED);
			const others = [
				await issue(ledger, 'hash-3', { idempotencyKey: 'c', recipient: 'eve@example.com' }),
				await issue(ledger, 'hash-4', { idempotencyKey: 'd', program: 'another program' }),
				await issue(ledger, 'hash-5', { idempotencyKey: 'e', realm: 'another realm' }),
			];
			advance(1000);
			await issue(ledger, 'hash-6', { idempotencyKey: 'f' }, { supersedes: true });
			const rows = await ledger.list({ limit: 10 });
			const superseded = rows.filter(({ state }) => state === 'superseded');
			expect(superseded.map(({ id }) => id)).toEqual([confirmed.id, old.id]);
			expect(superseded.map(({ nextCheckAt }) => nextCheckAt)).toEqual([null, null]);
			expect(rows.filter(({ state }) => state === 'submitted')).toHaveLength(others.length + 1);
			expect((await eventTypes(ledger)).slice(2)).toEqual(['superseded', 'superseded']);
			expect(await ledger.observed(REALM, 'hash-1', CONFIRMED)).toMatchObject([
				{ state: 'superseded', vcStatus: 'ONCHAIN' },
			]);
			expect((await eventTypes(ledger)).slice(4)).toEqual([]);
		});

		test('Revoke and Reissue: superseded, although the clock was set back since it was answered', async () => {
			const { ledger, advance } = store();
			await issue(ledger, 'hash-1', { idempotencyKey: 'a' });
			await ledger.observed(REALM, 'hash-1', CONFIRMED);
			advance(-HOUR);
			const attempt = await start(ledger, { idempotencyKey: 'b' });
			const recorded = await ledger.answered(attempt, answer('hash-2', { supersedes: true }));
			expect(recorded).toMatchObject({ superseded: 1 });
			expect(await ledger.totals()).toEqual({ superseded: 1, submitted: 1 });
		});

		test('Revoke and Reissue: neither of two under way at once, although the clock was set back', async () => {
			const { ledger, advance } = store();
			const slow = await start(ledger, { idempotencyKey: 'a' });
			const fast = await start(ledger, { idempotencyKey: 'b' });
			advance(1000);
			await ledger.answered(fast, answer('hash-1', { supersedes: true }));
			advance(-HOUR);
			await ledger.answered(slow, answer('hash-2', { supersedes: true }));
			expect(await ledger.totals()).toEqual({ submitted: 2 });
		});

		test('Revoke and Reissue: what was given up after 180 days is superseded, too', async () => {
			const { ledger, advance } = store();
			await issue(ledger, 'hash-1', { idempotencyKey: 'a' });
			const lost = await start(ledger, { idempotencyKey: 'b' });
			await ledger.failed(lost, { outcome: 'unknown', reason: 'AIR_TIMEOUT' });
			advance(181 * DAY);
			await ledger.prune(RETENTION);
			expect(await ledger.totals()).toEqual({ abandoned: 2 });
			await issue(ledger, 'hash-2', { idempotencyKey: 'c' }, { supersedes: true });
			// Of the other one nobody knows whether there is anything to replace.
			expect(await ledger.totals()).toEqual({ abandoned: 1, superseded: 1, submitted: 1 });
			expect(await ledger.observed(REALM, 'hash-1', REVOKED)).toMatchObject([
				{ state: 'superseded' },
			]);
		});

		test('Revoke and Reissue, many answers at once: as one after another', async () => {
			const { ledger, advance } = store();
			const persons = Array.from({ length: 10 }, (_, i) => `person-${i}@example.com`);
			const startAll = async (round: number) =>
				await Promise.all(
					persons.map((recipient) =>
						start(ledger, { recipient, idempotencyKey: `${round} ${recipient}` }),
					),
				);
			const answerAll = async (begun: readonly AttemptRef[], name: string) => {
				await Promise.all(
					begun.map((attempt, i) =>
						ledger.answered(attempt, answer(`${name}-${i}`, { supersedes: true })),
					),
				);
			};
			const states = async (begun: readonly AttemptRef[]) => {
				const rows = await ledger.list({ limit: 100 });
				const ids = begun.map(({ issuanceId }) => issuanceId);
				return new Set(rows.filter(({ id }) => ids.includes(id)).map(({ state }) => state));
			};
			const first = await startAll(1);
			await answerAll(first, 'first');
			advance(1000);
			// Two for each person, under way at once.
			const second = [...(await startAll(2)), ...(await startAll(3))];
			advance(1000);
			await answerAll(second, 'second');
			expect(await states(first)).toEqual(new Set(['superseded']));
			expect(await states(second)).toEqual(new Set(['submitted']));
			advance(1000);
			// Told twice in one go.
			const third = await startAll(4);
			await answerAll([...third, ...third], 'third');
			expect(await states(second)).toEqual(new Set(['superseded']));
			expect(await states(third)).toEqual(new Set(['submitted']));
			const events = await ledger.events(0, 100);
			const superseded = [...first, ...second].map(({ issuanceId }) => issuanceId);
			expect(events.map(({ issuanceId }) => issuanceId).sort((a, b) => a - b)).toEqual(
				superseded.sort((a, b) => a - b),
			);
		});

		test('an answer for a row that was erased takes no other with it', async () => {
			const { ledger } = store();
			const begun = await Promise.all(
				['a', 'b', 'c'].map((key) =>
					start(ledger, { idempotencyKey: key, recipient: `${key}@example.com` }),
				),
			);
			await ledger.forget('b@example.com');
			const told = await Promise.allSettled(
				begun.map((attempt, i) => ledger.answered(attempt, answer(`hash-${i}`))),
			);
			expect(told.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
			expect(told[1]).toMatchObject({ reason: { code: 'LEDGER_NOT_WRITABLE' } });
			const rows = await ledger.list({ limit: 10 });
			expect(rows.map(({ coreClaimHash }) => coreClaimHash)).toEqual(['hash-2', 'hash-0']);
		});

		test('many keys at once, of all kinds: each is told what it would be told alone', async () => {
			const { ledger, advance } = store();
			const key = (idempotencyKey: string) => ({ idempotencyKey });
			const forgotten = await issue(ledger, 'hash-0', key('forgotten'));
			advance(25 * HOUR);
			await start(ledger, key('expired'));
			advance(MINUTE);
			await issue(ledger, 'hash-1', key('answered'));
			await start(ledger, key('busy'));
			const refused = await start(ledger, key('rejected'));
			await ledger.failed(refused, { outcome: 'rejected', reason: 'AIR_X' });
			await ledger.failed(await start(ledger, key('unknown')), {
				outcome: 'unknown',
				reason: 'AIR_X',
			});
			const asked = ['new', 'forgotten', 'expired', 'answered', 'busy', 'rejected', 'unknown'];
			const told = await Promise.all([
				...asked.map((name) => ledger.begin(request(key(name)))),
				ledger.begin(request({ ...key('answered'), keyThumbprint: 'thumbprint-2' })),
				ledger.begin(request({ ...key('answered'), subjectHmac: 'hmac-2' })),
			]);
			expect(told).toMatchObject([
				{ outcome: 'started', attempt: 1 },
				{ outcome: 'started', attempt: 1 },
				{ outcome: 'unknown', row: { idempotencyKey: 'expired', leaseUntil: null } },
				{ outcome: 'answered', row: { coreClaimHash: 'hash-1' } },
				{ outcome: 'busy', row: { idempotencyKey: 'busy' } },
				{ outcome: 'started', issuanceId: refused.issuanceId, attempt: 2 },
				{ outcome: 'unknown', row: { idempotencyKey: 'unknown' } },
				{ outcome: 'answered', row: { coreClaimHash: 'hash-1' } },
				{ outcome: 'conflict', about: 'subject' },
			]);
			const rows = await ledger.list({ limit: 20 });
			expect(rows).toHaveLength(8);
			expect(rows.find(({ id }) => id === forgotten.id)).toMatchObject({ state: 'submitted' });
			expect(told[1]).not.toMatchObject({ issuanceId: forgotten.id });
		});

		test('one key twice at once, for two people: one is started, the other is a conflict', async () => {
			const { ledger } = store();
			const people = ['ada@example.com', 'eve@example.com', 'bob@example.com'];
			const asked = [0, 1, 2, 0, 1, 2].flatMap((person, i) =>
				['x', 'y'].map((key) =>
					request({
						idempotencyKey: key,
						recipient: people[person] ?? '',
						subjectHmac: `hmac-${person}`,
						executionId: String(i),
					}),
				),
			);
			const results = await Promise.all(asked.map((one) => ledger.begin(one)));
			const rows = await ledger.list({ limit: 10 });
			expect(rows).toHaveLength(2);
			for (const [i, result] of results.entries()) {
				const one = asked[i];
				const row = rows.find(({ idempotencyKey }) => idempotencyKey === one?.idempotencyKey);
				if (result.outcome === 'started') {
					// What is kept is what the one asked for that may send.
					expect(result.issuanceId).toBe(row?.id);
					expect(row).toMatchObject({ recipient: one?.recipient, executionId: one?.executionId });
				} else {
					const same = one?.recipient === row?.recipient;
					expect(result.outcome).toBe(same ? 'busy' : 'conflict');
				}
			}
			expect(results.filter(({ outcome }) => outcome === 'started')).toHaveLength(2);
		});

		test('the clock is set back, and one person is answered twice in the same moment: one stands', async () => {
			const { ledger, advance } = store();
			const hashes = ['one', 'two'];
			const attempts = [];
			for (const key of hashes) {
				attempts.push(await start(ledger, { idempotencyKey: key, subjectHmac: key }));
			}
			advance(-HOUR);
			await Promise.all(
				attempts.map(async (attempt, index) => {
					await ledger.answered(attempt, answer(hashes[index] ?? '', { supersedes: true }));
				}),
			);
			const states = (await ledger.list({ limit: 5 })).map(({ state }) => state);
			expect(states.sort()).toEqual(['submitted', 'superseded']);
		});

		test('Revoke and Reissue, two under way at once: both are watched', async () => {
			const { ledger, advance } = store();
			const slow = await start(ledger, { idempotencyKey: 'a' });
			advance(1000);
			await issue(ledger, 'fast', { idempotencyKey: 'b' }, { supersedes: true });
			advance(1000);
			await ledger.answered(slow, answer('slow', { supersedes: true }));
			const states = (await ledger.list({ limit: 10 })).map(({ state }) => state);
			expect(states).toEqual(['submitted', 'submitted']);
		});
	});
}
