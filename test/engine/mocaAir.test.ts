import { decodeProtectedHeader, jwtVerify } from 'jose';
import type { IDataObject, INode } from 'n8n-workflow';
import { closeDispatchers } from '../../air/http/dispatchers';
import { CHECKS } from '../../issuance/setup/checks';
import { MocaAir } from '../../nodes/MocaAir/MocaAir.node';
import { makeKey } from '../support/keys';
import { PARTNER_ID, startTestAir, type TestAir } from './air';
import { tellsWorkflowSettings } from './engineAtHand';
import { runWorkflow, type RunResult } from './runWorkflow';
import { mocaAirWorkflow } from './workflows';

let air: TestAir;

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	air = await startTestAir();
});

afterEach(() => {
	expect(control().counts()).toMatchObject({ issuances: 0, usersCreated: 0 });
	air.emulator.control.reset();
	air.jwks.keys = [air.key.jwk(PARTNER_ID)];
});

afterAll(async () => {
	await air.close();
	await closeDispatchers();
});

const control = () => air.emulator.control;
const hints = ({ run }: RunResult) =>
	(run.data.resultData.runData.Auth?.at(-1)?.hints ?? []).map(({ message }) => message).join('\n');
const text = (value: unknown) => (typeof value === 'string' ? value : 'no text');
const JWT = /eyJ[\w-]+\.[\w-]+\.[\w-]+/;
/** The others have nothing to look at here. */
const DONE = Object.entries(CHECKS)
	.filter(([name]) => name !== 'furtherPublicKeys' && !name.startsWith('direct'))
	.map(([, { label }]) => label);
/** The JWKS of these tests is on loopback, and Issue on Behalf is asked only when ticked. */
const WARNINGS = ['JWKS URL is public', 'Issue on Behalf'];
const TOOL = { type: 'n8n-nodes-moca-air.mocaAirTool' };

