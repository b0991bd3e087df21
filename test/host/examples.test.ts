import { text } from 'node:stream/consumers';
import type { Browser } from 'playwright-core';
import { csvFiles } from '../corpus/csvFiles';
import { GOLD, invoicePaid, SILVER, subscription } from '../corpus/stripeEvents';
import type { Sent } from '../corpus/Story';
import { exampleNames, readExample, triggerOf } from '../../scripts/examples';
import { testAgentExample } from './agentExample';
import { choosing, ExampleHost, placeOf, ranIn, withoutStripe, type Imported } from './exampleHost';
import { launchChromium } from '../../harness/chromium';
import { Editor } from '../../harness/editor';
import type { Execution } from '../../harness/executionsApi';
import { poll } from '../../harness/poll';
import { itemsOf, jsonOf } from '../../harness/runData';
import {
	makeSecret,
	persona,
	sumsub,
	veriff,
	type KycProvider,
	type Review,
} from './providerEvents';
import { startForeignServer, type ForeignServer } from './httpServer';
import { inRow, items, start, startHost, type Host } from './workflows';

/** Every example in a real n8n, with what the providers send on good days and on bad ones. */
let host: Host;
let examples: ExampleHost;
let browser: Browser;
/** By workflow: how many cases were played. */
const cases = new Map<string, number>();

// A busy machine is not a failure.
jest.setTimeout(240_000);

beforeAll(async () => {
	host = await startHost({ issuesDirectly: true, editor: true });
	host.air.emulator.control.setSettings({ recordBodies: true });
	examples = new ExampleHost(host);
	browser = await launchChromium({ log: () => undefined });
}, 900_000);

afterAll(async () => {
	const lines = [...cases].map(([name, count]) => `  ${name}: ${count}`);
	const total = [...cases.values()].reduce((sum, count) => sum + count, 0);
	process.stderr.write(
		`examples in a real n8n: ${cases.size} workflows, ${total} cases\n${lines.join('\n')}\n`,
	);
	await browser.close();
	await host.close();
}, 60_000);

/** Counts each test from here on as a case of a workflow. */
const countCasesOf = (name: string) => {
	afterEach(() => {
		cases.set(name, (cases.get(name) ?? 0) + 1);
	});
};

const ISSUE = 'Moca AIR Issue on Behalf';
const MINUTE = 60_000;
const at = (minutes: number) => new Date(Date.UTC(2026, 0, 19, 7, 18, 45, 321) + minutes * MINUTE);

const issuedIn = (execution: Execution) => jsonOf(execution.data, ISSUE);
const failureOf = ({ data }: Execution) => data.resultData.error;

/** A chat needs somebody who types, and a model; an issuer service is one's own: both are played below. */
const clicked = exampleNames().filter(
	(name) => !['agent-with-approval', 'own-issuer-service'].includes(name),
);

describe.each(clicked)('%s, on the first click', (name) => {
	countCasesOf(name);

	test('runs from its pinned sample data, and issues what it is about', async () => {
		const { api } = host;
		const example = readExample(name);
		const { id } = await api.workflows.import(example, host.credentials);
		const run = await api.workflows.run(id, { trigger: triggerOf(example).name });
		const execution = await api.executions.wait(run);
		expect(failureOf(execution)).toBeUndefined();
		// One that ends with a page of a form waits until somebody has seen it.
		expect(execution.status).toBe(name === 'starter' ? 'waiting' : 'success');
		if (example.nodes.some((node) => node.name === ISSUE)) {
			expect(issuedIn(execution)).toContainEqual(
				expect.objectContaining({ coreClaimHash: expect.any(String) as string }),
			);
		}
	});
});

