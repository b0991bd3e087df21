import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IDataObject, INode } from 'n8n-workflow';
import { closeDispatchers } from '../../air/http/dispatchers';
import { closeLedgers, openLedger } from '../../issuance/session/openLedger';
import { forgetPauses } from '../../issuance/watch/politeness';
import { LedgerError } from '../../ledger/LedgerError';
import { SqlLedger } from '../../ledger/SqlLedger';
import { makeKey } from '../support/keys';
import { PARTNER_ID, PROGRAM_ID, startTestAir, type TestAir } from './air';
import { activate } from './pollTrigger';
import { runWorkflow } from './runWorkflow';
import { issueWorkflow, mocaAirWorkflow, person } from './workflows';

/** The resource Ledger of the node Moca AIR: what ops people do without a shell. */
let air: TestAir;
let folder: string;
let executions = 0;

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	air = await startTestAir();
});

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-ledger-node-'));
	process.env.N8N_USER_FOLDER = folder;
});

afterEach(async () => {
	await closeLedgers();
	rmSync(folder, { recursive: true, force: true });
	air.emulator.control.reset();
	forgetPauses();
});

afterAll(async () => {
	await air.close();
	await closeDispatchers();
});

const control = () => air.emulator.control;
const posts = () => control().counts().byOperation.issue;
const withLedger = (rest: IDataObject = {}) =>
	({ ...air.credential, ledger: 'embedded', ...rest }) as typeof air.credential;
const realm = () => `${air.emulator.baseUrl} ${PARTNER_ID}`;

async function ledger() {
	const opened = await openLedger({ store: 'embedded' });
	if (opened === undefined) throw new Error('no ledger');
	return opened.ledger;
}

const event = (eventId: string) => ({ idempotency: 'event', eventId });

/** Issues to one person, by an event ID. */
async function issue(
	eventId: string,
	name = 'ada',
	{ options = {}, ...parameters }: INode['parameters'] = {},
) {
	executions++;
	return await runWorkflow(
		issueWorkflow([person(name)], { ...event(eventId), options, ...parameters }),
		withLedger(),
		{ executionId: String(executions) },
	);
}

/** AIR issues, or does not, and nobody is told. */
async function unknown(eventId: string, { issued, name }: { issued: boolean; name?: string }) {
	control().injectFault(
		issued
			? { kind: 'reset', operation: 'issue', afterWork: true }
			: { kind: 'answer', operation: 'issue', status: 500 },
	);
	const { error } = await issue(eventId, name);
	expect(error).toBeDefined();
	const [row] = await (await ledger()).list({ limit: 1 });
	expect(row?.state).toBe('unknown');
	return row?.id ?? 0;
}

interface How {
	readonly items?: readonly IDataObject[];
	readonly credential?: IDataObject;
	readonly settings?: Partial<INode>;
}

async function run(
	operation: string,
	parameters: INode['parameters'] = {},
	{ items = [{}], credential = {}, settings = {} }: How = {},
) {
	executions++;
	return await runWorkflow(
		mocaAirWorkflow(items, { resource: 'ledger', operation, ...parameters }, settings),
		withLedger(credential),
		{ executionId: String(executions) },
	);
}

const settle = async (ledgerRow: number, parameters: INode['parameters'], how?: How) =>
	await run('settle', { ledgerRow: String(ledgerRow), note: 'Bob looked', ...parameters }, how);

const TOOL = { type: 'n8n-nodes-moca-air.mocaAirTool' };

