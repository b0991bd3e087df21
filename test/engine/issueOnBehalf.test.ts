import { closeDispatchers } from '../../air/http/dispatchers';
import { ISSUER_DID, PROGRAM_ID, startTestAir, type TestAir } from './air';
import { makeKey } from '../support/keys';
import { runWorkflow } from './runWorkflow';
import { issueWorkflow, person } from './workflows';

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

const run = async (...args: Parameters<typeof issueWorkflow>) =>
	await runWorkflow(issueWorkflow(...args), air.credential);

/** What is shown beside the output, except for what is always shown while the ledger is off. */
const hintsOf = ({ run: finished }: Awaited<ReturnType<typeof run>>) =>
	(finished.data.resultData.runData.Issue?.at(-1)?.hints ?? [])
		.map(({ message }) => message)
		.filter((message) => !message.startsWith('Issuance Ledger is off'));

const control = () => air.emulator.control;
const issued = () => control().issuances();
const posts = () => control().counts().byOperation.issue;

describe('issuing', () => {
	test('issues to each person, once, and gives out what AIR answered', async () => {
		const { error, json, items } = await run([person('ada'), person('bob')]);
		expect(error).toBeUndefined();
		expect(json('Done')).toEqual(
			['ada', 'bob'].map((name) => ({
				coreClaimHash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
				credentialId: PROGRAM_ID,
				userUuid: expect.any(String) as string,
				email: `${name}@example.com`,
				issuerDid: ISSUER_DID,
				submittedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
				outcome: 'issued',
				onChain: false,
			})),
		);
		expect(items('Done').map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
		const recipients = issued().map(({ recipient }) => recipient);
		expect(recipients.sort()).toEqual(['ada@example.com', 'bob@example.com']);
		expect(control().requests()[0]).toMatchObject({
			alg: 'ES256',
			kid: air.credential.partnerId,
			userAgent: expect.stringMatching(/^n8n-nodes-moca-air\/\d/) as string,
			body: {
				issuerDid: ISSUER_DID,
				credentialId: PROGRAM_ID,
				credentialSubject: { kycLevel: 'basic', isOver18: true },
				onDuplicate: 'revoke',
			},
		});
	});

	test.each([
		['text', '{"kycLevel": "basic", "score": 1.5}'],
		['an object from an expression', '={{ { kycLevel: $json.level, score: 1.5 } }}'],
	])('takes the subject as JSON: %s', async (_form, subjectJson) => {
		const { error } = await run([person('ada')], { subjectMode: 'json', subjectJson });
		expect(error).toBeUndefined();
		expect(control().requests()[0]?.body).toMatchObject({
			credentialSubject: { kycLevel: 'basic', score: 1.5 },
		});
	});

	test('keeps one connection for all items', async () => {
		await run(
			Array.from({ length: 20 }, (_, index) => person(`p${index}`)),
			{ options: { concurrency: 1 } },
		);
		expect(issued()).toHaveLength(20);
		expect(control().counts().connections).toBeLessThanOrEqual(1);
	});

	test('Keep Existing leaves what the person has; Revoke and Reissue replaces it', async () => {
		const kept = await run([person('ada'), person('ada')], { onDuplicate: 'ignore' });
		expect(new Set(kept.json('Done').map(({ coreClaimHash }) => coreClaimHash)).size).toBe(1);
		const replaced = await run([person('bob'), person('bob')]);
		expect(new Set(replaced.json('Done').map(({ coreClaimHash }) => coreClaimHash)).size).toBe(2);
		expect(control().counts()).toMatchObject({ issuances: 3, revoked: 1 });
	});

	test('Keep Existing that swallows an item of the run says so', async () => {
		const kept = await run([person('ada'), person('bob'), person('ada')], {
			onDuplicate: 'ignore',
		});
		expect(hintsOf(kept)).toEqual([
			expect.stringMatching(
				/^1 of 3 items is for a person who already holds this credential\. It has the same values/,
			),
		]);
		const others = await run([person('cy'), person('dan')], { onDuplicate: 'ignore' });
		expect(hintsOf(others)).toEqual([]);
	});

	test('several items with one address get a hint', async () => {
		// Nobody else's: before 2.11 n8n tells executions of one number apart by nothing.
		const finished = await run([person('ada'), person('bob')], {
			recipient: 'all@example.com',
			options: { sameRecipient: true },
		});
		expect(hintsOf(finished)).toEqual([
			expect.stringMatching(/^2 items went to one e-mail/),
			'1 item replaced a credential that the person already held.',
		]);
	});

	test('an issuer DID in the options overrides the credential', async () => {
		const { error } = await run([person('ada')], { options: { issuerDid: 'did:web:other' } });
		expect(error?.message).toBe('AIR does not know the issuer DID or the issuance program');
		expect(control().requests()[0]?.body).toMatchObject({ issuerDid: 'did:web:other' });
	});

	test('a field named error in the answer of AIR does not look like a failure to n8n', async () => {
		// n8n takes a truthy json.error of the first item for a failed node.
		const { json, run: finished } = await runWorkflow(
			issueWorkflow([person('ada')], {}, { retryOnFail: true, maxTries: 3, waitBetweenTries: 0 }),
			air.credential,
		);
		expect(json('Done')[0]).not.toHaveProperty('error');
		expect(finished.status).toBe('success');
		expect(posts()).toBe(1);
	});
});

describe('waiting', () => {
	test('gives out the status with the issuance', async () => {
		control().setSettings({ confirmAfterMs: 300 });
		const { json } = await run([person('ada')], { options: { waitUntilOnChain: true } });
		expect(json('Done')[0]).toMatchObject({
			vcStatus: 'ONCHAIN',
			onChain: true,
			state: 'confirmed',
			issuanceDate: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/) as string,
			issuanceDateIso: expect.stringMatching(/T.*Z$/) as string,
			waitedMs: expect.any(Number) as number,
			email: 'ada@example.com',
		});
	});

	test('running out of time is a result, not a failure', async () => {
		control().setSettings({ confirmAfterMs: null });
		const { error, json } = await run([person('ada')], {
			options: { waitUntilOnChain: true, waitTimeout: 1 },
		});
		expect(error).toBeUndefined();
		expect(json('Done')[0]).toMatchObject({ onChain: false, state: 'pending' });
	});

	test('a status endpoint that refuses does not turn an issuance into a failure', async () => {
		control().injectFault({ kind: 'answer', operation: 'status', status: 403, times: null });
		const { error, json } = await run([person('ada')], { options: { waitUntilOnChain: true } });
		expect(error).toBeUndefined();
		expect(json('Done')[0]).toMatchObject({
			coreClaimHash: expect.any(String) as string,
			onChain: false,
			waitStopped: expect.stringContaining('AIR') as string,
		});
		expect(issued()).toHaveLength(1);
	});

	test('a hash that is not visible yet is waited for', async () => {
		control().setSettings({ visibleAfterMs: 1500 });
		const { json } = await run([person('ada')], { options: { waitUntilOnChain: true } });
		expect(json('Done')[0]).toMatchObject({ onChain: true });
	});

	test('a status that AIR’s documents do not know is passed on', async () => {
		control().injectFault({
			kind: 'answer',
			operation: 'status',
			status: 200,
			times: null,
			body: { type: 'text', text: '{"vcStatus":"FROZEN","vcId":"c1"}' },
			contentType: 'application/json',
		});
		const { json } = await run([person('ada')], {
			options: { waitUntilOnChain: true, waitTimeout: 1 },
		});
		expect(json('Done')[0]).toMatchObject({ vcStatus: 'FROZEN', state: 'unknown', onChain: false });
	});
});