describe.each<[string, KycProvider]>([
	['kyc-sumsub', sumsub],
	['kyc-persona', persona],
	['kyc-veriff', veriff],
])('%s', (name, provider) => {
	countCasesOf(name);
	const secret = makeSecret();
	let imported: Imported;
	let deliveries = 0;

	beforeAll(async () => {
		const { id } = await host.api.credentials.create('crypto', 'Secret', { hmacSecret: secret });
		const chosen = choosing('n8n-nodes-base.crypto', 'crypto', { id, name: 'Secret' });
		imported = await examples.import(name, chosen);
		await host.api.workflows.activate(imported.workflowId);
	}, 120_000);

	const userId = (person: string) => `${person}-of-${provider.name}`;
	const emailOf = (person: string) => `${userId(person)}@example.com`;

	const register = async (person: string) => {
		if (provider.knowsEmail) return;
		const row = { userId: userId(person), email: emailOf(person) };
		await examples.addRows('moca_kyc_people', [{ ...row, countryCode: 'GB', isOver18: true }]);
	};

	const review = (person: string, rest: Partial<Review> = {}) =>
		provider.event({ userId: userId(person), at: at(0), ...rest });

	/** Posts an event and gives the answer and the execution that it led to. */
	const post = async (
		event: object,
		{ key = secret, sentAt = at(1), tamper = (body: string) => body } = {},
	) => {
		const { body, headers } = provider.deliver(event, key, sentAt);
		const answer = await host.api.webhook(provider.path, { body: tamper(body), headers });
		deliveries += 1;
		const execution = (await imported.executions(deliveries)).at(-1);
		if (execution === undefined) throw new Error('no execution');
		return { status: answer.status, execution };
	};

	test('approved: answered before AIR is asked, issued once, with the time of the review', async () => {
		await register('ada');
		const { status, execution } = await post(review('ada'));
		expect(failureOf(execution)).toBeUndefined();
		expect(status).toBe(200);
		expect(placeOf(execution, 'Answer 200')).toBeLessThan(placeOf(execution, ISSUE));
		expect(examples.subjectsOf(emailOf('ada'))).toEqual([
			{
				kycLevel: 'basic',
				kycProvider: provider.name,
				verifiedAt: '2026-01-19T07:18:45.321Z',
				countryCode: 'GB',
				isOver18: true,
			},
		]);
	});

	test('the same event again, an hour later: issues nothing', async () => {
		await register('bob');
		const event = review('bob');
		await post(event);
		examples.anHourPasses();
		const { status, execution } = await post(event, { sentAt: at(60) });
		expect(status).toBe(200);
		expect(issuedIn(execution)).toMatchObject([{ outcome: 'alreadyIssued' }]);
		expect(examples.postsFor(emailOf('bob'))).toHaveLength(1);
	});

	test('a wrong signature: 401, and nothing is looked up or issued', async () => {
		await register('eve');
		const { status, execution } = await post(review('eve'), { key: makeSecret() });
		expect(status).toBe(401);
		expect(ranIn(execution)).not.toContain('Read Event');
		expect(examples.postsFor(emailOf('eve'))).toEqual([]);
	});

	test('a body that somebody changed on the way, if by a space: 401', async () => {
		await register('eva');
		const { status } = await post(review('eva'), { tamper: (body) => `${body} ` });
		expect(status).toBe(401);
		expect(examples.postsFor(emailOf('eva'))).toEqual([]);
	});

	test('no signature at all: 401', async () => {
		const { body } = provider.deliver(review('eli'), secret, at(1));
		const headers = { 'content-type': 'application/json' };
		const answer = await host.api.webhook(provider.path, { body, headers });
		deliveries += 1;
		expect(answer.status).toBe(401);
	});

	test('not approved: 200, and nothing is issued', async () => {
		await register('cem');
		const { status, execution } = await post(review('cem', { outcome: 'refused' }));
		expect(status).toBe(200);
		expect(ranIn(execution)).toContain('Nothing to Do');
		expect(examples.postsFor(emailOf('cem'))).toEqual([]);
	});

	test('not decided yet: 200, and nothing is issued or remembered', async () => {
		await register('cia');
		const { status, execution } = await post(review('cia', { outcome: 'undecided', at: at(9) }));
		expect(status).toBe(200);
		expect(ranIn(execution)).toContain('Nothing to Do');
		await post(review('cia', { at: at(0) }));
		expect(examples.postsFor(emailOf('cia'))).toHaveLength(1);
	});

	test('an older approval after a newer refusal: issues nothing', async () => {
		await register('dan');
		await post(review('dan', { outcome: 'refused', at: at(5) }));
		const { status, execution } = await post(review('dan', { at: at(0) }));
		expect(status).toBe(200);
		expect(ranIn(execution)).toContain('Nothing to Do');
		expect(examples.postsFor(emailOf('dan'))).toEqual([]);
	});

	test('an older approval after a newer one: issues nothing more', async () => {
		await register('dee');
		await post(review('dee', { at: at(5) }));
		await post(review('dee', { at: at(0) }));
		expect(examples.subjectsOf(emailOf('dee'))).toMatchObject([
			{ verifiedAt: '2026-01-19T07:23:45.321Z' },
		]);
	});

	test('approved again: the credential is issued again', async () => {
		await register('fay');
		await post(review('fay', { at: at(0) }));
		await post(review('fay', { outcome: 'refused', at: at(5) }));
		await post(review('fay', { at: at(10) }));
		expect(examples.postsFor(emailOf('fay'))).toHaveLength(2);
	});

	test('nobody knows the e-mail address: 200, and an alert that names the user', async () => {
		const { status, execution } = await post(review('gil', { email: null }));
		expect(status).toBe(200);
		expect(execution.status).toBe('error');
		expect(failureOf(execution)?.message).toContain(userId('gil'));
		expect(ranIn(execution)).not.toContain(ISSUE);
	});

	test('an event of the provider’s sandbox issues nothing with a production credential', async () => {
		await register('hal');
		const { status, execution } = await post(review('hal', { sandbox: true }), {
			key: provider.marksSandbox ? secret : makeSecret(),
		});
		expect(status).toBe(provider.marksSandbox ? 200 : 401);
		expect(ranIn(execution)).toContain(provider.marksSandbox ? 'Nothing to Do' : 'Answer 401');
		expect(examples.postsFor(emailOf('hal'))).toEqual([]);
	});

	test('AIR refuses: the execution fails with advice, and the event sent again issues', async () => {
		await register('ida');
		host.air.emulator.control.injectFault({
			kind: 'answer',
			operation: 'issue',
			status: 400,
			recipient: emailOf('ida'),
		});
		const event = review('ida');
		const { execution } = await post(event);
		expect(execution.status).toBe('error');
		expect(failureOf(execution)?.description).toEqual(expect.any(String));
		const again = await post(event, { sentAt: at(60) });
		expect(again.execution.status).toBe('success');
		expect(examples.postsFor(emailOf('ida'))).toHaveLength(2);
	});
});

