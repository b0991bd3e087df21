import { setTimeout as sleep } from 'node:timers/promises';
import { closeDispatchers } from '../../air/http/dispatchers';
import { makeKey } from '../support/keys';
import { ISSUER_DID, startTestAir, type TestAir } from './air';
import { OneCredential, runWorkflow } from './runWorkflow';
import { issueWorkflow, person, statusWorkflow } from './workflows';

let air: TestAir;

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	air = await startTestAir();
});

afterEach(() => {
	air.emulator.control.reset();
});

afterAll(async () => {
	await air.close();
	await closeDispatchers();
});

const control = () => air.emulator.control;
const asked = () => control().counts().byOperation.status;

const ask = async (...args: Parameters<typeof statusWorkflow>) =>
	await runWorkflow(statusWorkflow(...args), air.credential);

/** Issues to people, and forgets the requests: what Issue on Behalf gives out goes in as it is. */
async function issuedTo(...names: string[]) {
	const { json } = await runWorkflow(
		issueWorkflow(names.map((name) => person(name))),
		air.credential,
	);
	const issued = json('Done');
	expect(issued).toHaveLength(names.length);
	control().clearRecord();
	return issued as { coreClaimHash: string; email: string }[];
}

const UNKNOWN = { coreClaimHash: 'ab'.repeat(32), email: 'ada@example.com' };

describe('asking once', () => {
	test('gives out all that AIR says, what it means, and ISO dates', async () => {
		const [ada] = await issuedTo('ada');
		const { error, json, items } = await ask([{ ...ada }]);
		expect(error).toBeUndefined();
		expect(json('Done')).toEqual([
			{
				coreClaimHash: ada?.coreClaimHash,
				email: 'ada@example.com',
				issuanceDate: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/) as string,
				expirationDate: expect.any(String) as string,
				issuerDid: ISSUER_DID,
				issuerId: expect.any(String) as string,
				schemeId: '01KSTQK70XGFBT558HRHFB',
				vcId: expect.any(String) as string,
				vcDstorageId: expect.any(String) as string,
				vcStatus: 'ONCHAIN',
				state: 'confirmed',
				onChain: true,
				issuanceDateIso: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/) as string,
				expirationDateIso: expect.stringMatching(/T.*Z$/) as string,
			},
		]);
		expect(items('Done')[0]?.pairedItem).toEqual({ item: 0 });
		expect(asked()).toBe(1);
		expect(control().requests()[0]).toMatchObject({
			operation: 'status',
			recipient: 'ada@example.com',
			coreClaimHash: ada?.coreClaimHash,
		});
	});

	test('the ISO date is the same moment', async () => {
		const { json } = await ask(await issuedTo('ada'));
		const [answer] = json('Done') as { issuanceDate: string; issuanceDateIso: string }[];
		const moment = Date.parse(answer?.issuanceDateIso ?? '');
		expect(moment).toBe(Date.parse(`${answer?.issuanceDate.replace(' ', 'T') ?? ''}Z`));
		expect(Math.abs(Date.now() - moment)).toBeLessThan(60_000);
	});

	test('pending is an answer, and is not waited for', async () => {
		control().setSettings({ confirmAfterMs: null });
		const { json } = await ask(await issuedTo('ada'));
		expect(json('Done')[0]).toMatchObject({
			vcStatus: 'WAIT_ONCHAIN',
			state: 'pending',
			onChain: false,
		});
		expect(json('Done')[0]).not.toHaveProperty('waitedMs');
		expect(asked()).toBe(1);
	});

	test('many items: each its own answer, paired with its own item, over one connection', async () => {
		const people = await issuedTo('ada', 'bob', 'cy');
		control().setStatus({ coreClaimHash: people[1]?.coreClaimHash ?? '', vcStatus: 'REMOVE' });
		const { json, items } = await ask(people, { concurrency: 1 });
		expect(json('Done').map(({ email, state }) => [email, state])).toEqual([
			['ada@example.com', 'confirmed'],
			['bob@example.com', 'unusable'],
			['cy@example.com', 'confirmed'],
		]);
		expect(items('Done').map(({ pairedItem }) => pairedItem)).toEqual(
			[0, 1, 2].map((item) => ({ item })),
		);
		expect(
			control()
				.requests()
				.map(({ recipient }) => recipient),
		).toEqual(people.map(({ email }) => email));
		expect(control().counts().connections).toBeLessThanOrEqual(1);
	});

	test.each([
		['EXPIRE', 'unusable'],
		['WAIT_REMOVE', 'unusable'],
		['NO_EXIST', 'unusable'],
		['COMPLIANT', 'unknown'],
		['onchain', 'unknown'],
	])('%s is passed on as it is, and means %s', async (vcStatus, state) => {
		const [ada] = await issuedTo('ada');
		control().setStatus({ coreClaimHash: ada?.coreClaimHash ?? '', vcStatus });
		const { error, json } = await ask([{ ...ada }]);
		expect(error).toBeUndefined();
		expect(json('Done')[0]).toMatchObject({ vcStatus, state, onChain: false });
	});

	test('fields that nobody has documented are passed on, and one called error is not a failure', async () => {
		const text = '{"vcStatus":"ONCHAIN","error":"none","nested":{"a":[1]},"expirationDate":null}';
		control().injectFault({
			kind: 'answer',
			status: 200,
			body: { type: 'text', text },
			contentType: 'application/json',
		});
		const { json } = await runWorkflow(
			statusWorkflow([UNKNOWN], {}, { retryOnFail: true, maxTries: 3, waitBetweenTries: 0 }),
			air.credential,
		);
		expect(json('Done')).toEqual([
			{
				...UNKNOWN,
				vcStatus: 'ONCHAIN',
				airError: 'none',
				nested: { a: [1] },
				expirationDate: null,
				state: 'confirmed',
				onChain: true,
			},
		]);
		expect(asked()).toBe(1);
	});
});