describe('what is refused before anything is sent', () => {
	test.each([
		['a recipient without @', {}, { email: 'ada' }, /recipient is not a valid e-mail address/],
		['two recipients', {}, { email: 'a@x.com, b@x.com' }, /more than one address/],
		['an empty recipient', {}, { email: '' }, /json\.email \}\} gives empty text/],
		[
			'an empty program',
			{ issuanceProgram: { __rl: true, mode: 'id', value: '={{ $json.nothing }}' } },
			{},
			/issuance program is not valid/,
		],
		['a DID without did:', { options: { issuerDid: 'air:1' } }, {}, /issuer DID is not valid/],
		[
			'a subject that is not an object',
			{ subjectMode: 'json', subjectJson: '[1]' },
			{},
			/one object/,
		],
		['a subject with id', { subjectMode: 'json', subjectJson: '{"id":"x"}' }, {}, /id must not/],
		['broken JSON', { subjectMode: 'json', subjectJson: '{"a":' }, {}, /not valid JSON/],
		[
			'a prototype key',
			{ subjectMode: 'json', subjectJson: '{"__proto__":{"a":1}}' },
			{},
			/forbidden name/,
		],
		['undefined', { subjectMode: 'json', subjectJson: '={{ { a: undefined } }}' }, {}, /no value/],
		['NaN', { subjectMode: 'json', subjectJson: '={{ { a: NaN } }}' }, {}, /not a number/],
		['no fields at all', { subjectFields: {} }, {}, /no attributes/],
		['a boolean that is none', {}, { adult: 'perhaps' }, /isOver18 must be true or false/],
		['a token lifetime of an hour', { options: { jwtLifetime: 60 } }, {}, /Token Lifetime/],
		['a wait of an hour', { options: { waitTimeout: 3600 } }, {}, /Wait Timeout/],
	])('%s', async (_name, parameters, values, message) => {
		const { error } = await run([person('ada'), person('bob', values)], parameters);
		expect(error?.message).toMatch(message);
		expect(error?.description).toMatch(/^Row [12] of 2\. /);
		expect(error?.description).toBeTruthy();
		expect(issued().map(({ recipient }) => recipient)).not.toContain('bob@example.com');
	});

	test('a value that does not fit is named by its field and never shown', async () => {
		const { run: finished } = await run([person('ada', { adult: 'SECRET-VALUE' })]);
		const shown = JSON.stringify(finished.data.resultData.error);
		expect(shown).toContain('isOver18');
		expect(shown).not.toContain('SECRET-VALUE');
	});
});

