import type {
	AttemptRef,
	DirectRequest,
	Ledger,
	Place,
	Revocable,
	RevokeResult,
	SealedCredential,
} from '../../../../ledger/Ledger';
import { answer, DAY, eventTypes, MINUTE, REALM, request, RETENTION } from './requests';
import type { GetStore } from './store';

const VCT = 'https://example.com/types/member';
const BY = { instance: 'n8n', workflowId: 'w', executionId: '1' };

/** The status of what is issued directly: lists, numbers, and what outlives a row. */
export function revocations(store: GetStore): void {
	const asked = (event: string, changes: Partial<DirectRequest> = {}): DirectRequest => ({
		...request({
			program: VCT,
			idempotencyKey: `event:${event}`,
			rememberMs: null,
			repeatUnknown: true,
		}),
		ifHeld: 'another',
		...changes,
	});

	const sealedAs = (number: number): SealedCredential => ({
		externalId: `urn:uuid:${number}`,
		body: '{}',
		revocationNumber: String(number),
		expiresAt: store().now() + 30 * DAY,
		issuer: 'did:web:example.com',
		kid: 'k1',
		publicJwk: '{}',
		holderDid: 'did:air:id:test:ada',
		holderKey: '302a',
	});

	const begin = async (
		ledger: Ledger,
		number: number,
		revocable: Revocable = 'number',
		changes: Partial<DirectRequest> = {},
	) => {
		const seal = { sealed: sealedAs(number), outlives: true, revocable, instead: null };
		return await ledger.beginDirect(asked(String(number), changes), seal);
	};

	const started = async (...given: Parameters<typeof begin>): Promise<AttemptRef> => {
		const begun = await begin(...given);
		if (begun.outcome !== 'started') throw new Error(`expected started, not ${begun.outcome}`);
		return { issuanceId: begun.issuanceId, attempt: begun.attempt };
	};

	const stored = async (...given: Parameters<typeof begin>): Promise<AttemptRef> => {
		const attempt = await started(...given);
		await given[0].answered(
			attempt,
			answer(`dstorage://vc/${given[1]}`, { nextCheckMs: null, userUuid: null }),
		);
		return attempt;
	};

	const revoke = async (
		ledger: Ledger,
		target: { issuanceId: number } | { number: string },
		realm = REALM,
	): Promise<RevokeResult> => await ledger.revoke({ realm, target, by: BY, note: 'left' });

	const listOf = async (ledger: Ledger, id = 'list-1', size = 64) => {
		await ledger.openList(REALM, { id, size });
	};

	const draws = (...numbers: number[]) => numbers;

	describe('revoking', () => {
		test('once: the row is revoked, with an event and who did it, and its number forever', async () => {
			const { ledger, advance } = store();
			const { issuanceId } = await stored(ledger, 7);
			expect(await ledger.numberStatus(REALM, '7')).toBe('valid');
			expect(await revoke(ledger, { issuanceId })).toMatchObject({
				outcome: 'revoked',
				number: '7',
				place: null,
				row: { state: 'revoked', coreClaimHash: 'dstorage://vc/7' },
			});
			expect(await ledger.numberStatus(REALM, '7')).toBe('revoked');
			expect(await ledger.settlements(REALM, issuanceId)).toMatchObject([
				{ ...BY, outcome: 'revoked', state: 'stored', note: 'left' },
			]);
			const at = store().now();
			advance(MINUTE);
			const again = await revoke(ledger, { issuanceId });
			expect(again).toMatchObject({ outcome: 'before', row: { state: 'revoked' } });
			expect(again.outcome === 'before' && again.at <= at).toBe(true);
			expect(await eventTypes(ledger)).toEqual(['stored', 'revoked']);
			expect(await ledger.settlements(REALM, issuanceId)).toHaveLength(1);
		});

		test('by its number, also when the row is gone', async () => {
			const { ledger } = store();
			await stored(ledger, 7);
			await stored(ledger, 8);
			expect(await revoke(ledger, { number: '7' })).toMatchObject({
				outcome: 'revoked',
				row: { state: 'revoked' },
			});
			await ledger.forget('ada@example.com');
			const gone = await revoke(ledger, { number: '8' });
			expect(gone).toMatchObject({ outcome: 'revoked', number: '8', row: undefined });
			expect(await ledger.numberStatus(REALM, '8')).toBe('revoked');
			expect(await revoke(ledger, { number: '9' })).toEqual({ outcome: 'missing' });
		});

		test('of another realm: missing, and nothing is changed', async () => {
			const { ledger } = store();
			const { issuanceId } = await stored(ledger, 7);
			const other = 'https://air.example partner-2';
			expect(await revoke(ledger, { issuanceId }, other)).toEqual({ outcome: 'missing' });
			expect(await revoke(ledger, { number: '7' }, other)).toEqual({ outcome: 'missing' });
			expect(await ledger.numberStatus(other, '7')).toBeUndefined();
			expect(await ledger.numberStatus(REALM, '7')).toBe('valid');
		});

		test('while it is being sent: busy; when its lease has run out: what was sealed is sent no more', async () => {
			const { ledger, advance, sql } = store();
			const attempt = await started(ledger, 7);
			const target = { issuanceId: attempt.issuanceId };
			expect(await revoke(ledger, target)).toMatchObject({ outcome: 'busy' });
			advance(MINUTE + 1);
			expect(await revoke(ledger, target)).toMatchObject({ outcome: 'revoked' });
			expect(await sql('SELECT 1 AS one FROM envelopes')).toEqual([]);
			expect(await ledger.lookDirect(asked('7'))).toMatchObject({
				outcome: 'answered',
				row: { state: 'revoked' },
			});
			// AIR has stored it after all.
			const late = answer('dstorage://vc/7', { nextCheckMs: null });
			expect(await ledger.answered(attempt, late)).toMatchObject({ replaced: true });
			expect(await ledger.list({ limit: 9 })).toMatchObject([{ state: 'revoked' }]);
		});

		test('what cannot be revoked, and was never answered: a trigger still learns that it is unknown', async () => {
			const { ledger, advance } = store();
			const { issuanceId } = await started(ledger, 7, 'off');
			advance(2 * MINUTE);
			expect(await revoke(ledger, { issuanceId })).toMatchObject({
				outcome: 'not-kept',
				row: { state: 'unknown' },
			});
			await ledger.endLeases({ limit: 9 });
			expect(await eventTypes(ledger)).toEqual(['unknown']);
		});

		test('what AIR refused was never stored; what was not kept cannot be revoked', async () => {
			const { ledger } = store();
			const refused = await started(ledger, 7);
			await ledger.failed(refused, { outcome: 'rejected', reason: 'AIR_STORE_FORBIDDEN' });
			const target = { issuanceId: refused.issuanceId };
			expect(await revoke(ledger, target)).toMatchObject({ outcome: 'never-stored' });
			const off = await stored(ledger, 8, 'off');
			expect(await revoke(ledger, { issuanceId: off.issuanceId })).toMatchObject({
				outcome: 'not-kept',
				row: { state: 'stored' },
			});
			expect(await ledger.numberStatus(REALM, '8')).toBeUndefined();
		});

		test('what somebody settled as not issued by mistake can be revoked', async () => {
			const { ledger } = store();
			for (const number of [7, 8]) {
				const attempt = await started(ledger, number);
				const { issuanceId } = attempt;
				const seen = await ledger.failed(attempt, { outcome: 'unknown', reason: 'AIR_TIMEOUT' });
				const as = { outcome: 'not-issued' } as const;
				await ledger.settle({ realm: REALM, issuanceId, seen, as, by: BY, note: 'not found' });
				const target = number === 7 ? { issuanceId } : { number: '8' };
				expect(await revoke(ledger, target)).toMatchObject({
					outcome: 'revoked',
					row: { state: 'revoked' },
				});
				expect(await ledger.numberStatus(REALM, String(number))).toBe('revoked');
			}
		});

		test('what somebody wants sent again may have been stored: revoked, and sent no more', async () => {
			const { ledger, sql } = store();
			const attempt = await started(ledger, 7);
			const { issuanceId } = attempt;
			const seen = await ledger.failed(attempt, { outcome: 'unknown', reason: 'AIR_TIMEOUT' });
			const as = { outcome: 'send-again' } as const;
			await ledger.settle({ realm: REALM, issuanceId, seen, as, by: BY, note: 'nobody knows' });
			expect(await ledger.liveKeys(REALM)).toMatchObject([{ kid: 'k1', credentials: 1 }]);
			expect(await revoke(ledger, { number: '7' })).toMatchObject({
				outcome: 'revoked',
				row: { state: 'revoked' },
			});
			expect(await ledger.numberStatus(REALM, '7')).toBe('revoked');
			expect(await sql('SELECT 1 AS one FROM envelopes')).toEqual([]);
			expect(await ledger.lookDirect(asked('7'))).toMatchObject({
				outcome: 'answered',
				row: { state: 'revoked' },
			});
			const late = answer('dstorage://vc/7', { nextCheckMs: null });
			expect(await ledger.answered(attempt, late)).toMatchObject({ replaced: true });
			expect(await ledger.totals()).toEqual({ revoked: 1 });
		});

		test('a person whose credential is revoked holds none: Keep issues another', async () => {
			const { ledger } = store();
			const { issuanceId } = await stored(ledger, 7);
			const keep = asked('8', { ifHeld: 'keep' });
			expect(await ledger.lookDirect(keep)).toMatchObject({ outcome: 'held' });
			await revoke(ledger, { issuanceId });
			expect(await ledger.lookDirect(keep)).toMatchObject({ outcome: 'open' });
		});

		test('two at once: one revokes, the other is told that it was', async () => {
			const { ledger } = store();
			const other = await store().another();
			for (let i = 0; i < 5; i++) {
				const { issuanceId } = await stored(ledger, i);
				const told = await Promise.all([
					revoke(ledger, { issuanceId }),
					revoke(other, { issuanceId }),
				]);
				expect(told.map(({ outcome }) => outcome).sort()).toEqual(['before', 'revoked']);
			}
			expect((await eventTypes(ledger)).filter((type) => type === 'revoked')).toHaveLength(5);
		});
	});

	describe('Reissue that revokes first', () => {
		const first = { ifHeld: 'reissue', revokeFirst: true } as const;

		test('the old one is revoked in the same write that begins the new one', async () => {
			const { ledger } = store();
			const old = await stored(ledger, 7);
			const begun = await begin(ledger, 8, 'number', first);
			expect(begun).toMatchObject({ outcome: 'started', replacedFirst: 1 });
			expect(await ledger.numberStatus(REALM, '7')).toBe('revoked');
			expect(await ledger.list({ limit: 9 })).toMatchObject([
				{ state: 'sending' },
				{ id: old.issuanceId, state: 'superseded', replacedBy: old.issuanceId + 1 },
			]);
			expect(await eventTypes(ledger)).toEqual(['stored', 'superseded']);
		});

		test('sent again after an unknown outcome: it still knows what it has replaced', async () => {
			const { ledger } = store();
			await stored(ledger, 7);
			const attempt = await started(ledger, 8, 'number', first);
			await ledger.failed(attempt, { outcome: 'unknown', reason: 'AIR_TIMEOUT' });
			const seal = { sealed: sealedAs(8), outlives: true, revocable: 'number' as const };
			const again = await ledger.beginDirect(asked('8', first), {
				...seal,
				instead: 'urn:uuid:8',
			});
			expect(again).toMatchObject({ outcome: 'started', attempt: 2, replacedFirst: 1 });
		});

		test('otherwise the old one is only marked, and stands until the new one is stored', async () => {
			const { ledger } = store();
			const old = await stored(ledger, 7);
			const attempt = await started(ledger, 8, 'number', { ifHeld: 'reissue' });
			const oldRow = async () => await ledger.list({ id: old.issuanceId, limit: 1 });
			const by = attempt.issuanceId;
			expect(await oldRow()).toMatchObject([{ state: 'stored', replacedBy: by }]);
			expect(await ledger.numberStatus(REALM, '7')).toBe('valid');
			await ledger.answered(
				attempt,
				answer('dstorage://vc/8', { nextCheckMs: null, supersedes: true }),
			);
			expect(await oldRow()).toMatchObject([{ state: 'superseded', replacedBy: by }]);
			expect(await ledger.numberStatus(REALM, '7')).toBe('revoked');
		});
	});

	describe('status lists', () => {
		test('no list, no place; one list for a realm, no matter who opens it', async () => {
			const { ledger } = store();
			const other = await store().another();
			expect(await ledger.freePlace(REALM, draws(1))).toBeUndefined();
			await Promise.all([listOf(ledger, 'list-1'), listOf(other, 'list-2')]);
			const lists = await ledger.statusLists(REALM);
			expect(lists).toMatchObject([{ size: 64, closedAt: null, used: 0, lastIndex: null }]);
			expect(await ledger.freePlace(REALM, draws(65, 2))).toEqual({ list: lists[0]?.id, index: 1 });
			expect(await other.freePlace('https://air.example partner-2', draws(1))).toBeUndefined();
		});

		test('a place is taken with the attempt; the second has to draw again, and nothing is begun', async () => {
			const { ledger } = store();
			await listOf(ledger);
			const place: Place = { list: 'list-1', index: 5 };
			expect(await begin(ledger, 7, place)).toMatchObject({ outcome: 'started' });
			expect(await begin(ledger, 8, place)).toEqual({ outcome: 'changed' });
			expect(await ledger.totals()).toEqual({ sending: 1 });
			expect(await ledger.freePlace(REALM, draws(5, 69, 6))).toEqual({ list: 'list-1', index: 6 });
		});

		test('two processes that draw the same place: one gets it', async () => {
			const { ledger } = store();
			const other = await store().another();
			await listOf(ledger);
			for (let i = 0; i < 10; i++) {
				const place = { list: 'list-1', index: i };
				const told = await Promise.all([
					begin(ledger, 2 * i, place, { recipient: `a${i}@example.com` }),
					begin(other, 2 * i + 1, place, { recipient: `b${i}@example.com` }),
				]);
				expect(told.map(({ outcome }) => outcome).sort()).toEqual(['changed', 'started']);
			}
			const found = await store().sql('SELECT list_index FROM credentials');
			expect(new Set(found.map((row) => row.list_index)).size).toBe(10);
		});

		test('a list that is half full is closed, and goes on being served', async () => {
			const { ledger } = store();
			await listOf(ledger, 'list-1', 8);
			for (let i = 0; i < 4; i++) await stored(ledger, i, { list: 'list-1', index: i });
			expect(await ledger.freePlace(REALM, draws(0, 6))).toBeUndefined();
			await listOf(ledger, 'list-2', 8);
			expect(await ledger.freePlace(REALM, draws(0))).toEqual({ list: 'list-2', index: 0 });
			expect(await ledger.statusLists(REALM)).toMatchObject([
				{ id: 'list-1', used: 4, lastIndex: 3, closedAt: expect.any(Number) as number },
				{ id: 'list-2', used: 0, closedAt: null },
			]);
			await revoke(ledger, { number: '2' });
			expect(await ledger.statusList(REALM, 'list-1')).toMatchObject({ revoked: [2], size: 8 });
		});

		test('bits are what was revoked; a list is known in its realm only', async () => {
			const { ledger } = store();
			await listOf(ledger);
			const before = store().now();
			for (const [number, index] of [
				[1, 40],
				[2, 3],
				[3, 9],
			] as const) {
				await stored(ledger, number, { list: 'list-1', index });
			}
			expect(await ledger.statusList(REALM, 'list-1')).toMatchObject({ revoked: [] });
			await revoke(ledger, { number: '1' });
			const second = await revoke(ledger, { number: '2' });
			const list = await ledger.statusList(REALM, 'list-1');
			expect(list).toMatchObject({ id: 'list-1', size: 64, revoked: [3, 40], doubtful: false });
			expect(list?.changedAt).toBe(second.outcome === 'revoked' ? second.at : 0);
			expect(list?.changedAt).toBeGreaterThanOrEqual(before - 1000);
			expect(await ledger.statusList('https://air.example p2', 'list-1')).toBeUndefined();
			expect(await ledger.statusList(REALM, 'list-9')).toBeUndefined();
		});

		test('reissue and a replaced seal set their bits as well', async () => {
			const { ledger } = store();
			await listOf(ledger);
			await stored(ledger, 1, { list: 'list-1', index: 1 });
			const attempt = await started(ledger, 2, { list: 'list-1', index: 2 }, { ifHeld: 'reissue' });
			await ledger.answered(
				attempt,
				answer('dstorage://vc/2', { nextCheckMs: null, supersedes: true }),
			);
			expect((await ledger.statusList(REALM, 'list-1'))?.revoked).toEqual([1]);
		});

		test('erasing and retention leave the bits; of a closed list nothing goes before all has expired', async () => {
			const { ledger, advance } = store();
			await listOf(ledger, 'list-1', 8);
			for (let i = 0; i < 4; i++) await stored(ledger, i, { list: 'list-1', index: i });
			await revoke(ledger, { number: '2' });
			await ledger.forget('ada@example.com');
			await ledger.prune({ ...RETENTION, finishedDays: 1 });
			expect((await ledger.statusList(REALM, 'list-1'))?.revoked).toEqual([2]);
			advance(20 * DAY);
			await listOf(ledger, 'list-2', 8);
			await stored(ledger, 9, { list: 'list-1', index: 7 });
			advance(20 * DAY);
			await ledger.prune({ ...RETENTION, finishedDays: 1 });
			expect((await ledger.statusList(REALM, 'list-1'))?.revoked).toEqual([2]);
			advance(20 * DAY);
			await ledger.prune({ ...RETENTION, finishedDays: 1 });
			expect((await ledger.statusLists(REALM)).map(({ id }) => id)).toEqual(['list-2']);
		});

		test('an open list keeps the places of what has expired: none is given out twice', async () => {
			const { ledger, advance } = store();
			await listOf(ledger);
			await stored(ledger, 1, { list: 'list-1', index: 1 });
			await stored(ledger, 2);
			advance(60 * DAY);
			await ledger.prune({ ...RETENTION, finishedDays: 1 });
			expect(await ledger.freePlace(REALM, draws(1, 2))).toEqual({ list: 'list-1', index: 2 });
			expect(await ledger.numberStatus(REALM, '2')).toBeUndefined();
		});
	});

	describe('put back to an older state', () => {
		const prepared = async (ledger: Ledger) => {
			await listOf(ledger);
			await stored(ledger, 1, { list: 'list-1', index: 1 });
			await stored(ledger, 2, { list: 'list-1', index: 2 });
			await stored(ledger, 3);
			await stored(ledger, 4);
			await revoke(ledger, { number: '2' });
			await revoke(ledger, { number: '4' });
		};
		const status = async (ledger: Ledger, ...numbers: string[]) =>
			await Promise.all(numbers.map(async (one) => await ledger.numberStatus(REALM, one)));

		test('lists are closed, and what is not revoked is doubtful', async () => {
			const { ledger, sql } = store();
			await prepared(ledger);
			const [before] = await sql('SELECT id FROM identity');
			expect(await ledger.restored([], false)).toEqual({ closed: 1, doubtful: 1, unknown: [] });
			expect(await sql('SELECT id FROM identity')).not.toEqual([before]);
			expect(await ledger.statusList(REALM, 'list-1')).toMatchObject({ doubtful: true });
			expect(await status(ledger, '1', '2', '3', '4')).toEqual([
				...['doubtful', 'revoked', 'doubtful', 'revoked'],
			]);
			expect(await ledger.freePlace(REALM, draws(9))).toBeUndefined();
			await listOf(ledger, 'list-2');
			expect(await ledger.freePlace(REALM, draws(9))).toEqual({ list: 'list-2', index: 9 });
			await revoke(ledger, { number: '3' });
			expect(await status(ledger, '3')).toEqual(['revoked']);
		});

		test('what was published last is taken over, also of what the ledger has forgotten', async () => {
			const { ledger } = store();
			await prepared(ledger);
			const published = [{ id: 'list-1', revoked: [1, 2, 33] }];
			expect(await ledger.restored(published, false)).toEqual({
				closed: 1,
				doubtful: 0,
				unknown: [],
			});
			expect(await ledger.statusList(REALM, 'list-1')).toMatchObject({
				doubtful: false,
				revoked: [1, 2, 33],
			});
			expect(await status(ledger, '1', '3')).toEqual(['revoked', 'doubtful']);
		});

		test('who held what was revoked since holds none: the next one is issued, and not kept', async () => {
			const { ledger } = store();
			await prepared(ledger);
			await ledger.restored([{ id: 'list-1', revoked: [1, 2] }], false);
			const rows = await ledger.list({ recipient: 'ada@example.com', limit: 9 });
			expect(rows.map(({ revocationNumber, state }) => [revocationNumber, state]).sort()).toEqual([
				...[
					['1', 'revoked'],
					['2', 'revoked'],
					['3', 'stored'],
					['4', 'revoked'],
				],
			]);
			expect(await revoke(ledger, { number: '3' })).toMatchObject({ outcome: 'revoked' });
			const looked = await ledger.lookDirect(asked('again', { ifHeld: 'keep' }));
			expect(looked.outcome).toBe('open');
		});

		test('what was being sent at the backup, and was revoked since, is not sent again', async () => {
			const { ledger, advance } = store();
			await listOf(ledger);
			await started(ledger, 7, { list: 'list-1', index: 3 });
			advance(10 * MINUTE);
			await ledger.restored([{ id: 'list-1', revoked: [3] }], true);
			expect(await ledger.list({ limit: 9 })).toMatchObject([{ state: 'revoked' }]);
			expect(await ledger.lookDirect(asked('7'))).toMatchObject({
				outcome: 'answered',
				row: { state: 'revoked' },
			});
		});

		test('of two copies of a list everything is taken over, in whichever order', async () => {
			const { ledger } = store();
			await prepared(ledger);
			const copies = [[1, 2, 33], [2]].map((revoked) => ({ id: 'list-1', revoked }));
			await ledger.restored(copies, false);
			await ledger.restored([{ id: 'list-1', revoked: [2, 40] }], false);
			expect(await ledger.statusList(REALM, 'list-1')).toMatchObject({
				revoked: [1, 2, 33, 40],
			});
		});

		test('a list that the ledger does not know is not taken over, and that is said', async () => {
			const { ledger } = store();
			await prepared(ledger);
			const published = ['list-1', 'list-9'].map((id) => ({ id, revoked: [1] }));
			expect(await ledger.restored(published, false)).toMatchObject({ unknown: ['list-9'] });
		});

		test('nothing was revoked since: nothing is doubtful, and the lists are closed anyway', async () => {
			const { ledger } = store();
			await prepared(ledger);
			expect(await ledger.restored([], true)).toEqual({ closed: 1, doubtful: 0, unknown: [] });
			expect(await status(ledger, '1', '2')).toEqual(['valid', 'revoked']);
			expect(await ledger.freePlace(REALM, draws(9))).toBeUndefined();
		});

		test('a ledger whose ID was changed by hand gives no place in its lists', async () => {
			const { ledger, sql } = store();
			await prepared(ledger);
			await sql("UPDATE identity SET id = 'other'");
			expect(await ledger.freePlace(REALM, draws(9))).toBeUndefined();
			await listOf(ledger, 'list-2');
			expect(await ledger.freePlace(REALM, draws(9))).toMatchObject({ list: 'list-2' });
		});
	});

	describe('expiry', () => {
		const limit = 100;
		const append = async (minutes: number, start: 'now' | 'beginning' = 'now') =>
			await store().ledger.appendDelayed({ realm: REALM, minutes, before: 'expiry', start, limit });
		const told = async () =>
			(await eventTypes(store().ledger)).filter((type) => type.startsWith('expir'));

		test('expiring soon, and expired: once each, for what stands', async () => {
			const { ledger, advance } = store();
			for (const number of [1, 2, 3]) await stored(ledger, number);
			expect(await append(2 * 1440)).toBe(0);
			advance(27 * DAY);
			expect(await append(2 * 1440)).toBe(0);
			await revoke(ledger, { number: '3' });
			advance(DAY + MINUTE);
			expect(await append(2 * 1440)).toBe(2);
			expect(await append(2 * 1440)).toBe(0);
			expect(await append(0)).toBe(0);
			advance(2 * DAY);
			expect(await append(0)).toBe(2);
			expect(await append(0)).toBe(0);
			expect(await append(2 * 1440)).toBe(0);
			expect(await told()).toEqual(['expiring 2880', 'expiring 2880', 'expired', 'expired']);
		});

		const soon = async (ledger: Ledger) => {
			const filter = { delayMinutes: 5, expiringMinutes: 2 * 1440, after: 0, limit };
			const types = ['stored', 'expiring', 'expired'] as const;
			const source = { from: 'everywhere' } as const;
			const { events } = await ledger.feed({ realm: REALM, source, types, ...filter });
			return events.map(({ type, row }) => `${type} ${row.revocationNumber ?? ''}`);
		};

		test('not soon any more for who comes later: what was revoked or replaced since', async () => {
			const { ledger, advance } = store();
			const person = { program: VCT, idempotencyKey: 'event:4', recipient: 'bob@example.com' };
			await stored(ledger, 1);
			await stored(ledger, 2, 'number', { recipient: person.recipient });
			await stored(ledger, 3);
			advance(29 * DAY);
			expect(await append(2 * 1440)).toBe(3);
			await revoke(ledger, { number: '1' });
			const reissue = await started(ledger, 4, 'number', { ...person, ifHeld: 'reissue' });
			const told = answer('dstorage://vc/4', { nextCheckMs: null, supersedes: true });
			await ledger.answered(reissue, told);
			expect(await soon(ledger)).toEqual([
				...['stored 1', 'stored 2', 'stored 3'],
				...['expiring 3', 'stored 4'],
			]);
		});

		test('of what somebody settled as issued, without knowing what AIR calls it', async () => {
			const { ledger, advance } = store();
			const attempt = await started(ledger, 1);
			const row = await ledger.failed(attempt, { outcome: 'unknown', reason: 'AIR_TIMEOUT' });
			const as = { outcome: 'issued', coreClaimHash: null, userUuid: null } as const;
			const { issuanceId } = attempt;
			await ledger.settle({ realm: REALM, issuanceId, seen: row, as, by: BY, note: 'seen' });
			advance(29 * DAY);
			for (const minutes of [2 * 1440, 0]) await append(minutes);
			advance(2 * DAY);
			await append(0);
			expect(await soon(ledger)).toEqual(['stored 1', 'expiring 1', 'expired 1']);
		});

		test('what is stored with less time left than that is told as well', async () => {
			const { ledger } = store();
			expect(await append(60 * 1440)).toBe(0);
			await stored(ledger, 1);
			expect(await append(60 * 1440)).toBe(1);
		});

		test('from now on: not what has expired; from the beginning: that, too', async () => {
			const { ledger, advance } = store();
			await stored(ledger, 1);
			advance(40 * DAY);
			expect(await append(0)).toBe(0);
			expect(await append(1, 'beginning')).toBe(1);
			expect(await told()).toEqual(['expiring 1']);
		});
	});

	describe('keys that live credentials were signed with', () => {
		const keys = async (ledger: Ledger) =>
			(await ledger.liveKeys(REALM)).map(({ kid, credentials, unpublishedAt }) => ({
				...{ kid, credentials, givenUp: unpublishedAt !== null },
			}));
		const one = (credentials: number, givenUp = false) => [{ kid: 'k1', credentials, givenUp }];

		const giveUp = async (ledger: Ledger, givenUp: number, kid = 'k1') =>
			await ledger.unpublishKey({ realm: REALM, kid, givenUp });

		test('are counted by what can still be shown: not what was revoked, refused or has expired', async () => {
			const { ledger, advance } = store();
			await stored(ledger, 1);
			await stored(ledger, 2);
			await stored(ledger, 3, 'off');
			await started(ledger, 4);
			await ledger.failed(await started(ledger, 5), { outcome: 'rejected', reason: 'no' });
			expect(await ledger.liveKeys(REALM)).toMatchObject([
				{ kid: 'k1', keyThumbprint: 'thumbprint-1', publicJwk: '{}', credentials: 4 },
			]);
			await revoke(ledger, { number: '1' });
			expect(await keys(ledger)).toEqual(one(3));
			expect(await ledger.liveKeys('another realm')).toEqual([]);
			advance(31 * DAY);
			expect(await keys(ledger)).toEqual([]);
		});

		test('another key that has the same Key ID, as long as its credentials live and are not given up', async () => {
			const { ledger, advance } = store();
			const other = async (key: Partial<Parameters<Ledger['otherKey']>[0]> = {}) =>
				(await ledger.otherKey({ realm: REALM, kid: 'k1', keyThumbprint: 'next', ...key }))
					?.credentials;
			expect(await other()).toBeUndefined();
			await stored(ledger, 1);
			expect(await other()).toBe(1);
			expect(await other({ keyThumbprint: 'thumbprint-1' })).toBeUndefined();
			expect(await other({ kid: 'k2' })).toBeUndefined();
			expect(await other({ realm: 'another realm' })).toBeUndefined();
			await giveUp(ledger, 1);
			expect(await other()).toBeUndefined();
			// Signed with it again: it is needed again.
			await stored(ledger, 2);
			expect(await other()).toBe(2);
			advance(31 * DAY);
			expect(await other()).toBeUndefined();
		});

		test('two processes that begin at once with different keys under one Key ID: one is told to look again', async () => {
			const { ledger } = store();
			const other = await store().another();
			for (let i = 0; i < 10; i++) {
				const of = async (on: Ledger, number: number, keyThumbprint: string) =>
					await on.beginDirect(
						asked(String(number), { recipient: `p${number}@example.com`, keyThumbprint }),
						{
							sealed: { ...sealedAs(number), kid: `kid-${i}` },
							...{ outlives: true, instead: null },
							revocable: i % 2 === 0 ? 'number' : 'off',
						},
					);
				const told = await Promise.all([
					of(ledger, 2 * i, `first-${i}`),
					of(other, 2 * i + 1, `next-${i}`),
				]);
				expect(told.map(({ outcome }) => outcome).sort()).toEqual(['changed', 'started']);
				expect((await ledger.liveKeys(REALM)).filter(({ kid }) => kid === `kid-${i}`)).toHaveLength(
					1,
				);
			}
			expect(await ledger.list({ limit: 99 })).toHaveLength(10);
		});

		test('count what may have been stored, however it can be revoked', async () => {
			const { ledger } = store();
			await started(ledger, 1, 'off');
			expect(await keys(ledger)).toEqual(one(1));
			await ledger.failed(await started(ledger, 2, 'off'), { outcome: 'unknown', reason: 'cut' });
			expect(await keys(ledger)).toEqual(one(2));
			await ledger.failed(await started(ledger, 3, 'off'), { outcome: 'rejected', reason: 'no' });
			expect(await keys(ledger)).toEqual(one(2));
		});

		test('outlive retention and an erased person', async () => {
			const { ledger } = store();
			await stored(ledger, 1);
			await ledger.forget('ada@example.com');
			expect(await keys(ledger)).toEqual(one(1));
		});

		test('one is given up only with the number of credentials that nobody can check any more', async () => {
			const { ledger } = store();
			await stored(ledger, 1);
			await stored(ledger, 2);
			const needed = { outcome: 'needed', credentials: 2 };
			expect(await giveUp(ledger, 0)).toMatchObject(needed);
			expect(await giveUp(ledger, 3)).toMatchObject(needed);
			expect(await keys(ledger)).toEqual(one(2));
			expect(await giveUp(ledger, 2)).toMatchObject({ ...needed, outcome: 'unpublished' });
			expect(await keys(ledger)).toEqual(one(2, true));
			expect(await giveUp(ledger, 2)).toMatchObject({ outcome: 'before', credentials: 0 });
		});

		test('a key that nothing lives by is given up with none', async () => {
			const { ledger } = store();
			const none = { outcome: 'unpublished', credentials: 0, lastExpiresAt: null };
			expect(await giveUp(ledger, 0, 'never used')).toEqual(none);
			await stored(ledger, 1);
			await revoke(ledger, { number: '1' });
			expect(await giveUp(ledger, 0)).toEqual(none);
		});

		test('who issues with it again needs it again', async () => {
			const { ledger } = store();
			await stored(ledger, 1);
			await giveUp(ledger, 1);
			await stored(ledger, 2);
			expect(await keys(ledger)).toEqual(one(2));
		});
	});
}
