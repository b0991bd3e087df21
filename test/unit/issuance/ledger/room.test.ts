import { AirError } from '../../../../errors/AirError';
import { erasePerson, lookUpPerson } from '../../../../issuance/ledger/erasePerson';
import { findRow } from '../../../../issuance/ledger/findRow';
import { fullRow, simpleRow } from '../../../../issuance/ledger/rowFields';
import { settleRow, type Settling } from '../../../../issuance/ledger/settleRow';
import { summarize } from '../../../../issuance/ledger/summary';
import type { Ledger, SummaryQuery } from '../../../../ledger/Ledger';
import { openMemoryLedger } from '../../../../ledger/sqlite/openMemoryLedger';
import {
	CONFIRMED,
	DAY,
	issue,
	PROGRAM,
	REALM,
	request,
	start,
} from '../../ledger/contract/requests';

let ledger: Ledger;
beforeEach(async () => {
	ledger = await openMemoryLedger();
});
afterEach(async () => {
	await ledger.close();
});

const where = () => ({ ledger, realm: REALM });
const STRANGER = 'https://air.example stranger';

async function refused(work: Promise<unknown>): Promise<AirError> {
	const error: unknown = await work.then(
		() => undefined,
		(thrown: unknown) => thrown,
	);
	if (error instanceof AirError) return error;
	throw new Error('expected an AirError');
}

async function unknown(changes: Parameters<typeof start>[1] = {}): Promise<number> {
	const attempt = await start(ledger, changes);
	await ledger.failed(attempt, { outcome: 'unknown', reason: 'AIR_TIMEOUT' });
	return attempt.issuanceId;
}

const EXTERNAL_ID = 'urn:uuid:1';

async function storeDirectly() {
	const begun = await ledger.beginDirect(
		{ ...request({ program: 'https://example.com/types/member' }), ifHeld: 'another' },
		{
			sealed: {
				...{ externalId: EXTERNAL_ID, body: '{}', revocationNumber: '1', expiresAt: 2 ** 42 },
				...{ issuer: 'did:web:example.com', kid: 'k1', publicJwk: '{}', holderKey: '302a' },
				holderDid: 'did:air:id:test:ada',
			},
			outlives: true,
			instead: null,
		},
	);
	if (begun.outcome !== 'started') throw new Error(`not started, but ${begun.outcome}`);
	return begun;
}

describe('finding a row', () => {
	test('by its ID, a hash, or an event ID; only in its own realm', async () => {
		const { id } = await issue(ledger, 'h1', { idempotencyKey: 'event:evt_1' });
		const names = [
			{ by: 'id', id },
			{ by: 'hash', coreClaimHash: 'h1' },
			{ by: 'event', eventId: 'evt_1', program: PROGRAM },
			{ by: 'event', eventId: 'evt_1', program: undefined },
		] as const;
		for (const name of names) {
			expect(await findRow(where(), name)).toMatchObject({ id });
			const error = await refused(findRow({ ledger, realm: STRANGER }, name));
			expect(error.code).toBe('AIR_LEDGER_ROW_MISSING');
		}
		expect(simpleRow(await findRow(where(), names[0]))).toMatchObject({
			ledgerRow: id,
			eventId: 'evt_1',
			email: 'ada@example.com',
			credentialId: PROGRAM,
		});
	});

	test('by the ID that a credential issued directly has', async () => {
		const { issuanceId } = await storeDirectly();
		const name = { by: 'external', externalId: EXTERNAL_ID } as const;
		expect(await findRow(where(), name)).toMatchObject({ id: issuanceId, way: 'direct' });
		const error = await refused(findRow({ ledger, realm: STRANGER }, name));
		expect([error.code, error.message]).toEqual([
			'AIR_LEDGER_ROW_MISSING',
			expect.stringContaining('external ID'),
		]);
	});

	test('nothing of the subject or its HMAC is shown', async () => {
		const row = await issue(ledger, 'h1');
		expect(JSON.stringify(fullRow(row))).not.toContain(row.subjectHmac);
	});
});

describe('settling', () => {
	const settling = (id: number, changes: Partial<Settling> = {}): Settling => ({
		id,
		attempt: undefined,
		as: { outcome: 'not-issued' },
		by: { instance: 'n8n', workflowId: 'w-9', executionId: '99' },
		note: '  Bob looked  ',
		...changes,
	});

	test('keeps the note, and where it was settled', async () => {
		const id = await unknown();
		expect(await settleRow(where(), settling(id))).toMatchObject({ id, state: 'rejected' });
		expect(await ledger.settlements(REALM, id)).toMatchObject([
			{ note: 'Bob looked', instance: 'n8n', workflowId: 'w-9', executionId: '99' },
		]);
	});

	test.each([[''], ['   '], ['x'.repeat(1001)]])('needs a note (%#)', async (note) => {
		const id = await unknown();
		const error = await refused(settleRow(where(), settling(id, { note })));
		expect(error.message).toContain('Note must say');
		expect(await ledger.totals()).toEqual({ unknown: 1 });
	});

	test('by a stranger: there is no such row', async () => {
		const id = await unknown();
		const error = await refused(settleRow({ ledger, realm: STRANGER }, settling(id)));
		expect(error.code).toBe('AIR_LEDGER_ROW_MISSING');
		expect(await ledger.totals()).toEqual({ unknown: 1 });
	});

	test('what is known, under way, or was sent again since is left as it is', async () => {
		const id = await unknown();
		const again = { ...request({ repeatUnknown: true }) };
		await ledger.begin(again);
		expect((await refused(settleRow(where(), settling(id)))).code).toBe('AIR_SETTLE_BUSY');
		await ledger.failed({ issuanceId: id, attempt: 2 }, { outcome: 'unknown', reason: 'AIR_X' });
		const stale = await refused(settleRow(where(), settling(id, { attempt: 1 })));
		expect([stale.code, stale.message]).toEqual([
			'AIR_SETTLE_OVERTAKEN',
			expect.stringContaining('attempt 2'),
		]);
		await settleRow(where(), settling(id, { attempt: 2 }));
		const known = await refused(settleRow(where(), settling(id)));
		expect([known.code, known.message]).toEqual([
			'AIR_SETTLE_KNOWN',
			expect.stringContaining(`row ${id} is rejected`),
		]);
	});
});