describe('a hash that AIR does not know', () => {
	test('is asked for again for some seconds, then it is an error with advice', async () => {
		const { error } = await ask([UNKNOWN]);
		expect(error?.message).toBe('AIR knows no credential with this core claim hash');
		expect(error?.description).toMatch(/environment/);
		expect(error?.description).toContain('No credential found for the given hash.');
		expect(error?.httpCode).toBe('404');
		expect(asked()).toBe(3);
	});

	test('may just not be visible yet', async () => {
		control().setSettings({ visibleAfterMs: 600 });
		const { error, json } = await ask(await issuedTo('ada'));
		expect(error).toBeUndefined();
		expect(json('Done')[0]).toMatchObject({ onChain: true });
	});

	test('a 404 that is not AIR’s own is recognized, and not asked again', async () => {
		control().injectFault({
			kind: 'answer',
			status: 404,
			body: { type: 'text', text: '404 page not found' },
			times: null,
		});
		const { error } = await ask([UNKNOWN]);
		expect(error?.message).toBe('There is no such AIR endpoint at this address');
		expect(asked()).toBe(1);
	});
});

describe('without a number of your own', () => {
	beforeEach(() => {
		// n8n reads it from its database, and items are read meanwhile.
		jest.spyOn(OneCredential.prototype, 'getDecrypted').mockImplementation(async () => {
			await sleep(20);
			return air.credential;
		});
	});

	afterEach(() => {
		jest.restoreAllMocks();
	});

	test('several are asked about at once', async () => {
		const people = await issuedTo(...Array.from({ length: 30 }, (_, index) => `person${index}`));
		control().setSettings({ latencyMs: 100 });
		const { json } = await ask(people);
		expect(json('Done')).toHaveLength(30);
		expect(control().counts().maxInFlight).toBeGreaterThanOrEqual(10);
	});

	test('the first one is not on-chain yet: the others are asked about before it is asked about again', async () => {
		const people = await issuedTo('ada', 'bob', 'cy');
		const [ada] = people;
		control().setStatus({ coreClaimHash: ada?.coreClaimHash ?? '', vcStatus: 'WAIT_ONCHAIN' });
		await ask(people, { waitUntilOnChain: true, waitTimeout: 2 });
		const first = control().requests().slice(0, 3);
		expect(new Set(first.map(({ recipient }) => recipient)).size).toBe(3);
	});
});