describe('stripe-membership', () => {
	countCasesOf('stripe-membership');
	let imported: Imported;
	let posted = 0;

	beforeAll(async () => {
		imported = await examples.import('stripe-membership', withoutStripe);
		await host.api.workflows.activate(imported.workflowId);
	}, 120_000);

	const post = async ({ body }: Sent) => {
		const { status } = await host.api.webhook('stripe-test', { body });
		expect(status).toBe(200);
		posted += 1;
		const execution = (await imported.executions(posted)).at(-1);
		if (execution === undefined) throw new Error('no execution');
		return execution;
	};

	const active = (who: string, day: number, prices: readonly string[] = [SILVER]) =>
		subscription('updated', { id: `${who}_s${day}`, day, customer: `cus_${who}`, prices });
	const paid = (who: string, day: number, price = SILVER) =>
		invoicePaid({
			id: `${who}_i${day}`,
			day,
			customer: `cus_${who}`,
			email: `${who}@example.com`,
			price,
		});

	test('paid and active: a membership with the time since when it has been so', async () => {
		const invoice = await post(paid('ada', 0));
		expect(ranIn(invoice)).toContain('Nothing to Do');
		const execution = await post(active('ada', 0));
		expect(failureOf(execution)).toBeUndefined();
		expect(examples.subjectsOf('ada@example.com')).toEqual([
			{ tier: 'Silver', tierSince: '2026-01-19T07:18:45.000Z', brandId: 'your-brand' },
		]);
	});

	test('renewed: the same tier issues nothing', async () => {
		await post(paid('bob', 0));
		await post(active('bob', 0));
		const execution = await post(active('bob', 30));
		expect(jsonOf(execution.data, 'Which Tier?')).toMatchObject([
			{ action: 'nothing', reason: 'the same tier as before' },
		]);
		expect(examples.postsFor('bob@example.com')).toHaveLength(1);
	});

	test('the same event again, an hour later: issues nothing', async () => {
		await post(paid('dan', 0));
		const event = active('dan', 0, [GOLD]);
		await post(event);
		examples.anHourPasses();
		await post(event);
		expect(examples.postsFor('dan@example.com')).toHaveLength(1);
	});

	test('AIR refuses: the event sent again issues', async () => {
		const email = 'joe@example.com';
		host.air.emulator.control.injectFault({
			kind: 'answer',
			operation: 'issue',
			status: 400,
			recipient: email,
		});
		await post(paid('joe', 0));
		const event = active('joe', 0, [GOLD]);
		expect((await post(event)).status).toBe('error');
		expect((await post(event)).status).toBe('success');
		expect(examples.postsFor(email)).toHaveLength(2);
	});

	test('the tier was issued, and the workflow died before it wrote that down: once', async () => {
		await post(paid('kim', 0));
		await post(active('kim', 0));
		await examples.forgetRows('moca_stripe_events', { kind: 'issued', customerId: 'cus_kim' });
		const execution = await post(active('kim', 30));
		expect(issuedIn(execution)).toMatchObject([{ outcome: 'alreadyIssued' }]);
		expect(examples.postsFor('kim@example.com')).toHaveLength(1);
	});
});