describe('an unknown outcome', () => {
	test('that was issued: settled with its hash, the next delivery is a replay, and it is confirmed', async () => {
		const row = await unknown('evt_1', { issued: true });
		const stopped = await issue('evt_1');
		expect(stopped.error?.message).toContain(`ledger row ${row}`);
		expect(stopped.error?.description).toContain('Settle');
		const coreClaimHash = control().issuances()[0]?.coreClaimHash ?? '';

		const settled = await settle(row, { outcome: 'issued', coreClaimHash });
		expect(settled.error).toBeUndefined();
		expect(settled.json('Done')).toMatchObject([
			{ ledgerRow: row, state: 'submitted', coreClaimHash, settledAs: 'issued' },
		]);
		const again = await issue('evt_1');
		expect(again.json('Done')).toMatchObject([{ outcome: 'alreadyIssued', coreClaimHash }]);
		expect(posts()).toBe(1);
		const kept = await (await ledger()).settlements(realm(), row);
		expect(kept).toMatchObject([
			{ note: 'Bob looked', outcome: 'issued', executionId: expect.any(String) as string },
		]);
		expect(kept[0]?.executionId).not.toBe('');
	});

	test('that was issued, hash not known: the next delivery is a replay without it, also when it is to wait', async () => {
		const row = await unknown('evt_1', { issued: true });
		await settle(row, { outcome: 'issued' });
		for (const options of [{}, { waitUntilOnChain: true }]) {
			const again = await issue('evt_1', 'ada', { options });
			expect(again.error).toBeUndefined();
			expect(again.json('Done')).toMatchObject([
				{ outcome: 'alreadyIssued', coreClaimHash: '', onChain: false },
			]);
		}
		expect(posts()).toBe(1);
	});

	test('that was not issued: settled so, the next delivery is sent, once', async () => {
		const row = await unknown('evt_1', { issued: false });
		const settled = await settle(row, { outcome: 'notIssued' });
		expect(settled.json('Done')).toMatchObject([{ state: 'rejected', settledAs: 'notIssued' }]);
		expect((await issue('evt_1')).json('Done')).toMatchObject([{ outcome: 'issued' }]);
		expect((await issue('evt_1')).json('Done')).toMatchObject([{ outcome: 'alreadyIssued' }]);
		expect(posts()).toBe(2);
		expect(control().counts().issuances).toBe(1);
	});

	test('that nobody knows: sent again, once', async () => {
		const row = await unknown('evt_1', { issued: false });
		await settle(row, { outcome: 'sendAgain' });
		expect((await issue('evt_1')).json('Done')).toMatchObject([{ outcome: 'issued' }]);
		expect(posts()).toBe(2);
	});

	test('settled, and then the answer comes after all', async () => {
		const answer = { userUuid: null, nextCheckMs: 0, supersedes: false };
		const row = await unknown('evt_1', { issued: true });
		await settle(row, { outcome: 'notIssued' });
		const late = { issuanceId: row, attempt: 1 };
		await (await ledger()).answered(late, { ...answer, coreClaimHash: 'late' });
		expect((await issue('evt_1')).json('Done')).toMatchObject([
			{ outcome: 'alreadyIssued', coreClaimHash: 'late' },
		]);
		expect(posts()).toBe(1);
	});

	test('that the answer has made known meanwhile is left as it is', async () => {
		const row = await unknown('evt_1', { issued: true });
		const late = { issuanceId: row, attempt: 1 };
		const answer = { userUuid: null, nextCheckMs: 0, supersedes: false };
		await (await ledger()).answered(late, { ...answer, coreClaimHash: 'late' });
		const { error } = await settle(row, { outcome: 'notIssued' });
		expect(error?.message).toMatch(/known already: row \d+ is submitted/);
		expect((await issue('evt_1')).json('Done')).toMatchObject([{ coreClaimHash: 'late' }]);
		expect(posts()).toBe(1);
	});

	test('that was sent again since somebody looked is not settled', async () => {
		const row = await unknown('evt_1', { issued: false });
		await settle(row, { outcome: 'sendAgain' });
		control().injectFault({ kind: 'answer', operation: 'issue', status: 500 });
		await issue('evt_1');
		const stale = await settle(row, { outcome: 'notIssued', options: { attempt: '1' } });
		expect(stale.error?.message).toMatch(/sent again since somebody looked.*attempt 2/);
		const fresh = await settle(row, { outcome: 'notIssued', options: { attempt: '2' } });
		expect(fresh.error).toBeUndefined();
	});

	test.each<[string, INode['parameters'], RegExp]>([
		['no note', { outcome: 'notIssued', note: ' ' }, /Note must say/],
		['a note that is nothing', { outcome: 'notIssued', note: '={{ $json.by }}' }, /Note must say/],
		['a row that is not a number', { outcome: 'notIssued', ledgerRow: 'x' }, /Ledger Row must be/],
		['a row that is not there', { outcome: 'notIssued', ledgerRow: '99' }, /no such row/],
		['a hash that is none', { outcome: 'issued', coreClaimHash: 'a b' }, /hash/],
		['an answer that is none', { outcome: 'maybe' }, /What Became of It/],
	])('is not settled with %s', async (_what, parameters, words) => {
		const row = await unknown('evt_1', { issued: false });
		const { error } = await settle(row, parameters);
		expect(error?.message).toMatch(words);
		expect(error?.description).toBeTruthy();
		expect(await (await ledger()).totals()).toEqual({ unknown: 1 });
	});

	test('the trigger tells it once, with what to settle it by, and again when it is unknown again', async () => {
		const trigger = activate({
			credential: withLedger(),
			parameters: { events: ['outcomeUnknown'], start: 'beginning' },
		});
		expect(await trigger.poll()).toBeNull();
		const row = await unknown('evt_1', { issued: false });
		expect(await trigger.poll()).toMatchObject([
			{
				event: 'outcomeUnknown',
				ledgerRow: row,
				attempt: 1,
				state: 'unknown',
				email: 'ada@example.com',
				credentialId: PROGRAM_ID,
				coreClaimHash: null,
				reason: expect.stringMatching(/^AIR_/) as string,
			},
		]);
		expect(await trigger.poll()).toBeNull();
		await settle(row, { outcome: 'sendAgain' });
		control().injectFault({ kind: 'answer', operation: 'issue', status: 500 });
		await issue('evt_1');
		expect(await trigger.poll()).toMatchObject([{ ledgerRow: row, attempt: 2 }]);
	});
});