describe('waiting', () => {
	const wait = { waitUntilOnChain: true };

	test('until it is on-chain', async () => {
		control().setSettings({ confirmAfterMs: 5_000 });
		const { json } = await ask(await issuedTo('ada'), wait);
		expect(json('Done')[0]).toMatchObject({
			vcStatus: 'ONCHAIN',
			onChain: true,
			waitedMs: expect.any(Number) as number,
		});
		expect(json('Done')[0]).not.toHaveProperty('waitStopped');
		expect(Number(json('Done')[0]?.waitedMs)).toBeGreaterThanOrEqual(900);
		expect(asked()).toBeGreaterThan(1);
	});

	test('asks at once: what is on-chain already costs no time', async () => {
		const waits: number[] = [];
		for (const person of ['ada', 'bob', 'cy']) {
			const { json } = await ask(await issuedTo(person), wait);
			waits.push(Number(json('Done')[0]?.waitedMs));
			expect(asked()).toBe(1);
		}
		expect(Math.min(...waits)).toBeLessThan(900);
	});

	test('running out of time is a result', async () => {
		control().setSettings({ confirmAfterMs: null });
		const { error, json } = await ask(await issuedTo('ada'), { ...wait, waitTimeout: 1 });
		expect(error).toBeUndefined();
		expect(json('Done')[0]).toMatchObject({
			vcStatus: 'WAIT_ONCHAIN',
			state: 'pending',
			onChain: false,
		});
	});

	test('a status that will not change any more ends it', async () => {
		const [ada] = await issuedTo('ada');
		control().setStatus({ coreClaimHash: ada?.coreClaimHash ?? '', vcStatus: 'REMOVE' });
		const { json } = await ask([{ ...ada }], wait);
		expect(json('Done')[0]).toMatchObject({ state: 'unusable', onChain: false });
		expect(asked()).toBe(1);
	});

	test('a gateway’s page in between does not end it', async () => {
		const people = await issuedTo('ada');
		control().injectFault({ kind: 'answer', status: 502, body: { type: 'html' } });
		const { error, json } = await ask(people, wait);
		expect(error).toBeUndefined();
		expect(json('Done')[0]).toMatchObject({ onChain: true });
	});

	test('what AIR refuses is an error at once', async () => {
		const people = await issuedTo('ada');
		control().injectFault({ kind: 'answer', operation: 'status', status: 403, times: null });
		const { error } = await ask(people, wait);
		expect(error?.httpCode).toBe('403');
		expect(asked()).toBe(1);
	});

	test('an unknown hash is an error when time runs out', async () => {
		const { error } = await ask([UNKNOWN], { ...wait, waitTimeout: 1 });
		expect(error?.message).toMatch(/knows no credential/);
	});

	test('a cancel ends it long before the wait is over, and nothing more is asked', async () => {
		control().setSettings({ confirmAfterMs: null });
		const people = await issuedTo('ada', 'bob');
		const began = Date.now();
		await runWorkflow(
			statusWorkflow(people, { ...wait, waitTimeout: 50, concurrency: 1 }),
			air.credential,
			{
				cancelAfterMs: 300,
			},
		);
		expect(Date.now() - began).toBeLessThan(10_000);
		const before = asked();
		await new Promise((resolve) => setTimeout(resolve, 900));
		expect(asked()).toBe(before);
		expect(
			control()
				.requests()
				.map(({ recipient }) => recipient),
		).not.toContain('bob@example.com');
	});
});

describe('what is refused before anything is sent', () => {
	test.each([
		['an empty hash', { coreClaimHash: '' }, /core claim hash is not valid: it is empty/],
		['a hash with a space', { coreClaimHash: 'ab cd' }, /core claim hash is not valid/],
		[
			'a hash with a further parameter',
			{ coreClaimHash: 'ab&x=y' },
			/core claim hash is not valid/,
		],
		['a hash that is a number', { coreClaimHash: 5 }, /it is not text/],
		['no address', { email: 'ada' }, /recipient is not a valid e-mail address/],
		[
			'an empty address',
			{ email: '' },
			/not a valid e-mail address: it is empty, and the ledger does not know this core claim hash/,
		],
		['two addresses', { email: 'a@x.com,b@x.com' }, /more than one address/],
	])('%s', async (_what, change, words) => {
		const { error } = await ask([{ ...UNKNOWN, ...change }]);
		expect(error?.message).toMatch(words);
		expect(error?.description).toBeTruthy();
		expect(asked()).toBe(0);
	});

	test.each([
		[{ requestTimeout: 0 }, /Request Timeout/],
		[{ jwtLifetime: 20 }, /Token Lifetime/],
		[{ waitTimeout: 901, waitUntilOnChain: true }, /Wait Timeout/],
	])('options %j', async (options, words) => {
		const { error } = await ask([UNKNOWN], options);
		expect(error?.message).toMatch(words);
		expect(asked()).toBe(0);
	});

	test('a wrong item among several is named by its number', async () => {
		const people = await issuedTo('ada', 'bob');
		const { error } = await ask([people[0] ?? {}, { ...people[1], email: 'SECRET' }]);
		expect(error?.description).toMatch(/^Row 2 of 2\. /);
		expect(JSON.stringify(error)).not.toContain('SECRET');
	});
});