describe('form-attendance', () => {
	countCasesOf('form-attendance');
	let imported: Imported;
	let submissions = 0;

	beforeAll(async () => {
		imported = await examples.import('form-attendance');
		await host.api.workflows.activate(imported.workflowId);
	}, 120_000);

	const submit = async (email: string, code = 'sample-code', ticket = 'VIP') => {
		expect(await examples.submitForm('attendance', [email, code, ticket])).toBe(200);
		submissions += 1;
		const execution = (await imported.executions(submissions)).at(-1);
		if (execution === undefined) throw new Error('no execution');
		return execution;
	};

	test('with the right code: proof of attendance, with the time of the form', async () => {
		const execution = await submit('ada-there@example.com');
		expect(failureOf(execution)).toBeUndefined();
		const [form] = jsonOf(execution.data, 'Attendance Form');
		expect(examples.subjectsOf('ada-there@example.com')).toEqual([
			{
				eventId: 'sample-event-2026',
				eventName: 'Sample Event 2026',
				venue: 'Hong Kong',
				attendedAt: form?.submittedAt,
				ticketTier: 'VIP',
				organizerId: 'your-organization',
			},
		]);
	});

	test('sent again an hour later, in other letters: one proof', async () => {
		await submit('bob-there@example.com');
		examples.anHourPasses();
		const execution = await submit('Bob-There@example.com');
		expect(execution.status).toBe('error');
		expect(examples.postsFor('bob-there@example.com')).toHaveLength(1);
		expect(examples.postsFor('Bob-There@example.com')).toHaveLength(0);
	});

	test('the button pressed twice, and again after an hour: one proof, and nothing fails', async () => {
		const first = await submit('dee-there@example.com');
		expect(issuedIn(first)).toMatchObject([{ outcome: 'issued' }]);
		expect(issuedIn(await submit(' dee-there@example.com '))).toMatchObject([
			{ outcome: 'alreadyIssued' },
		]);
		examples.anHourPasses();
		expect((await submit('dee-there@example.com')).status).toBe('success');
		expect(examples.postsFor('dee-there@example.com')).toHaveLength(1);
	});

	test('sent again with another ticket: a failure says so, since only the first was issued', async () => {
		await submit('eli-there@example.com', 'sample-code', 'General');
		const execution = await submit('eli-there@example.com', 'sample-code', 'VIP');
		expect(failureOf(execution)?.message).toContain('another credential subject');
		expect(examples.postsFor('eli-there@example.com')).toHaveLength(1);
	});

	test('with a wrong code: nothing', async () => {
		const execution = await submit('eve-not-there@example.com', 'guess');
		expect(ranIn(execution)).toContain('Wrong Code: Ignored');
		expect(examples.postsFor('eve-not-there@example.com')).toEqual([]);
	});

	test('with a ticket that the form does not offer: nothing', async () => {
		const execution = await submit('max-not-there@example.com', 'sample-code', 'Organizer');
		expect(ranIn(execution)).toContain('No Such Ticket: Ignored');
		expect(examples.postsFor('max-not-there@example.com')).toEqual([]);
	});

	test('without a code: nothing, and no failure', async () => {
		const execution = await submit('mia-not-there@example.com', '');
		expect(ranIn(execution)).toContain('Wrong Code: Ignored');
		expect(examples.postsFor('mia-not-there@example.com')).toEqual([]);
	});

	test('with no e-mail address: an error that says so', async () => {
		const execution = await submit('nobody');
		expect(failureOf(execution)?.message).toMatch(/not a valid e-mail address/);
	});
});

describe('agent-with-approval', () => {
	countCasesOf('agent-with-approval');
	testAgentExample(() => examples);
});

describe('starter', () => {
	countCasesOf('starter');
	let imported: Imported;

	beforeAll(async () => {
		imported = await examples.import('starter', (example) => ({
			...example,
			nodes: example.nodes.map((one) =>
				one.name === 'Form'
					? { ...one, parameters: { ...one.parameters, authentication: 'none' } }
					: one,
			),
		}));
		await host.api.workflows.activate(imported.workflowId);
	}, 120_000);

	/** Fills in the form, and reads the page that says what came of it. */
	const send = async (email: string, name: string) =>
		await examples.lastPageOf('moca-air-starter', [email, name]);
	const walletOf = async (email: string) => await host.air.emulator.control.wallet(email);

	test('the credential is in the wallet, and opens; the page says where to look', async () => {
		const email = 'starter-ada@example.com';
		expect(await send(email, 'Ada')).toContain(`It is in the AIR account of ${email}`);
		expect(await walletOf(email)).toMatchObject([
			{ valid: true, claims: { name: 'Ada', level: 'trial' } },
		]);
	});

	test('sent twice, and with another name: one credential, and the page says so', async () => {
		const email = 'starter-bob@example.com';
		await send(email, 'Bob');
		expect(await send(email, 'Bob')).toContain('The same was issued before');
		expect(await send(email, 'Robert')).toContain('You hold one already');
		expect(await walletOf(email)).toMatchObject([{ claims: { name: 'Bob' } }]);
	});

	test('no e-mail address, or no name: the page says what is wrong, and no account was made', async () => {
		expect(await send('nobody', 'Nobody')).toMatch(/Not issued.*not a valid e-mail address/s);
		expect(await send('starter-cem@example.com', '')).toContain('Not issued');
		expect(await walletOf('starter-cem@example.com')).toEqual([]);
	});
});