describe('Check Setup', () => {
	const check = async (
		parameters: INode['parameters'] = {},
		credential: IDataObject = {},
		settings: Partial<INode> = {},
		items: readonly IDataObject[] = [{}],
	) =>
		await runWorkflow(
			mocaAirWorkflow(items, { operation: 'checkSetup', ...parameters }, settings),
			{ ...air.credential, ...credential } as never,
		);

	test('a summary, then problems, warnings, and what is fine, in words for people', async () => {
		const { error, items, json } = await check();
		expect(error).toBeUndefined();
		const found = json('Done');
		const fine = DONE.filter((name) => !WARNINGS.includes(name));
		expect(found.map(({ check: name }) => name)).toEqual(['Summary', ...WARNINGS, ...fine]);
		expect(found[0]).toMatchObject({
			check: 'Summary',
			status: 'warn',
			detail: 'No problem, 2 warnings, 17 checks passed',
		});
		for (const row of found) {
			expect(Object.keys(row)).toEqual(['check', 'status', 'detail', 'fix']);
			expect(Object.values(row)).not.toContain('');
		}
		expect(
			items('Auth').every(({ pairedItem }) => JSON.stringify(pairedItem) === '{"item":0}'),
		).toBe(true);
	});

	test('several items: the credential is the same, so it is checked once', async () => {
		const { json } = await check({}, {}, {}, [{}, {}, {}]);
		expect(json('Done')).toHaveLength(1 + DONE.length);
		expect(control().counts().byOperation.status).toBe(1);
	});

	test('a broken setup is a result and no error, with what to do', async () => {
		const { pem } = makeKey();
		const { error, json, run } = await check({}, { privateKey: pem });
		expect(error).toBeUndefined();
		const [summary, first] = json('Done');
		expect(summary).toMatchObject({
			status: 'fail',
			detail: expect.stringMatching(/^2 problems.*Begin with this: .*another key/) as string,
			fix: first?.fix,
		});
		expect(first).toMatchObject({
			check: 'Published key',
			fix: expect.stringMatching(/private key/) as string,
		});
		const stored = JSON.stringify(run);
		expect(stored).not.toContain(pem.split('\n')[1]);
		expect(stored).not.toMatch(JWT);
	});

	test('Issue on Behalf: asked only when ticked, for the own address, and nothing is issued', async () => {
		const feature = async (parameters: INode['parameters']) =>
			(await check(parameters)).json('Done').find(({ check: name }) => name === 'Issue on Behalf');
		expect(await feature({ ownAddress: 'me@example.com' })).toMatchObject({
			status: 'warn',
			detail: expect.stringMatching(/^Not checked/) as string,
			fix: expect.stringMatching(/Check Issue on Behalf/) as string,
		});
		expect(control().counts().byOperation.issue).toBe(0);

		const ticked = { checkIssueOnBehalf: true, ownAddress: 'me@example.com' };
		expect(await feature(ticked)).toMatchObject({ status: 'pass' });
		expect(control().requests().at(-1)).toMatchObject({
			operation: 'issue',
			recipient: 'me@example.com',
		});

		control().setFeature({ partnerId: PARTNER_ID, enabled: false });
		expect(await feature(ticked)).toMatchObject({ status: 'fail' });
	});

	test.each(['={{ "" }}', 'me', '={{ null }}', 5])(
		'Issue on Behalf without an own address (%j) is not asked',
		async (ownAddress) => {
			const { json } = await check({ checkIssueOnBehalf: true, ownAddress });
			expect(json('Done')[1]).toMatchObject({ check: 'Issue on Behalf', status: 'fail' });
			expect(control().counts().byOperation.issue).toBe(0);
		},
	);

	describe('of direct issuance', () => {
		const direct = () => ({
			...{ directIssuer: 'did:web:localhost%3A1', accountUrl: air.emulator.accountUrl },
			issuerDid: '',
		});
		const row = async (label: string, parameters = {}, settings = {}) => {
			const { json } = await check(parameters, direct(), settings);
			return json('Done').find(({ check: name }) => name === label);
		};

		test('the documents are fetched, without anything being asked for', async () => {
			expect(await row('did.json answers')).toMatchObject({
				status: 'fail',
				detail: expect.stringMatching(
					/^A document of the issuer cannot be read: did\.json/,
				) as string,
			});
			expect(await row('Issue on Behalf')).toBeUndefined();
			expect(control().counts().byOperation.account).toBe(0);
		});

		test('the account host is asked for one’s own address, if that is wished', async () => {
			expect(await row('Account host')).toMatchObject({ status: 'warn' });
			const ticked = { checkAccountHost: true, ownAddress: 'me@example.com' };
			expect(await row('Account host', ticked)).toMatchObject({ status: 'pass' });
			expect(control().counts()).toMatchObject({ issuances: 0, usersCreated: 1 });
			expect(control().counts().byOperation.issue).toBe(0);
			// It is the one check that creates somebody.
			control().reset();
		});

		test('an agent cannot make an account', async () => {
			const ticked = { checkAccountHost: true, ownAddress: 'victim@example.com' };
			expect(await row('Account host', ticked, TOOL)).toMatchObject({ status: 'warn' });
			expect(control().counts()).toMatchObject({ usersCreated: 0 });
		});
	});

	test('an agent may check, but not choose for whom AIR is asked', async () => {
		const { json } = await check(
			{ checkIssueOnBehalf: true, ownAddress: 'victim@example.com' },
			{},
			TOOL,
		);
		expect(json('Done').find(({ check: name }) => name === 'AIR accepts the key')).toMatchObject({
			status: 'pass',
		});
		expect(control().counts().byOperation.issue).toBe(0);
	});

	test('a cancel ends it', async () => {
		control().injectFault({ kind: 'hang', times: null });
		const began = Date.now();
		const { run } = await runWorkflow(
			mocaAirWorkflow([{}], { operation: 'checkSetup' }),
			air.credential,
			{ cancelAfterMs: 300 },
		);
		// Well before AIR's ten seconds are over.
		expect(Date.now() - began).toBeLessThan(8000);
		expect(run.data.resultData.runData.Done).toBeUndefined();
	});
});