describe('erasing a person', () => {
	beforeEach(async () => {
		await issue(ledger, 'h1', { idempotencyKey: 'a' });
		await ledger.observed(REALM, 'h1', CONFIRMED);
		await unknown({ idempotencyKey: 'b' });
		await issue(ledger, 'h2', { idempotencyKey: 'c', recipient: 'Ada@Example.com' });
		await issue(ledger, 'h3', { idempotencyKey: 'd', recipient: 'grace@example.com' });
		await issue(ledger, 'h4', { idempotencyKey: 'e', realm: STRANGER });
	});

	test('what there is: each spelling, what is held, what is unknown; nothing is changed', async () => {
		const twoRows = { idempotencyKey: 'f', recipient: 'Ada@Example.com' };
		await issue(ledger, 'h2', twoRows);
		const found = await lookUpPerson(ledger, 'ADA@example.com', REALM);
		expect(found).toHaveLength(2);
		expect(found).toEqual(
			expect.arrayContaining([
				{ email: 'ada@example.com', rows: 2, held: 1, unknown: 1 },
				// Both rows are of one credential.
				{ email: 'Ada@Example.com', rows: 2, held: 1, unknown: 0 },
			]),
		);
		const everywhere = await lookUpPerson(ledger, 'ada@example.com');
		expect(everywhere.find(({ email }) => email === 'ada@example.com')?.rows).toBe(3);
		expect(await ledger.list({ limit: 10 })).toHaveLength(6);
	});

	test('only the spellings that are named, and only in the realm', async () => {
		expect(await erasePerson(ledger, ['ada@example.com'], REALM)).toBe(2);
		const left = (await ledger.list({ limit: 10 })).map(({ recipient }) => recipient);
		expect(left).toEqual(['ada@example.com', 'grace@example.com', 'Ada@Example.com']);
		expect(await erasePerson(ledger, ['Ada@Example.com', 'nobody@example.com'], REALM)).toBe(1);
		expect(await erasePerson(ledger, ['ada@example.com'])).toBe(1);
	});

	test('while an attempt is under way for long: says so, and what was erased before it', async () => {
		jest
			.spyOn(ledger, 'erase')
			.mockImplementation(async (recipient) =>
				Promise.resolve(
					recipient === 'Ada@Example.com'
						? ({ outcome: 'busy', leaseMs: 61_500 } as const)
						: ({ outcome: 'erased', rows: 2 } as const),
				),
			);
		const first = await refused(erasePerson(ledger, ['Ada@Example.com', 'x@example.com']));
		expect([first.code, first.message]).toEqual([
			'AIR_ERASE_BUSY',
			expect.stringContaining('for 62 s at most; nothing was erased'),
		]);
		const second = await refused(erasePerson(ledger, ['ada@example.com', 'Ada@Example.com']));
		expect(second.message).toContain('2 rows were erased before it');
		expect(second.message).not.toContain('@');
	});
});

describe('the summary', () => {
	test('counts by state, program and day; not what is older or of others', async () => {
		await issue(ledger, 'h1', { idempotencyKey: 'a' });
		await ledger.observed(REALM, 'h1', CONFIRMED);
		await issue(ledger, 'h2', { idempotencyKey: 'b' });
		await unknown({ idempotencyKey: 'c', program: 'other' });
		const stranger = await issue(ledger, 'h3', { idempotencyKey: 'd', realm: STRANGER });
		const now = stranger.createdAt;
		const today = new Date(now).toISOString().slice(0, 10);
		expect(await summarize(where(), { days: 1, now })).toEqual({
			from: `${today}T00:00:00.000Z`,
			before: new Date(Date.parse(today) + DAY).toISOString(),
			total: 3,
			unknown: 1,
			states: { confirmed: 1, submitted: 1, unknown: 1 },
			programs: [
				{ program: PROGRAM, total: 2, states: { confirmed: 1, submitted: 1 } },
				{ program: 'other', total: 1, states: { unknown: 1 } },
			],
			days: [{ day: today, total: 3, states: { confirmed: 1, submitted: 1, unknown: 1 } }],
		});
		expect(await summarize(where(), { days: 3, now: now + 9 * DAY })).toMatchObject({ total: 0 });
	});

	test('of many parts each counts once', async () => {
		const asked: unknown[] = [];
		const day = 20_000 * DAY;
		const many = {
			summary: async (query: SummaryQuery) => {
				asked.push(query.behind);
				const line = { day, program: 'p', state: 'confirmed', count: 4 } as const;
				const next = { undefined: 9, '9': 5 }[String(query.behind)];
				return Promise.resolve({ lines: query.behind === 9 ? [] : [line], next });
			},
		};
		const found = await summarize({ ledger: many, realm: REALM }, { days: 1, now: day });
		expect(found).toMatchObject({ total: 8, programs: [{ total: 8 }], days: [{ total: 8 }] });
		expect(asked).toEqual([undefined, 9, 5]);
	});
});