describe('what AIR refuses', () => {
	test.each([
		[401, 'Invalid signature', /signature does not fit/, /JWKS URL/],
		[403, 'issueOnBehalf is not allowed', /not enabled for your partner/, /Issuer → Advanced/],
		[404, 'Unknown issuer DID or issuance program.', /does not know/, /sandbox/],
		[400, 'Missing required field: issuerDid', /field that AIR requires is missing/, /issuerDid/],
	])('%i %s: once, with advice and AIR’s own words', async (status, message, title, advice) => {
		control().injectFault({ kind: 'answer', status, body: { type: 'air', message } });
		const { error } = await run([person('ada')]);
		expect(error?.message).toMatch(title);
		expect(error?.description).toMatch(advice);
		expect(error?.description).toContain(message);
		expect(error?.httpCode).toBe(String(status));
		expect(posts()).toBe(1);
	});

	test('404 for what looks like a schema ID says so', async () => {
		const { error } = await run([person('ada')], {
			issuanceProgram: { __rl: true, mode: 'id', value: '01KSTQK70XGFBT558HRHFB' },
		});
		expect(error?.httpCode).toBe('404');
		expect(error?.description).toMatch(/looks like a schema ID/);
	});

	test('409 tells consent and duplicate apart by what was asked for', async () => {
		control().setConsent({ partnerId: 'engine-partner', email: 'ada@example.com' });
		const reissue = await run([person('ada')]);
		expect(reissue.error?.message).toMatch(/declined credentials/);
		const keep = await run([person('ada')], { onDuplicate: 'ignore' });
		expect(keep.error?.message).toMatch(/already holds this credential, or has declined/);
	});

	test('a wrong key is AIR’s 401, and no key material is in the run data', async () => {
		const { pem } = makeKey();
		const { error, run: finished } = await runWorkflow(issueWorkflow([person('ada')]), {
			...air.credential,
			privateKey: pem,
		});
		expect(error?.message).toMatch(/signature does not fit/);
		const stored = JSON.stringify(finished);
		for (const line of pem
			.split('\n')
			.filter((part) => part.length > 20 && !part.includes('---'))) {
			expect(stored).not.toContain(line);
		}
		expect(stored).not.toMatch(/eyJ[\w-]+\.[\w-]+\.[\w-]+/);
	});

	test('an unusable key is named in words that show no part of it', async () => {
		const { error } = await runWorkflow(issueWorkflow([person('ada')]), {
			...air.credential,
			privateKey: '-----BEGIN PRIVATE KEY-----\nc2VjcmV0LWdhcmJhZ2U=\n-----END PRIVATE KEY-----',
		});
		expect(error?.message).toBe('The private key cannot be read');
		expect(JSON.stringify(error)).not.toContain('c2VjcmV0');
	});
});