describe('Get Public Documents', () => {
	const documents = async (credential: IDataObject = {}, settings: Partial<INode> = {}) =>
		await runWorkflow(mocaAirWorkflow([{}, {}], { operation: 'getPublicDocuments' }, settings), {
			...air.credential,
			...credential,
		} as never);
	const bytes = (data: string | undefined) => Buffer.from(data ?? '', 'base64').toString('utf8');

	test('the JWKS, once: as JSON, and as a file that other nodes can upload', async () => {
		const next = makeKey('RS256').jwk('next');
		const { error, items } = await documents({ furtherPublicJwks: JSON.stringify(next) });
		expect(error).toBeUndefined();
		const [item, ...more] = items('Auth');
		expect(more).toEqual([]);
		const jwks = { keys: [air.key.jwk(PARTNER_ID), next] };
		expect(item?.json).toEqual({
			fileName: 'jwks.json',
			mediaType: 'application/json',
			url: air.jwks.url,
			content: jwks,
		});
		const file = item?.binary?.data;
		expect(file).toMatchObject({ fileName: 'jwks.json', mimeType: 'application/json' });
		expect(JSON.parse(bytes(file?.data))).toEqual(jwks);
		expect(control().requests()).toEqual([]);
	});

	test('with an issuer for direct issuance, also its documents, with URL and content type', async () => {
		const next = makeKey('RS256').jwk('next');
		const { error, items } = await documents({
			furtherPublicJwks: JSON.stringify(next),
			directIssuer: 'issuer.example.com',
		});
		expect(error).toBeUndefined();
		const files = items('Auth').map(({ json, binary }) => {
			expect(JSON.parse(bytes(binary?.data?.data))).toEqual(json.content);
			expect(binary?.data).toMatchObject({ fileName: json.fileName, mimeType: json.mediaType });
			return [json.fileName, json.mediaType, json.url];
		});
		const wellKnown = 'https://issuer.example.com/.well-known';
		expect(files).toEqual([
			['jwks.json', 'application/json', air.jwks.url],
			['did.json', 'application/did+ld+json', `${wellKnown}/did.json`],
			['jwt-vc-issuer.json', 'application/json', `${wellKnown}/jwt-vc-issuer`],
			['air-partner-info.json', 'application/json', `${wellKnown}/air-partner-info`],
		]);
		const did = 'did:web:issuer.example.com';
		expect(items('Auth')[1]?.json.content).toMatchObject({
			id: did,
			assertionMethod: [`${did}#${PARTNER_ID}`, `${did}#next`],
		});
		expect(control().requests()).toEqual([]);
	});

	test('an invalid issuer: an error that names the field', async () => {
		const { error } = await documents({ directIssuer: 'http://issuer.example.com' });
		expect(error?.message).toMatch(/Issuer Host or DID: the address has to begin with https/);
	});

	test('nothing private is in it, and a private key among the public ones is refused', async () => {
		const { run } = await documents();
		for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi']) {
			expect(JSON.stringify(run)).not.toContain(`"${member}":`);
		}
		const { pem } = makeKey();
		const { error, run: refused } = await documents({ furtherPublicJwks: pem });
		expect(error?.message).toMatch(/PRIVATE key, and only public keys belong here/);
		expect(JSON.stringify(refused)).not.toContain(pem.split('\n')[1]);
	});

	test('Continue On Fail: an item says what is wrong', async () => {
		const { json } = await documents({ privateKey: '' }, { onError: 'continueRegularOutput' });
		expect(json('Done')).toMatchObject([{ code: 'AIR_KEY_EMPTY' }]);
	});
});