describe('bulk-csv', () => {
	countCasesOf('bulk-csv');
	const password = makeSecret();
	let imported: Imported;
	let uploads = 0;

	beforeAll(async () => {
		const { id } = await host.api.credentials.create('httpBasicAuth', 'Uploaders', {
			user: 'ops',
			password,
		});
		const chosen = choosing('n8n-nodes-base.formTrigger', 'httpBasicAuth', {
			id,
			name: 'Uploaders',
		});
		imported = await examples.import('bulk-csv', chosen);
		await host.api.workflows.activate(imported.workflowId);
	}, 120_000);

	const authorized = () => ({
		authorization: `Basic ${Buffer.from(`ops:${password}`).toString('base64')}`,
	});

	const uploadBytes = async (bytes: Uint8Array<ArrayBuffer>) => {
		const file = new File([bytes], 'members.csv', { type: 'text/csv' });
		expect(await examples.submitForm('issue-memberships', [file], authorized())).toBe(200);
		uploads += 1;
		const execution = (await imported.executions(uploads)).at(-1);
		if (execution === undefined) throw new Error('no execution');
		return execution;
	};

	const upload = async (...lines: readonly string[]) => {
		const text = ['email,tier,tierSince,brandId', ...lines].join('\r\n');
		const execution = await uploadBytes(new Uint8Array(Buffer.from(text)));
		expect(failureOf(execution)).toBeUndefined();
		return execution;
	};

	const line = (person: string) => `${person}@example.com,Gold,2026-01-19T07:18:45Z,your-brand`;
	const reportOf = (execution: Execution) => jsonOf(execution.data, 'Report Line');

	test.each(csvFiles.map((file) => [file.what, file] as const))('%s', async (_what, file) => {
		const who = `csv-${file.id}`;
		const execution = await uploadBytes(file.bytes(who));
		if (file.refused !== undefined) {
			expect(failureOf(execution)?.message).toMatch(file.refused);
			expect(ranIn(execution)).not.toContain(ISSUE);
			return;
		}
		expect(failureOf(execution)).toBeUndefined();
		const expected = file.report ?? [];
		expect(reportOf(execution)).toMatchObject(
			expected.map(([of, person, result, why = /./]) => ({
				line: of,
				email: expect.stringContaining(`${who}-${person}`) as string,
				result,
				'what happened': expect.stringMatching(why) as string,
			})),
		);
		for (const person of new Set(expected.map(([, one]) => one))) {
			const due = expected.filter(([, one, result]) => one === person && result === 'issued');
			const claims = examples.claimsIssued(`${who}-${person}@example.com`);
			expect([person, claims]).toEqual([
				person,
				due.map(() => ({ tier: 'Gold', tierSince: '2026-01-19T07:18:45Z', brandId: 'your-brand' })),
			]);
		}
	});

	test('the report has advice for what failed, and comes as one file', async () => {
		const execution = await upload(line('bulk-ada'), 'nobody,Gold,2026-01-19T07:18:45Z,your-brand');
		expect(reportOf(execution)).toMatchObject([
			{ line: 2, result: 'issued', 'what to do': 'Nothing.' },
			{
				line: 3,
				email: 'nobody',
				result: 'failed',
				'what to do': expect.stringMatching(/.{20}/) as string,
				code: 'AIR_RECIPIENT_INVALID',
			},
		]);
		const files = itemsOf(execution.data, 'Report as CSV');
		expect(files).toHaveLength(1);
		expect(files[0]?.binary).toMatchObject({
			report: { fileName: 'report.csv', fileExtension: 'csv' },
		});
	});

	test('the whole file again, an hour later and with the bad line corrected: issues that line only', async () => {
		await upload(line('bulk-eli'), line('nobody of').replace('@example.com', ''));
		examples.anHourPasses();
		const execution = await upload(line('bulk-eli'), line('bulk-fay'));
		expect(reportOf(execution)).toMatchObject([{ result: 'replayed' }, { result: 'issued' }]);
		expect(examples.postsFor('bulk-eli@example.com')).toHaveLength(1);
		expect(examples.postsFor('bulk-fay@example.com')).toHaveLength(1);
	});

	test('AIR refuses one line: the others are issued', async () => {
		host.air.emulator.control.injectFault({
			kind: 'answer',
			operation: 'issue',
			status: 400,
			recipient: 'bulk-gil@example.com',
		});
		const execution = await upload(line('bulk-gil'), line('bulk-hal'));
		expect(reportOf(execution)).toMatchObject([
			{ line: 2, email: 'bulk-gil@example.com', result: 'failed' },
			{ line: 3, result: 'issued' },
		]);
		expect(examples.postsFor('bulk-hal@example.com')).toHaveLength(1);
	});

	test('without a password nothing is taken', async () => {
		const file = new File(['email\r\n'], 'members.csv', { type: 'text/csv' });
		expect(await examples.submitForm('issue-memberships', [file])).toBe(401);
		expect(await imported.executions(uploads)).toHaveLength(uploads);
	});
});