describe('what may have happened', () => {
	test.each([
		['500', { kind: 'answer', status: 500, afterWork: true }],
		['502 from a gateway', { kind: 'answer', status: 502, body: { type: 'html' } }],
		['503 without Retry-After', { kind: 'answer', status: 503, body: { type: 'html' } }],
		['a reset after the work was done', { kind: 'reset', afterWork: true }],
		['an answer without hash', { kind: 'dropField', fields: ['coreClaimHash'] }],
		['cut JSON', { kind: 'answer', status: 200, body: { type: 'cut' }, afterWork: true }],
		['HTML with 200', { kind: 'answer', status: 200, body: { type: 'html' }, afterWork: true }],
		['an envelope with a failure', { kind: 'answer', status: 200, body: { type: 'envelope' } }],
	] as const)('%s under Revoke and Reissue is not sent again', async (_name, fault) => {
		control().injectFault({ operation: 'issue', ...fault } as never);
		const { error } = await run([person('ada')]);
		expect(error?.description).toMatch(/may or may not have issued/);
		expect(posts()).toBe(1);
	});

	test('under Keep Existing it is sent again, and issued once', async () => {
		control().injectFault({ kind: 'reset', operation: 'issue', afterWork: true });
		const { error, json } = await run([person('ada')], { onDuplicate: 'ignore' });
		expect(error).toBeUndefined();
		expect(json('Done')).toHaveLength(1);
		expect(posts()).toBe(2);
		expect(control().counts().issuances).toBe(1);
	});

	test('with Send Again When Outcome Is Unknown it is sent again', async () => {
		control().injectFault({ kind: 'answer', operation: 'issue', status: 500 });
		const { error } = await run([person('ada')], { options: { sendAgainWhenUnknown: true } });
		expect(error).toBeUndefined();
		expect(posts()).toBe(2);
	});

	test('each run says so while that is on and matters', async () => {
		const on = { options: { sendAgainWhenUnknown: true } };
		expect(hintsOf(await run([person('ada')], on)).join()).toMatch(
			/Send Again When Outcome Is Unknown is on/,
		);
		expect(hintsOf(await run([person('bob')])).join()).not.toMatch(/Send Again/);
		const kept = await run([person('eve')], { ...on, onDuplicate: 'ignore' });
		expect(hintsOf(kept).join()).not.toMatch(/Send Again/);
	});

	test.each([
		['429', { kind: 'answer', status: 429 }],
		['503 with Retry-After', { kind: 'answer', status: 503, retryAfter: { seconds: 0 } }],
	] as const)('%s was not worked on, so it is sent again', async (_name, fault) => {
		control().injectFault({ operation: 'issue', ...fault });
		const { error, log } = await run([person('ada')]);
		expect(error).toBeUndefined();
		expect(posts()).toBe(2);
		expect(issued()).toHaveLength(1);
		expect(log.some(({ message }) => message.includes('trying again'))).toBe(true);
	});

	test('Request Timeout ends a request that AIR does not answer', async () => {
		control().injectFault({ kind: 'hang', operation: 'issue' });
		const { error } = await run([person('ada')], { options: { requestTimeout: 1 } });
		expect(error?.message).toMatch(
			/^Not known whether this was issued.*: AIR did not answer in time$/,
		);
		expect(error?.description).toMatch(/may or may not have issued/);
		expect(posts()).toBe(1);
	});
});

