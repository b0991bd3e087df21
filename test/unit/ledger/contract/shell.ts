import {
	outcomeOf,
	ROW_OUTCOMES,
	type AttemptFailure,
	type RowOutcome,
} from '../../../../ledger/Ledger';
import type { GetStore } from './store';
import {
	answer,
	CONFIRMED,
	DAY,
	HOUR,
	issue,
	issueMany,
	MINUTE,
	PROGRAM,
	REALM,
	start,
} from './requests';

/** What people ask at the shell, and whom rows are shown to. */
export function shell(store: GetStore): void {
	describe('looking', () => {
		test('an empty ledger is empty', async () => {
			const { ledger } = store();
			expect(await ledger.list({ limit: 10 })).toEqual([]);
			expect(await ledger.totals()).toEqual({});
			expect(await ledger.programs(REALM)).toEqual([]);
			expect(await ledger.events(0, 10)).toEqual([]);
			const key = { program: PROGRAM, idempotencyKey: 'key-1' };
			expect(await ledger.find(REALM, key)).toBeUndefined();
		});

		test('list: newest first, by state, by recipient, page by page', async () => {
			const { ledger } = store();
			const rows = await issueMany(ledger, 5);
			const ids = rows.map(({ id }) => id).reverse();
			await ledger.observed(REALM, 'hash-1', CONFIRMED);
			const listed = async (filter: object) =>
				(await ledger.list({ limit: 10, ...filter })).map(({ id }) => id);
			expect(await listed({})).toEqual(ids);
			expect(await listed({ limit: 2 })).toEqual(ids.slice(0, 2));
			expect(await listed({ limit: 2, beforeId: ids[1] })).toEqual(ids.slice(2, 4));
			expect(await listed({ states: ['confirmed', 'unknown'] })).toEqual([rows[1]?.id]);
			expect(await listed({ states: [] })).toEqual([]);
			expect(await listed({ recipient: 'person-2@example.com' })).toEqual([rows[2]?.id]);
			const both = { recipient: 'person-2@example.com', states: ['confirmed'] };
			expect(await listed(both)).toEqual([]);
			expect(await ledger.totals()).toEqual({ submitted: 4, confirmed: 1 });
		});

		test('programs: how often each was issued, the latest first, of one realm', async () => {
			const { ledger, advance } = store();
			await issueMany(ledger, 2);
			advance(MINUTE);
			await issue(ledger, 'h-other', { program: 'other', idempotencyKey: 'o' });
			await issue(ledger, 'h-realm', { realm: 'another', idempotencyKey: 'r' });
			await start(ledger, { program: 'never answered', idempotencyKey: 'n' });
			const used = await ledger.programs(REALM);
			expect(used.map(({ program, count }) => [program, count])).toEqual([
				['other', 1],
				[PROGRAM, 2],
			]);
			const [other, first] = used;
			expect((other?.lastAt ?? 0) - (first?.lastAt ?? 0)).toBeGreaterThanOrEqual(MINUTE);
		});

		test('list: of one execution, and what was begun and never answered', async () => {
			const { ledger, advance } = store();
			const begin = (key: string, executionId: string) =>
				start(ledger, { idempotencyKey: key, recipient: `${key}@example.com`, executionId });
			const cut = await begin('cut', '381');
			const lost = await begin('lost', '381');
			await ledger.failed(lost, { outcome: 'unknown', reason: 'AIR_TIMEOUT' });
			const refused = await begin('refused', '381');
			await ledger.failed(refused, { outcome: 'rejected', reason: 'AIR_BAD_REQUEST' });
			const issued = await issue(ledger, 'h1', { idempotencyKey: 'issued', executionId: '381' });
			const other = await begin('other', '382');
			const listed = async (filter: object) =>
				(await ledger.list({ limit: 10, ...filter })).map(({ id }) => id);
			expect(await listed({ executionId: '381' })).toEqual([
				issued.id,
				refused.issuanceId,
				lost.issuanceId,
				cut.issuanceId,
			]);
			expect(await listed({ executionId: '38' })).toEqual([]);
			// Two are still under way, as far as anybody knows.
			expect(await listed({ unanswered: true })).toEqual([lost.issuanceId]);
			advance(MINUTE);
			expect(await listed({ unanswered: true })).toEqual([
				other.issuanceId,
				lost.issuanceId,
				cut.issuanceId,
			]);
			expect(await listed({ unanswered: true, executionId: '382' })).toEqual([other.issuanceId]);
			expect(await listed({ unanswered: true, states: ['sending'], limit: 1 })).toEqual([
				other.issuanceId,
			]);
		});

		test('list: by realm, program, reference, key, time, and an address in any spelling', async () => {
			const { ledger, advance } = store();
			const first = await issue(ledger, 'h1', {
				idempotencyKey: 'event:1',
				recipient: 'Ada@Example.com',
				reference: 'order 1',
			});
			advance(HOUR);
			const second = await issue(ledger, 'h2', { idempotencyKey: 'event:2', program: 'other' });
			advance(HOUR);
			const third = await issue(ledger, 'h3', { idempotencyKey: 'event:1', realm: 'another' });
			const listed = async (filter: object) =>
				(await ledger.list({ limit: 10, ...filter })).map(({ id }) => id);
			expect(await listed({ realm: 'another' })).toEqual([third.id]);
			expect(await listed({ program: 'other' })).toEqual([second.id]);
			expect(await listed({ reference: 'order 1' })).toEqual([first.id]);
			expect(await listed({ idempotencyKey: 'event:1' })).toEqual([third.id, first.id]);
			expect(await listed({ idempotencyKey: 'event:1', realm: REALM })).toEqual([first.id]);
			expect(await listed({ createdFrom: second.createdAt })).toEqual([third.id, second.id]);
			expect(await listed({ createdBefore: second.createdAt })).toEqual([first.id]);
			const address = { recipientInAnySpelling: 'ada@EXAMPLE.com' };
			expect(await listed(address)).toEqual([third.id, second.id, first.id]);
			expect(await listed({ ...address, limit: 1, beforeId: third.id })).toEqual([second.id]);
			expect(await listed({ recipient: 'ada@example.com' })).toEqual([third.id, second.id]);
		});

		test('summary: how many were begun on each day, by program and state', async () => {
			const { ledger, advance } = store();
			const one = await issue(ledger, 'h1', { idempotencyKey: 'a' });
			await issue(ledger, 'h2', { idempotencyKey: 'b' });
			await ledger.observed(REALM, 'h2', CONFIRMED);
			await issue(ledger, 'h3', { idempotencyKey: 'c', realm: 'another' });
			advance(DAY);
			await issue(ledger, 'h4', { idempotencyKey: 'd', program: 'other' });
			const today = one.createdAt - (one.createdAt % DAY);
			const query = { realm: REALM, createdFrom: 0, createdBefore: today + 3 * DAY };
			const lines = [
				{ day: today + DAY, program: 'other', state: 'submitted', count: 1 },
				{ day: today, program: PROGRAM, state: 'confirmed', count: 1 },
				{ day: today, program: PROGRAM, state: 'submitted', count: 1 },
			];
			const counted = async (changes = {}) =>
				(await ledger.summary({ ...query, ...changes })).lines;
			expect(await counted()).toEqual(lines);
			expect(await counted({ createdFrom: today + DAY })).toEqual([lines[0]]);
			expect(await counted({ createdBefore: today })).toEqual([]);
		});

		test('erasing waits for attempts that are under way, and says so when they last', async () => {
			const { ledger } = store();
			await issue(ledger, 'h1', { idempotencyKey: 'a' });
			const attempt = await start(ledger, { idempotencyKey: 'b' });
			await start(ledger, { idempotencyKey: 'c', recipient: 'grace@example.com' });
			const busy = await ledger.erase('ada@example.com', 0);
			expect(busy.outcome).toBe('busy');
			expect(busy.outcome === 'busy' ? busy.leaseMs : 0).toBeGreaterThan(MINUTE / 2);
			expect(await ledger.list({ limit: 10 })).toHaveLength(3);
			const erasing = ledger.erase('ada@example.com', MINUTE);
			await ledger.answered(attempt, answer('h2'));
			expect(await erasing).toEqual({ outcome: 'erased', rows: 2 });
			expect(await ledger.list({ limit: 10 })).toHaveLength(1);
			expect(await ledger.erase('ada@example.com', 0)).toEqual({ outcome: 'erased', rows: 0 });
		});

		test('erasing from one realm leaves the rows of others, and does not wait for them', async () => {
			const { ledger } = store();
			await issue(ledger, 'h1', { idempotencyKey: 'a' });
			await start(ledger, { realm: 'another', idempotencyKey: 'b' });
			expect(await ledger.erase('ada@example.com', 0, 'a third')).toMatchObject({ rows: 0 });
			expect(await ledger.erase('ada@example.com', 0, REALM)).toEqual({
				outcome: 'erased',
				rows: 1,
			});
			expect(await ledger.list({ limit: 10 })).toMatchObject([{ realm: 'another' }]);
		});

		test('page by page, both ways: each row once, in order, whether or not an index leads to it', async () => {
			const { ledger } = store();
			expect(await ledger.page({ limit: 2 })).toEqual({ rows: [], next: undefined });
			const issued = await issueMany(ledger, 7);
			await ledger.forget('person-2@example.com');
			for (const row of issued) {
				await issue(ledger, `ada-${row.id}`, { idempotencyKey: `ada-${row.id}` });
			}
			const all = (await ledger.list({ limit: 100 })).map(({ id }) => id);
			expect(all).toHaveLength(13);
			const narrow = { recipientInAnySpelling: 'ADA@example.com' };
			const ofAda = (await ledger.list({ ...narrow, limit: 100 })).map(({ id }) => id);
			expect(ofAda).toHaveLength(7);
			for (const sort of ['newest', 'oldest'] as const) {
				for (const [filter, ids] of [
					[{ realm: REALM }, all],
					[narrow, ofAda],
				] as const) {
					for (const limit of [1, 2, 3, 7, 100]) {
						const found: number[] = [];
						let next: number | undefined;
						let pages = 0;
						do {
							const page = await ledger.page({ ...filter, sort, limit, behind: next });
							expect(page.rows.length).toBeLessThanOrEqual(limit);
							found.push(...page.rows.map(({ id }) => id));
							next = page.next;
						} while (next !== undefined && ++pages < 50);
						expect(found).toEqual(sort === 'newest' ? ids : ids.toReversed());
					}
				}
			}
		});

		test('where the oldest come first, rows that come in meanwhile come last', async () => {
			const { ledger } = store();
			await issueMany(ledger, 2);
			const first = await ledger.page({ sort: 'oldest', limit: 2 });
			const late = await issue(ledger, 'late', { idempotencyKey: 'late' });
			const second = await ledger.page({ sort: 'oldest', limit: 2, behind: first.next });
			expect(second.rows.map(({ id }) => id)).toEqual([late.id]);
		});

		test('list: by outcome, as it is told about each row', async () => {
			const { ledger, advance, now } = store();
			const ended = async (key: string, outcome: AttemptFailure['outcome']) => {
				const attempt = await start(ledger, { idempotencyKey: key });
				await ledger.failed(attempt, { outcome, reason: 'AIR_X' });
			};
			await start(ledger, { idempotencyKey: 'cut' });
			advance(2 * MINUTE);
			await issue(ledger, 'h1', { idempotencyKey: 'issued' });
			await ledger.observed(REALM, 'h1', CONFIRMED);
			await issue(ledger, 'h1', { idempotencyKey: 'kept' });
			await issue(ledger, 'h2', { idempotencyKey: 'another' });
			await ended('refused', 'rejected');
			await ended('not sent', 'not-sent');
			await ended('lost', 'unknown');
			await ended('to be sent again', 'unknown');
			const [row] = await ledger.list({ idempotencyKey: 'to be sent again', limit: 1 });
			await ledger.settle({
				realm: REALM,
				issuanceId: row?.id ?? 0,
				seen: { state: 'unknown', attempt: 1 },
				as: { outcome: 'send-again' },
				by: { instance: '', workflowId: '', executionId: '' },
				note: null,
			});
			await start(ledger, { idempotencyKey: 'under way' });
			const keys = async (outcomes: readonly RowOutcome[]) =>
				(await ledger.list({ outcomes, limit: 100 })).map((row) => row.idempotencyKey);
			expect(await keys(['issued'])).toEqual(['another', 'issued']);
			expect(await keys(['kept'])).toEqual(['kept']);
			expect(await keys(['notIssued'])).toEqual(['not sent', 'refused']);
			expect(await keys(['unknown'])).toEqual(['to be sent again', 'lost', 'cut']);
			expect(await keys(['underWay'])).toEqual(['under way']);
			expect(await keys([])).toEqual([]);
			expect(await keys(ROW_OUTCOMES)).toHaveLength(9);
			for (const outcome of ROW_OUTCOMES) {
				const rows = await ledger.list({ outcomes: [outcome], limit: 100 });
				expect(rows.map((row) => outcomeOf(row, now()))).toEqual(rows.map(() => outcome));
			}
		});

		test('an event ID is found in any program, the newest first; not what was retired', async () => {
			const { ledger, advance } = store();
			const key = { idempotencyKey: 'event:1' };
			await issue(ledger, 'h1', { ...key, program: 'b' });
			await issue(ledger, 'h2', { ...key, program: 'c' });
			const newest = await issue(ledger, 'h3', { ...key, program: 'a' });
			await issue(ledger, 'h4', { ...key, program: 'd', realm: 'another' });
			await issue(ledger, 'h5', { idempotencyKey: 'event:2', program: 'e' });
			const any = { ...key, program: undefined };
			expect(await ledger.find(REALM, any)).toEqual(newest);
			expect(await ledger.find('nobody', any)).toBeUndefined();
			advance(HOUR);
			const again = await issue(ledger, 'h6', { ...key, program: 'b', rememberMs: MINUTE });
			expect(await ledger.find(REALM, any)).toEqual(again);
			expect(await ledger.list({ ...key, realm: REALM, limit: 9 })).toHaveLength(4);
		});

		test('find: by key or by hash, within the realm', async () => {
			const { ledger } = store();
			const row = await issue(ledger, 'hash-1');
			const key = { program: PROGRAM, idempotencyKey: 'key-1' };
			expect(await ledger.find(REALM, key)).toEqual(row);
			expect(await ledger.find(REALM, { coreClaimHash: 'hash-1' })).toEqual(row);
			expect(await ledger.find('another realm', key)).toBeUndefined();
			expect(await ledger.find('another realm', { coreClaimHash: 'hash-1' })).toBeUndefined();
			expect(await ledger.find(REALM, { ...key, program: 'another' })).toBeUndefined();
		});

		test('events: after an id, so many, in the order in which they were written', async () => {
			const { ledger } = store();
			const rows = await issueMany(ledger, 3);
			for (const i of [2, 0, 1]) await ledger.observed(REALM, `hash-${i}`, CONFIRMED);
			const all = await ledger.events(0, 100);
			expect(all.map(({ issuanceId }) => issuanceId)).toEqual(
				[2, 2, 0, 0, 1, 1].map((i) => rows[i]?.id),
			);
			expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).sort((a, b) => a - b));
			expect(await ledger.events(all[1]?.id ?? 0, 2)).toEqual(all.slice(2, 4));
		});

		test('words of any language and SQL in values are only values', async () => {
			const { ledger } = store();
			const odd = { reference: `'; DROP TABLE issuances; -- "Ünï" 😀\n`, idempotencyKey: '%_\\' };
			const row = await issue(ledger, 'hash-1', odd);
			expect(row).toMatchObject(odd);
			expect(await ledger.find(REALM, { program: PROGRAM, ...odd })).toEqual(row);
		});

		test('a key counts for the realm for which AIR accepted it, also after a restart', async () => {
			const acceptance = async (realm: string, key: string) =>
				await store().ledger.keyAcceptance(realm, key);
			expect(await acceptance(REALM, 'thumbprint-1')).toBeUndefined();
			await store().ledger.acceptKey(REALM, 'thumbprint-1');
			await store().ledger.acceptKey(REALM, 'thumbprint-1');
			await store().reopen();
			expect(await acceptance(REALM, 'thumbprint-1')).toMatchObject({ refused: false });
			expect(await acceptance(REALM, 'thumbprint-2')).toBeUndefined();
			expect(await acceptance('another realm', 'thumbprint-1')).toBeUndefined();
		});

		test('an acceptance has an age by the clock of the store, which a new one ends', async () => {
			const { ledger, advance } = store();
			await ledger.acceptKey(REALM, 'thumbprint-1');
			advance(HOUR);
			const acceptance = await ledger.keyAcceptance(REALM, 'thumbprint-1');
			expect(acceptance?.ageMs).toBeGreaterThanOrEqual(HOUR);
			expect(acceptance?.ageMs).toBeLessThan(HOUR + MINUTE);
			await ledger.acceptKey(REALM, 'thumbprint-1');
			expect((await ledger.keyAcceptance(REALM, 'thumbprint-1'))?.ageMs).toBeLessThan(MINUTE);
		});

		test('one refusal is noted, the second withdraws the acceptance', async () => {
			const { ledger } = store();
			await ledger.acceptKey(REALM, 'thumbprint-2');
			await ledger.acceptKey('another realm', 'thumbprint-1');
			const key = [REALM, 'thumbprint-1'] as const;
			await ledger.acceptKey(...key);
			await ledger.refuseKey(...key);
			expect(await ledger.keyAcceptance(...key)).toMatchObject({ refused: true });
			await ledger.acceptKey(...key);
			expect(await ledger.keyAcceptance(...key)).toMatchObject({ refused: false });
			await ledger.refuseKey(...key);
			await ledger.refuseKey(...key);
			expect(await ledger.keyAcceptance(...key)).toBeUndefined();
			// And of a key that is not accepted nothing is noted.
			await ledger.refuseKey(...key);
			expect(await ledger.keyAcceptance(...key)).toBeUndefined();
			await ledger.acceptKey(...key);
			expect(await ledger.keyAcceptance(...key)).toMatchObject({ refused: false });
			expect(await ledger.keyAcceptance(REALM, 'thumbprint-2')).toMatchObject({ refused: false });
			expect(await ledger.keyAcceptance('another realm', 'thumbprint-1')).toBeDefined();
		});

		test('a ledger that was closed says so, and is closed twice without harm', async () => {
			const ledger = await store().another();
			await ledger.close();
			await ledger.close();
			await expect(start(ledger)).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
		});
	});
}