describe('renew', () => {
	countCasesOf('renew');

	test('a row that is not complete keeps no other member from their renewal, or from the message', async () => {
		const [sample] = readExample('renew').pinData?.['Moca AIR Trigger'] ?? [];
		const people = ['bad', 'good', 'left', 'twice'].map((who) => `renew-${who}@example.com`);
		const [bad, good, left, twice] = people;
		const events = people.map((email) => ({
			json: { ...sample?.json, email, eventId: `of-${email}` },
		}));
		const { workflowId } = await examples.import('renew', (example) => ({
			...example,
			pinData: { 'Moca AIR Trigger': events },
		}));
		const row = { name: 'Ada', level: 'gold', active: true };
		await examples.addRows('moca_members', [
			{ ...row, email: bad, level: null },
			{ ...row, email: good?.replace('renew', 'Renew') },
			{ ...row, email: left, active: false },
			{ ...row, email: twice },
			{ ...row, email: twice },
		]);
		const run = await host.api.workflows.run(workflowId, { trigger: 'Moca AIR Trigger' });
		const execution = await host.api.executions.wait(run);
		expect(jsonOf(execution.data, 'It Will End')).toMatchObject([{ to: left }]);
		expect(jsonOf(execution.data, 'Moca AIR Issue Directly')).toMatchObject([
			{ email: good, outcome: 'issued' },
		]);
		expect(failureOf(execution)?.message).toMatch(/renew-bad.*level.*\n.*renew-twice.*2 rows/s);
		for (const email of people) {
			const held = await host.air.emulator.control.wallet(email);
			expect([email, held.length]).toEqual([email, email === good ? 1 : 0]);
		}

		// Corrected: Retry goes on with what it had read; executed again, only those left out are renewed.
		await examples.forgetRows('moca_members', { email: String(bad) });
		await examples.addRows('moca_members', [{ ...row, email: bad }]);
		const retried = await host.api.executions.retry(execution.id);
		expect(failureOf(retried)?.message).toContain(bad);
		const again = await host.api.executions.wait(
			await host.api.workflows.run(workflowId, { trigger: 'Moca AIR Trigger' }),
		);
		expect(jsonOf(again.data, 'Moca AIR Issue Directly')).toMatchObject([
			{ email: bad, outcome: 'issued' },
			{ email: good, outcome: 'alreadyIssued' },
		]);
		expect(failureOf(again)?.message).not.toContain(bad);
	});
});

describe('outcome-unknown', () => {
	countCasesOf('outcome-unknown');

	beforeAll(async () => {
		const { workflowId } = await examples.import('outcome-unknown', (example) => ({
			...example,
			nodes: example.nodes.map((one) =>
				one.name === 'Settle Form'
					? { ...one, parameters: { ...one.parameters, authentication: 'none' } }
					: one,
			),
		}));
		await host.api.workflows.activate(workflowId);
	}, 120_000);

	const issue = async (email: string) =>
		await host.run(
			inRow(
				start(),
				items([{ email }]),
				host.issueNode({}, { idempotency: 'event', eventId: email }),
			),
		);

	/** Lets AIR not answer for a person, and says in which row of the ledger that is. */
	const unknownRow = async (email: string): Promise<string> => {
		host.air.emulator.control.injectFault({
			...{ kind: 'answer', operation: 'issue', status: 500, recipient: email },
		});
		await issue(email);
		// The repeat is not sent: the failure names the row.
		const { message = '' } = failureOf(await issue(email)) ?? {};
		expect(message).toMatch(/ledger row \d+/);
		return /ledger row (\d+)/.exec(message)?.[1] ?? '';
	};

	const answer = async (...fields: readonly string[]) =>
		await examples.lastPageOf('moca-air-settle', fields);
	const NOT_ISSUED = 'It was not issued';

	test('not issued, a person says: the repeat is sent; the link used again changes nothing', async () => {
		const email = 'unknown-ada@example.com';
		const row = await unknownRow(email);
		expect(await answer(row, '1', NOT_ISSUED, '', 'Bob: not there')).toContain('is sent then');
		expect(await answer(row, '1', 'It was issued', '', 'Eve')).toContain('Nothing was changed');
		expect(jsonOf((await issue(email)).data, 'Issue')).toMatchObject([{ outcome: 'issued' }]);
	});

	test('issued, a person says: the repeat is answered from the ledger', async () => {
		const email = 'unknown-bob@example.com';
		const row = await unknownRow(email);
		expect(await answer(row, '1', 'It was issued', '', 'Bob')).toContain('from the ledger');
		await issue(email);
		expect(examples.postsFor(email)).toHaveLength(1);
	});

	test.each([
		['no attempt', { attempt: '' }],
		['another attempt', { attempt: '2' }],
		['an answer that the form does not offer', { found: 'perhaps' }],
	])('%s: nothing is changed', async (what, change) => {
		const email = `unknown-${what.replaceAll(' ', '-')}@example.com`;
		const { attempt, found } = { attempt: '1', found: NOT_ISSUED, ...change };
		const page = await answer(await unknownRow(email), attempt, found, '', 'Bob');
		expect(page).toContain('Nothing was changed');
		await issue(email);
		expect(examples.postsFor(email)).toHaveLength(1);
	});
});