describe('Create Partner JWT', () => {
	const ALLOWED = { allowHandingOutJwts: true };

	const create = async (
		parameters: INode['parameters'] = {},
		{
			credential = ALLOWED,
			settings = {},
			items = [{}],
			workflow = {},
		}: {
			credential?: IDataObject;
			settings?: Partial<INode>;
			items?: readonly IDataObject[];
			workflow?: object;
		} = {},
	) =>
		await runWorkflow(
			mocaAirWorkflow(items, { operation: 'createPartnerJwt', ...parameters }, settings),
			{ ...air.credential, ...credential } as never,
			{ settings: workflow },
		);

	test('a token for each item, that the published key verifies, and nothing is sent', async () => {
		const people = ['ada', 'bob'].map((name) => ({ email: `${name}@example.com` }));
		const { error, json, items } = await create(
			{ scope: 'verify', email: '={{ $json.email }}', options: { jwtLifetime: 2 } },
			{ items: people },
		);
		expect(error).toBeUndefined();
		for (const [index, { token, ...rest }] of json('Done').entries()) {
			const { payload } = await jwtVerify(text(token), air.key.publicKey);
			expect(payload).toEqual({
				partnerId: PARTNER_ID,
				scope: 'verify',
				email: people[index]?.email,
				iat: expect.any(Number) as number,
				exp: (payload.iat ?? 0) + 130,
			});
			expect(decodeProtectedHeader(text(token))).toEqual({
				alg: 'ES256',
				kid: PARTNER_ID,
				typ: 'JWT',
			});
			expect(rest).toEqual({
				expiresAt: new Date((payload.exp ?? 0) * 1000).toISOString(),
				partnerId: PARTNER_ID,
				kid: PARTNER_ID,
				scope: 'verify',
				email: people[index]?.email,
			});
		}
		expect(items('Done').map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
		expect(control().requests()).toEqual([]);
	});

	test.each([
		[{ scope: 'issue' }, { scope: 'issue' }],
		[{ scope: 'none' }, {}],
		[{ scope: 'custom', customScope: 'issue verify' }, { scope: 'issue verify' }],
		[
			{ scope: 'issue', options: { extraClaims: '{"aud":"air"}' } },
			{ scope: 'issue', aud: 'air' },
		],
		[
			{ scope: 'issue', options: { extraClaims: '={{ {"level": $json.level} }}' } },
			{ scope: 'issue', level: 'gold' },
		],
	])('%j', async (parameters, claims) => {
		const { json } = await create(parameters, { items: [{ level: 'gold' }] });
		const { payload } = await jwtVerify(text(json('Done')[0]?.token), air.key.publicKey);
		const { iat, exp, partnerId, ...rest } = payload;
		expect([partnerId, (exp ?? 0) - (iat ?? 0)]).toEqual([PARTNER_ID, 310]);
		expect(rest).toEqual(claims);
	});

	test('AIR accepts one for Issue on Behalf, and one without the address it needs is not made', async () => {
		const { json } = await create({ scope: 'issue on-behalf', email: 'ada@example.com' });
		const answer = await fetch(
			`${air.emulator.baseUrl}/credentials/status?coreClaimHash=${'0'.repeat(64)}`,
			{ headers: { 'x-partner-auth': text(json('Done')[0]?.token) } },
		);
		expect(answer.status).toBe(404);
		const { error } = await create({ scope: 'issue on-behalf' });
		expect(error?.message).toMatch(/e-mail address is not valid/);
	});

	interface How {
		readonly credential?: IDataObject;
		readonly settings?: Partial<INode>;
	}
	const reserved = ['partnerId', 'scope', 'email', 'iat', 'exp', 'nbf'];

	test.each<[string, INode['parameters'], How, RegExp]>([
		['the credential does not allow it', {}, { credential: {} }, /does not hand out Partner JWTs/],
		['an agent asks for it', {}, { settings: TOOL }, /not given to AI agents/],
		...reserved.map((name): [string, INode['parameters'], How, RegExp] => [
			`${name} as an extra claim`,
			{ options: { extraClaims: { [name]: 'x' } } },
			{},
			/extra claims are not valid/,
		]),
		...['={"level": "{{ $json.level }}"}', '={{ JSON.stringify({ level: 1 }) }}'].map(
			(extraClaims): [string, INode['parameters'], How, RegExp] => [
				`text that an expression gave: ${extraClaims}`,
				{ options: { extraClaims } },
				{},
				/extra claims are not valid: an expression gave them as text/,
			],
		),
		['an empty custom scope', { scope: 'custom', customScope: '={{ "" }}' }, {}, /custom scope/],
		['a scope that there is not', { scope: 'admin' }, {}, /Scope/],
		['a life of 16 minutes', { options: { jwtLifetime: 16 } }, {}, /Token Lifetime/],
	])('refused, with advice: %s', async (_what, parameters, how, words) => {
		const { error, run } = await create(parameters, how);
		expect(error?.message).toMatch(words);
		expect(error?.description).toBeTruthy();
		expect(JSON.stringify(run)).not.toMatch(JWT);
	});

	test('Continue On Fail: one of two fails, and no token is in what it leaves', async () => {
		const { json } = await create(
			{ scope: 'issue', email: '={{ $json.email }}' },
			{
				items: [{ email: 'ada' }, { email: 'bob@example.com' }],
				settings: { onError: 'continueRegularOutput' },
			},
		);
		expect(json('Done')).toMatchObject([
			{ code: 'AIR_ADDRESS_INVALID' },
			{ email: 'bob@example.com', token: expect.stringMatching(JWT) as string },
		]);
		expect(json('Done')[0]).not.toHaveProperty('token');
	});

	test('anyone who looks is told that the token is saved, unless it is not', async () => {
		expect(hints(await create())).toMatch(/saves the data of this execution/);
		const quiet = await create({}, { workflow: { saveManualExecutions: false } });
		// Where that cannot be known, the hint comes anyway.
		expect(hints(quiet)).toMatch(tellsWorkflowSettings ? /^$/ : /saves the data/);
		expect(
			hints(await create({}, { credential: {}, settings: { onError: 'continueRegularOutput' } })),
		).not.toMatch(/saves the data/);
	});

	test('agents are offered what only reads, and the field is declared as sensitive', () => {
		const { description } = new MocaAir();
		expect(description.sensitiveOutputFields).toEqual(['token']);
		const operations = description.properties.filter(({ name }) => name === 'operation');
		expect(operations.map((operation) => operation.default)).toEqual([
			'issueDirectly',
			'getMany',
			'checkSetup',
		]);
		const offered = operations.flatMap(({ options = [] }) =>
			options.filter((option) => !('displayOptions' in option)),
		);
		// Nothing that changes the ledger, and no token.
		expect(offered.map((option) => ('value' in option ? option.value : ''))).toEqual([
			...['checkDirectIssuance', 'issueDirectly'],
			...['get', 'getMany', 'summary'],
			'checkSetup',
		]);
	});
});