describe('Continue On Fail', () => {
	test('one of three fails: the others go on, and it says why', async () => {
		const people = await issuedTo('ada', 'bob', 'cy');
		const failing = people.map((item, index) =>
			index === 1 ? { ...item, email: 'nobody' } : item,
		);
		const { error, items, run } = await ask(failing, {}, { onError: 'continueRegularOutput' });
		expect(error).toBeUndefined();
		const [ada, bob, cy] = items('Done');
		expect([ada?.json.onChain, cy?.json.onChain]).toEqual([true, true]);
		expect(bob).toMatchObject({
			json: {
				error: expect.stringMatching(/not a valid e-mail address/) as string,
				message: expect.stringMatching(/exactly one e-mail address/) as string,
				code: 'AIR_RECIPIENT_INVALID',
			},
			pairedItem: { item: 1 },
		});
		expect(
			run.data.resultData.runData.Status?.at(-1)
				?.hints?.map(({ message }) => message)
				.join('\n'),
		).toMatch(/^1 of 3 items failed/m);
	});

	test('what AIR refuses keeps status and AIR’s own words', async () => {
		control().injectFault({
			kind: 'answer',
			status: 401,
			body: { type: 'air', message: 'Invalid signature' },
		});
		const { json } = await ask([UNKNOWN], {}, { onError: 'continueRegularOutput' });
		expect(json('Done')[0]).toMatchObject({
			error: 'The signature does not fit the key in your JWKS',
			message: expect.stringContaining('“Invalid signature”') as string,
			code: 'AIR_UNAUTHORIZED_SIGNATURE',
			httpStatus: 401,
			retryable: false,
		});
	});

	test('a broken credential is reported for each item', async () => {
		const { json } = await runWorkflow(
			statusWorkflow([UNKNOWN, UNKNOWN], {}, { onError: 'continueRegularOutput' }),
			{ ...air.credential, privateKey: '' },
		);
		expect(json('Done').map(({ error }) => error)).toEqual(
			Array(2).fill('The private key is missing'),
		);
	});
});

describe('what AIR and the way there do', () => {
	test.each([
		['an HTML 502', { kind: 'answer', status: 502, body: { type: 'html' } }],
		['a 500', { kind: 'answer', status: 500 }],
		['a 503', { kind: 'answer', status: 503 }],
		['a 429', { kind: 'answer', status: 429 }],
		['a reset', { kind: 'reset' }],
		['a cut answer', { kind: 'answer', status: 200, body: { type: 'cut' } }],
	] as const)('%s is asked again, since asking changes nothing', async (_what, fault) => {
		const people = await issuedTo('ada');
		control().injectFault(fault);
		const { error, json } = await ask(people);
		expect(error).toBeUndefined();
		expect(json('Done')[0]).toMatchObject({ onChain: true });
		expect(asked()).toBe(2);
	});

	test('a lasting failure is an error, and does not say that the outcome is unknown', async () => {
		control().injectFault({
			kind: 'answer',
			status: 502,
			body: { type: 'html', title: '502 Bad Gateway' },
			times: null,
		});
		const { error } = await ask([UNKNOWN]);
		expect(error?.message).toBe(
			'AIR, or a gateway in front of it, failed while working on the request',
		);
		expect(error?.description).toContain('502 Bad Gateway');
		expect(error?.description).not.toMatch(/whether the credential was issued/);
		expect(error?.httpCode).toBe('502');
		expect(asked()).toBe(4);
	});

	test('Request Timeout ends a question that AIR does not answer', async () => {
		const people = await issuedTo('ada');
		control().injectFault({ kind: 'hang' });
		const { error, json } = await ask(people, { requestTimeout: 1 });
		expect(error).toBeUndefined();
		expect(json('Done')[0]).toMatchObject({ onChain: true });
	});

	test('a wrong key is AIR’s 401, and nothing of the key is in the run data', async () => {
		const { pem } = makeKey();
		const { error, run } = await runWorkflow(statusWorkflow([UNKNOWN]), {
			...air.credential,
			privateKey: pem,
		});
		expect(error?.message).toMatch(/signature does not fit/);
		const stored = JSON.stringify(run);
		expect(stored).not.toContain(pem.split('\n')[1]);
		expect(stored).not.toMatch(/eyJ[\w-]+\.[\w-]+\.[\w-]+/);
	});
});