describe('on-chain-message', () => {
	countCasesOf('on-chain-message');

	test('confirmed, delayed, not usable: each its own message, to whom it concerns', async () => {
		const { workflowId } = await examples.import('on-chain-message');
		const run = await host.api.workflows.run(workflowId, { trigger: 'Moca AIR Trigger' });
		const execution = await host.api.executions.wait(run);
		const messages = (name: string) =>
			jsonOf(execution.data, name).map(({ to, text }) => `${String(to)}: ${String(text)}`);
		expect(messages('Message to the Person')).toEqual([
			expect.stringContaining('ada.lovelace@example.com: Your new credential is in'),
		]);
		expect(messages('Alert: Delayed')).toEqual([
			expect.stringMatching(/^ops@example\.com: For grace.*15 minutes.*Do not issue again/),
		]);
		expect(messages('Alert: Not Usable')).toEqual([
			expect.stringMatching(/^ops@example\.com: For alan.*EXPIRED/),
		]);
	});

	test('published: what another workflow issued comes as a message', async () => {
		const issued = await host.run(
			inRow(start(), items([{ email: 'on-chain-ada@example.com' }]), host.issueNode()),
		);
		expect(failureOf(issued)).toBeUndefined();
		const { workflowId } = await examples.import('on-chain-message', (example) => ({
			...example,
			nodes: example.nodes.map((one) =>
				one.name === 'Moca AIR Trigger'
					? { ...one, parameters: { ...one.parameters, start: 'beginning' } }
					: one,
			),
		}));
		await host.api.workflows.activate(workflowId);
		const told = await poll('the message', 200_000, async () => {
			const executions = await host.api.executions.list({ workflowId, status: ['success'] });
			for (const { id } of executions) {
				const { data } = await host.api.executions.get(id);
				const message = jsonOf(data, 'Message to the Person').find(
					({ to }) => to === 'on-chain-ada@example.com',
				);
				if (message !== undefined) return message;
			}
			return undefined;
		});
		expect(told).toMatchObject({ subject: 'Your credential is ready' });
		await host.api.workflows.deactivate(workflowId);
	});
});

describe('jwks-host', () => {
	countCasesOf('jwks-host');

	test('published: the public half of the key of the credential, and nothing of the private one', async () => {
		const { workflowId } = await examples.import('jwks-host');
		await host.api.workflows.activate(workflowId);
		const { nodes } = await host.api.workflows.get(workflowId);
		const serving = nodes.find(({ type }) => type.endsWith('.mocaAirJwksTrigger'));
		const path = `${String(serving?.webhookId)}/.well-known/jwks.json`;
		const answer = await host.api.webhook(path, { method: 'GET' });
		expect(answer.status).toBe(200);
		expect(answer.json()).toEqual({ keys: host.air.jwks.keys });
		expect(answer.body).not.toContain('"d"');
		expect(await host.api.executions.list({ workflowId })).toEqual([]);
		await host.api.workflows.deactivate(workflowId);
	});
});

describe('jwks-host, the check of every morning', () => {
	countCasesOf('jwks-host');

	const check = async (workflowId: string): Promise<Execution> =>
		await host.api.executions.wait(
			await host.api.workflows.run(workflowId, { trigger: 'Every Morning' }),
		);

	test('everything fits together: the execution ends well, and nothing is issued', async () => {
		host.air.emulator.control.reset();
		const { workflowId } = await examples.import('jwks-host');
		const execution = await check(workflowId);
		expect(failureOf(execution)).toBeUndefined();
		expect(ranIn(execution)).not.toContain('Alert: Fix This');
		expect(jsonOf(execution.data, 'Check Setup').length).toBeGreaterThan(5);
		expect(host.air.emulator.control.counts().issuances).toBe(0);
	});

	test('a key ID that the JWKS does not have: the execution fails with what to do', async () => {
		const { id, name } = await host.api.credentials.create('mocaAirApi', 'Wrong key ID', {
			...host.air.credential,
			kid: 'nobody-published-this',
		});
		const { workflowId } = await examples.import('jwks-host');
		const { nodes } = await host.api.workflows.get(workflowId);
		await host.api.workflows.update(workflowId, {
			nodes: nodes.map((one) =>
				one.name === 'Check Setup' ? { ...one, credentials: { mocaAirApi: { id, name } } } : one,
			),
		});
		const failure = failureOf(await check(workflowId));
		expect(failure?.message).toMatch(/nobody-published-this|key ID|kid/i);
	});
});