describe('Continue On Fail', () => {
	const mixed = [person('ada'), person('bob', { email: 'nobody' }), person('cy')];

	test('the failed item says what to do, and the others go on', async () => {
		control().setConsent({ partnerId: 'engine-partner', email: 'cy@example.com' });
		const {
			error,
			items,
			run: finished,
		} = await run(mixed, {}, { onError: 'continueRegularOutput' });
		expect(error).toBeUndefined();
		const [ada, bob, cy] = items('Done');
		expect(ada?.json.coreClaimHash).toBeTruthy();
		expect(bob).toMatchObject({
			json: {
				error: expect.stringMatching(/e-mail address/) as string,
				message: expect.stringMatching(/owns the person’s AIR account/) as string,
				code: 'AIR_RECIPIENT_INVALID',
				retryable: false,
			},
			pairedItem: { item: 1 },
		});
		expect(cy).toMatchObject({
			json: { code: 'AIR_CONFLICT_CONSENT', httpStatus: 409 },
		});
		expect(
			finished.data.resultData.runData.Issue?.at(-1)
				?.hints?.map(({ message }) => message)
				.join('\n'),
		).toMatch(/^2 of 3 items failed/m);
	});

	test('the error output keeps message, advice and HTTP status', async () => {
		control().setConsent({ partnerId: 'engine-partner', email: 'cy@example.com' });
		const { json } = await run(mixed, {}, { onError: 'continueErrorOutput' });
		expect(json('Done')).toHaveLength(1);
		expect(json('Failed')).toMatchObject([
			{ error: expect.any(String) as string, code: 'AIR_RECIPIENT_INVALID' },
			{
				error: expect.stringMatching(/declined/) as string,
				message: expect.stringMatching(/AIR account/) as string,
				httpStatus: 409,
			},
		]);
	});

	test('a broken credential is reported for each item', async () => {
		const { json } = await runWorkflow(
			issueWorkflow(mixed, {}, { onError: 'continueRegularOutput' }),
			{ ...air.credential, privateKey: '' },
		);
		expect(json('Done').map(({ error }) => error)).toEqual(
			Array(3).fill('The private key is missing'),
		);
	});
});

describe('cancelling', () => {
	test('sends nothing new, returns before AIR answers, and logs how the POST under way ended', async () => {
		control().injectFault({ kind: 'delay', delayMs: 4_000, operation: 'issue', times: null });
		const began = Date.now();
		const { log } = await runWorkflow(
			issueWorkflow([person('ada'), person('bob'), person('cy')], { options: { concurrency: 1 } }),
			air.credential,
			{ cancelAfterMs: 300 },
		);
		expect(Date.now() - began).toBeLessThan(3_500);
		const isLogged = () =>
			log.some(({ message }) => message.includes(issued()[0]?.coreClaimHash ?? 'no issuance'));
		while (!isLogged()) await new Promise((resolve) => setTimeout(resolve, 50));
		expect(issued().map(({ recipient }) => recipient)).toEqual(['ada@example.com']);
	});
});