describe('Get Many', () => {
	beforeEach(async () => {
		await issue('evt_1', 'ada', { options: { reference: ' order-1 ' } });
		await issue('evt_2', 'Ada');
		await issue('evt_3', 'grace');
		await unknown('evt_4', { issued: false, name: 'bob' });
	});

	const emails = async (filters: IDataObject, rest: INode['parameters'] = {}) =>
		(await run('getMany', { filters: filters as INode['parameters'], ...rest }))
			.json('Done')
			.map(({ email }) => email);

	test('the newest first, each with the item that asked; as many as wanted', async () => {
		const two = await run('getMany', { limit: 2 }, { items: [{}, {}] });
		expect(two.json('Done').map(({ email }) => email)).toEqual([
			...['bob@example.com', 'grace@example.com'],
			...['bob@example.com', 'grace@example.com'],
		]);
		expect(two.items('Auth').map(({ pairedItem }) => pairedItem)).toEqual(
			[0, 0, 1, 1].map((item) => ({ item })),
		);
		expect(await emails({}, { returnAll: true })).toHaveLength(4);
	});

	test.each<[string, IDataObject, string[]]>([
		['recipient, in any spelling', { recipient: 'ADA@example.com' }, ['Ada', 'ada']],
		['exact spelling', { recipient: 'Ada@example.com', exactSpelling: true }, ['Ada']],
		['state', { states: ['unknown', 'rejected'] }, ['bob']],
		['reference', { reference: 'order-1' }, ['ada']],
		['reference, as it was given', { reference: ' order-1 ' }, ['ada']],
		['event ID', { eventId: 'evt_3' }, ['grace']],
		['program', { program: 'another' }, []],
		['begun before', { begunBefore: '2020-01-01T00:00:00' }, []],
		['begun after', { begunAfter: '2020-01-01', states: ['unknown'] }, ['bob']],
		['outcome: what nobody knows', { outcomes: ['unknown'] }, ['bob']],
		['outcome: what was issued', { outcomes: ['issued', 'kept'] }, ['grace', 'Ada', 'ada']],
		['way of issuing', { way: 'direct' }, []],
		['external ID', { externalId: 'urn:uuid:1' }, []],
		['nobody', { recipient: 'eve@example.com' }, []],
		['empty, as it was added', { recipient: '' }, ['bob', 'grace', 'Ada', 'ada']],
	])('%s', async (_what, filters, names) => {
		expect(await emails(filters)).toEqual(names.map((name) => `${name}@example.com`));
	});

	test('the oldest first, if requested', async () => {
		expect(await emails({}, { sort: 'oldest', limit: 3 })).toEqual(
			['ada', 'Ada', 'grace'].map((name) => `${name}@example.com`),
		);
		const { error } = await run('getMany', { sort: 'somehow' });
		expect(error?.message).toContain('Sort is not one of its choices');
	});

	test('an item that fails half-way gives nothing but that it failed', async () => {
		const page = jest.spyOn(SqlLedger.prototype, 'page');
		const [row] = await (await ledger()).list({ limit: 1 });
		if (row === undefined) throw new Error('no row');
		page.mockResolvedValueOnce({ rows: [row], next: 1 });
		page.mockRejectedValueOnce(new LedgerError('LEDGER_LOCKED', 'somebody writes'));
		const { json } = await run(
			'getMany',
			{ returnAll: true },
			{ items: [{}, {}], settings: { onError: 'continueRegularOutput' } },
		);
		page.mockRestore();
		expect(json('Done')).toHaveLength(5);
		expect(json('Done')[0]).toHaveProperty('code');
	});

	test('a filter whose expression gives nothing shows nobody', async () => {
		const { error, json } = await run('getMany', { filters: { recipient: '={{ $json.email }}' } });
		expect(error?.message).toContain('Recipient Email has an expression that gives nothing');
		expect(json('Done')).toEqual([]);
	});

	test.each([
		['begunAfter', 'Begun After'],
		['states', 'State'],
		['way', 'Way of Issuing'],
	])('and so does the filter %s', async (name, label) => {
		const { error } = await run('getMany', { filters: { [name]: '={{ $json.nothing }}' } });
		expect(error?.message).toContain(`${label} has an expression that gives nothing`);
	});

	test('a time that ends before it begins is refused', async () => {
		const { error, json } = await run('getMany', {
			filters: { begunAfter: '2026-02-01', begunBefore: '2026-02-01' },
		});
		expect(error?.message).toContain('Begun After must be earlier than Begun Before');
		expect(json('Done')).toEqual([]);
	});

	test.each(['2027-02-30', '2027-02-30T00:00:00Z', '2027-02-30 08:00'])(
		'%s, which the calendar does not have, is refused',
		async (begunBefore) => {
			const { error } = await run('getMany', { filters: { begunBefore } });
			expect(error?.message).toContain('Begun Before must be a date and time such as');
		},
	);

	test('a state that is not in a list says what a list holds', async () => {
		const { error } = await run('getMany', { filters: { states: '={{ "unknown" }}' } });
		expect(error?.message).toContain('State must be a list of these: sending, rejected, unknown');
	});

	test('simplified for eyes, or whole', async () => {
		const [simple] = (await run('getMany', { limit: 1 })).json('Done');
		expect(simple).toMatchObject({
			...{ ledgerRow: 4, eventId: 'evt_4', state: 'unknown', outcome: 'unknown' },
			externalId: null,
		});
		expect(simple).not.toHaveProperty('attempts');
		const [whole] = (await run('getMany', { limit: 1, simplify: false })).json('Done');
		expect(whole).toMatchObject({ ...simple, attempts: [{ number: 1, outcome: 'unknown' }] });
		expect(JSON.stringify(whole)).not.toContain('subjectHmac');
	});

	test('Get: by hash, event or row', async () => {
		const [row] = await (await ledger()).list({ recipient: 'ada@example.com', limit: 1 });
		for (const named of [
			{ findBy: 'hash', coreClaimHash: row?.coreClaimHash },
			{ findBy: 'event', eventId: 'evt_1' },
			{ findBy: 'event', eventId: 'evt_1', program: PROGRAM_ID },
			{ findBy: 'id', ledgerRow: '={{ $json.row }}' },
		]) {
			const parameters = named as INode['parameters'];
			const { json, error } = await run('get', parameters, { items: [{ row: row?.id }] });
			expect(error).toBeUndefined();
			expect(json('Done')).toMatchObject([{ ledgerRow: row?.id, reference: 'order-1' }]);
		}
		const external = await run('get', { findBy: 'external', externalId: 'urn:uuid:none' });
		expect(external.error?.message).toContain('nothing with this external ID');
		const none = await run(
			'get',
			{ findBy: 'hash', coreClaimHash: '={{ $json.hash }}' },
			{
				items: [{ hash: 'none' }, { hash: row?.coreClaimHash }],
				settings: { onError: 'continueRegularOutput' },
			},
		);
		expect(none.json('Done')).toMatchObject([
			{ code: 'AIR_LEDGER_ROW_MISSING' },
			{ ledgerRow: row?.id },
		]);
	});

	test('Summary: counts, HTML for a mail, and a file', async () => {
		const { items, error } = await run('summary', { asFile: true, binaryPropertyName: 'report' });
		expect(error).toBeUndefined();
		const [item] = items('Auth');
		expect(item?.json).toMatchObject({
			total: 4,
			unknown: 1,
			states: { submitted: 3, unknown: 1 },
			programs: [{ program: PROGRAM_ID, total: 4 }],
			html: expect.stringContaining('1 has an unknown outcome') as string,
		});
		expect(item?.binary?.report).toMatchObject({
			fileName: 'moca-air-summary.html',
			mimeType: 'text/html',
		});
		const plain = await run('summary');
		expect(plain.items('Auth')[0]).not.toHaveProperty('binary');
	});

	test('Erase Person: a dry run counts, and only then it is erased; others stay', async () => {
		const dry = await run('erasePerson', { recipient: 'ada@EXAMPLE.com' });
		expect(dry.json('Done')).toEqual([
			{
				email: 'ada@EXAMPLE.com',
				dryRun: true,
				rows: 2,
				erased: 0,
				spellings: expect.arrayContaining([
					{ email: 'ada@example.com', rows: 1 },
					{ email: 'Ada@example.com', rows: 1 },
				]) as unknown,
				otherSpellings: [],
				stillHeld: 2,
				unknown: 0,
			},
		]);
		const exact = { recipient: 'ada@example.com', spelling: 'exact', dryRun: false };
		const one = await run('erasePerson', exact);
		expect(one.json('Done')).toMatchObject([
			{ erased: 1, stillHeld: 1, otherSpellings: [{ email: 'Ada@example.com', rows: 1 }] },
		]);
		const all = await run('erasePerson', { recipient: 'ada@example.com', dryRun: false });
		expect(all.json('Done')).toMatchObject([{ erased: 1 }]);
		const again = await run('erasePerson', { recipient: 'ada@example.com', dryRun: false });
		expect(again.json('Done')).toMatchObject([{ erased: 0, rows: 0 }]);
		expect(await emails({})).toEqual(['bob@example.com', 'grace@example.com']);
	});

	test.each(['={{ "no" }}', '={{ 0 }}', '={{ "false" }}'])(
		'Erase Person with Dry Run %s erases nothing',
		async (dryRun) => {
			const { error } = await run('erasePerson', { recipient: 'ada@example.com', dryRun });
			expect(error?.message).toContain('Dry Run must be true or false');
			expect(await emails({})).toHaveLength(4);
		},
	);

	const EVERY: [string, INode['parameters']][] = [
		['getMany', {}],
		['get', { findBy: 'event', eventId: 'evt_1' }],
		['summary', {}],
		['settle', { ledgerRow: '4', outcome: 'notIssued', note: 'Eve' }],
		['erasePerson', { recipient: 'ada@example.com', dryRun: false }],
	];

	test.each(EVERY)(
		'a stranger who knows the partner ID: %s is refused',
		async (operation, more) => {
			const before = await (await ledger()).list({ limit: 10 });
			const stranger = { privateKey: makeKey().pem };
			const { error, json, run: whole } = await run(operation, more, { credential: stranger });
			expect(error?.httpCode).toBe('401');
			expect(json('Done')).toEqual([]);
			expect(JSON.stringify(whole)).not.toContain('ada@example.com","credentialId');
			expect(await (await ledger()).list({ limit: 10 })).toEqual(before);
		},
	);

	test.each(EVERY)('with the ledger off, %s says so in plain words', async (operation, more) => {
		const { error } = await run(operation, more, { credential: { ledger: 'off' } });
		expect(error?.message).toMatch(/ledger is off in this credential/);
	});

	test.each(EVERY)('an agent and %s', async (operation, more) => {
		const { json, error } = await run(operation, more, {
			settings: { ...TOOL, onError: 'continueRegularOutput' },
		});
		expect(error).toBeUndefined();
		const changes = operation === 'settle' || operation === 'erasePerson';
		const [first] = json('Done');
		if (changes) expect(first).toMatchObject({ code: 'AIR_LEDGER_NOT_FOR_TOOLS' });
		else expect(first).not.toHaveProperty('code');
		expect(await emails({})).toHaveLength(4);
		expect((await (await ledger()).totals()).unknown).toBe(1);
	});

	test('an agent that reads the incoming item is refused', async () => {
		const filters = { recipient: '={{ $json.email }}' };
		const { error } = await run('getMany', { filters }, { settings: TOOL });
		expect(error?.message).toMatch(/reads the incoming item/);
	});
});