describe('own-issuer-service', () => {
	countCasesOf('own-issuer-service');

	/** As AIR's service answers. */
	const calls: { key: unknown; path: string | undefined; body: unknown }[] = [];
	let status = 201;
	let service: ForeignServer;
	let imported: Imported;

	beforeAll(async () => {
		service = await startForeignServer((request, response) => {
			void text(request).then((body) => {
				const { headers, url } = request;
				calls.push({
					key: headers['x-admin-api-key'],
					path: url,
					body: JSON.parse(body) as unknown,
				});
				response.writeHead(status).end();
			});
		});
		const key = { name: 'x-admin-api-key', value: 'of-the-test' };
		const credential = await host.api.credentials.create('httpHeaderAuth', 'Issuer Service', key);
		const HTTP = 'n8n-nodes-base.httpRequest';
		imported = await examples.import('own-issuer-service', (example) => {
			const chosen = choosing(HTTP, 'httpHeaderAuth', credential)(example);
			const url = `${service.url}/admin/issue-vc`;
			const nodes = chosen.nodes.map((one) =>
				one.type === HTTP ? { ...one, parameters: { ...one.parameters, url } } : one,
			);
			return { ...chosen, nodes };
		});
		await host.api.workflows.activate(imported.workflowId);
	});

	afterAll(async () => {
		await host.api.workflows.deactivate(imported.workflowId);
		await service.close();
	});

	const post = async (eventId?: string, change: object = {}) => {
		const { body } = readExample('own-issuer-service').pinData?.['KYC Passed']?.[0]?.json ?? {};
		const sent = { ...(body as object), eventId, ...change };
		expect((await host.api.webhook('kyc-passed-issuer-service', { body: sent })).status).toBe(200);
	};

	test('an event is one call, with what the service asks for', async () => {
		await post('evt_1');
		const [execution] = await imported.executions(1);
		expect(execution?.status).toBe('success');
		expect(calls).toEqual([
			{
				key: 'of-the-test',
				path: '/admin/issue-vc',
				body: {
					userId: 'ada.lovelace@example.com',
					schemaId: '01KSTQK70XGFBT558HRHFB',
					vct: 'https://example.com/types/kyc',
					expiration: '2027-01-19T07:18:45.000Z',
					credentialSubject: { kycLevel: 'basic', isOver18: true },
				},
			},
		]);
	});

	test('the same event again: nothing is sent', async () => {
		await post('evt_1');
		await imported.executions(2);
		expect(calls).toHaveLength(1);
	});

	test('the service fails: so does the execution, and the event is not sent again by itself', async () => {
		status = 500;
		await post('evt_2');
		const failed = (await imported.executions(3)).at(-1);
		expect(failed?.status).toBe('error');
		await post('evt_2');
		await imported.executions(4);
		expect(calls).toHaveLength(2);
	});

	test('two events without an ID: neither is taken for the other, and both say so', async () => {
		status = 201;
		await post();
		await post();
		for (const execution of (await imported.executions(6)).slice(-2)) {
			expect(failureOf(execution)?.message).toContain('it needs eventId');
		}
		expect(calls).toHaveLength(2);
	});

	test.each<[string, object]>([
		['no address', { email: undefined }],
		['two addresses', { email: 'ada@example.com, bob@example.com' }],
		['no level', { level: null }],
		['no time, so that the credential would never expire', { reviewedAt: undefined }],
		['a time that nobody can read', { reviewedAt: '19.01.2026' }],
		['an age that is not true or false', { isOver18: 'unknown' }],
	])('an event with %s: a failure names the event, and nothing is sent', async (_what, change) => {
		const before = (await host.api.executions.list({ workflowId: imported.workflowId })).length;
		await post('evt_incomplete', change);
		const [execution] = (await imported.executions(before + 1)).slice(-1);
		expect(execution?.data.resultData.error?.message).toContain('evt_incomplete is not complete');
		expect(calls).toHaveLength(2);
	});
});

describe('in the editor, from pinned sample data', () => {
	test.each([
		['stripe-membership', 'Stripe Trigger', ISSUE],
		['form-attendance', 'Attendance Form', ISSUE],
		['jwks-host', 'Moca AIR JWKS Trigger', 'Fetched'],
	])('%s: one click on Execute Workflow', async (name, trigger, last) => {
		const { workflowId } = await examples.import(name);
		const editor = await Editor.open({ browser, url: host.n8n.url });
		await editor.openWorkflow(workflowId);
		await editor.executeWorkflow(trigger);
		const [summary] = await host.api.executions.list({ workflowId });
		const execution = await host.api.executions.wait(summary?.id ?? '');
		expect(failureOf(execution)).toBeUndefined();
		expect(ranIn(execution)).toContain(last);
		expect(editor.pageErrors).toEqual([]);
		await editor.close();
		cases.set(name, (cases.get(name) ?? 0) + 1);
	});
});
