import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../../harness/chromium';
import { poll } from '../../harness/poll';
import { jsonOf } from '../../harness/runData';
import { root } from '../../scripts/package';
import { ExampleHost } from './exampleHost';
import { MailCatcher } from './MailCatcher';
import { makeSecret } from './providerEvents';
import { inRow, node, start, startHost, type Host, type Json } from './workflows';

/**
 * The work of operators without a shell, in a real n8n: they get a mail about an unknown outcome,
 * settle it on a form page, read a summary that came by mail, and erase a person.
 */
let host: Host;
let examples: ExampleHost;
let browser: Browser;
let mails: MailCatcher;
let alerts: string;

const password = makeSecret();
const artefacts = join(root, '.artifacts', 'host');

// A busy machine is not a failure.
jest.setTimeout(240_000);

beforeAll(async () => {
	mkdirSync(artefacts, { recursive: true });
	host = await startHost();
	examples = new ExampleHost(host);
	mails = await MailCatcher.start();
	browser = await launchChromium({ log: () => undefined });
	await deliverEvents();
	alerts = await publishAlerts();
}, 900_000);

afterAll(async () => {
	await browser.close();
	await host.close();
	await mails.close();
}, 60_000);

const control = () => host.air.emulator.control;
const postsFor = (email: string) =>
	control()
		.requests()
		.filter(({ operation, recipient }) => operation === 'issue' && recipient === email).length;
const issuedTo = (email: string) =>
	control()
		.issuances()
		.filter(({ recipient }) => recipient === email);

/** A provider posts events here, and again; Issue on Behalf recognizes them. */
async function deliverEvents(): Promise<void> {
	const webhook = node(
		'Webhook',
		'n8n-nodes-base.webhook',
		{ path: 'event', httpMethod: 'POST', responseMode: 'lastNode' },
		{ typeVersion: 2, webhookId: 'event' },
	);
	const issue = host.issueNode(
		{ onError: 'continueRegularOutput' },
		{
			recipient: '={{ $json.body.email }}',
			idempotency: 'event',
			eventId: '={{ $json.body.email }}',
		},
	);
	const { id } = await host.api.workflows.create(inRow(webhook, issue));
	await host.api.workflows.activate(id);
}

/** The answer to the provider: the item of Issue on Behalf. */
async function deliver(email: string): Promise<Json> {
	const answer = await host.api.webhook('event', { body: { email } });
	return answer.json() as Json;
}

/** The example, as its note says. */
async function publishAlerts(): Promise<string> {
	const smtp = await host.api.credentials.create('smtp', 'Catcher', mails.credential);
	const ops = { user: 'ops', password };
	const basic = await host.api.credentials.create('httpBasicAuth', 'Ops', ops);
	const { workflowId } = await examples.import('outcome-unknown', (example) => {
		const text = JSON.stringify(example).replaceAll('https://n8n.example.com', host.n8n.url);
		const filled = JSON.parse(text) as typeof example;
		return {
			...filled,
			pinData: {},
			nodes: filled.nodes.map((one) => {
				if (one.type === 'n8n-nodes-base.emailSend') {
					const credentials = { smtp: { id: smtp.id, name: 'Catcher' } };
					return { ...one, disabled: false, credentials };
				}
				if (one.type !== 'n8n-nodes-base.formTrigger') return one;
				return { ...one, credentials: { httpBasicAuth: { id: basic.id, name: 'Ops' } } };
			}),
		};
	});
	await host.api.workflows.activate(workflowId);
	return workflowId;
}

/** n8n polls once when a workflow is published; its next poll may be a minute away. */
async function pollNow(): Promise<void> {
	await host.api.workflows.deactivate(alerts);
	await host.api.workflows.activate(alerts);
}

/** AIR issues, or does not, and nobody gets the answer. */
async function lose(email: string, issued: boolean): Promise<void> {
	control().injectFault(
		issued
			? { kind: 'reset', operation: 'issue', recipient: email, afterWork: true }
			: { kind: 'answer', operation: 'issue', recipient: email, status: 500 },
	);
	expect(await deliver(email)).toMatchObject({ kind: 'outcome-unknown' });
	expect(postsFor(email)).toBe(1);
}

async function ledger(operation: string, parameters: Json = {}): Promise<Json[]> {
	const { status, data } = await host.run(
		inRow(
			start(),
			node(
				'Ledger',
				'n8n-nodes-moca-air.mocaAir',
				{ resource: 'ledger', operation, ...parameters },
				{ credentials: host.credentials },
			),
		),
	);
	if (status !== 'success') throw new Error(data.resultData.error?.message ?? status);
	return jsonOf(data, 'Ledger');
}

const rowsOf = async (recipient: string) => await ledger('getMany', { filters: { recipient } });

/** The mail of the alert, and the link in it. */
async function alertFor(email: string): Promise<string> {
	await pollNow();
	const { text, subject, to } = await mails.wait(email);
	expect(to).toBe('ops@example.com');
	expect(subject).toMatch(/^Was this credential issued\? \(ledger row \d+\)$/);
	const link = /http:\/\/\S+\/form\/moca-air-settle\S*/.exec(text)?.[0];
	if (link === undefined) throw new Error('no link in the mail');
	return link;
}

/** Somebody follows the link, and answers on the page. */
async function answer(link: string, found: string, picture?: string): Promise<string> {
	const context = await browser.newContext({ httpCredentials: { username: 'ops', password } });
	try {
		const page = await context.newPage();
		await page.goto(link);
		await page.getByLabel('What did you find?').selectOption({ label: found });
		await page.getByLabel('Who looked, and where?').fill('Bob, in Claim Records');
		await look(page, picture && `${picture}-form`);
		await page.getByRole('button', { name: 'Submit' }).click();
		await page.getByText(/^(Settled|Nothing was changed)$/).waitFor();
		await look(page, picture && `${picture}-settled`);
		return await page.locator('body').innerText();
	} finally {
		await context.close();
	}
}

/** Keeps a picture, for people to look at. */
async function look(page: Page, name: string | undefined): Promise<void> {
	if (name === undefined) return;
	await page.screenshot({ path: join(artefacts, `${name}.png`), fullPage: true });
}

describe('an outcome that is unknown', () => {
	test('was issued: a mail asks, a person settles it, and a redelivery is a replay', async () => {
		const email = 'issued@example.com';
		await lose(email, true);
		const link = await alertFor(email);
		const said = await answer(link, 'It was issued', 'settle');
		expect(said).toContain('A repeat is answered from the ledger.');
		expect(await rowsOf(email)).toMatchObject([{ state: 'submitted', outcome: 'issued' }]);
		expect(await deliver(email)).toMatchObject({ outcome: 'alreadyIssued' });
		expect(postsFor(email)).toBe(1);
		expect(issuedTo(email)).toHaveLength(1);
		await pollNow();
		expect(mails.having(email)).toHaveLength(1);
	});

	test('was not issued: settled so, a redelivery is sent, once', async () => {
		const email = 'not-issued@example.com';
		await lose(email, false);
		const said = await answer(await alertFor(email), 'It was not issued');
		expect(said).toContain('let the event be delivered again');
		expect(await deliver(email)).toMatchObject({ outcome: 'issued' });
		expect(await deliver(email)).toMatchObject({ outcome: 'alreadyIssued' });
		expect(postsFor(email)).toBe(2);
		expect(issuedTo(email)).toHaveLength(1);
	});

	test('no program that opens the links of a mail settles anything, nor anybody without the password', async () => {
		const email = 'scanned@example.com';
		await lose(email, false);
		const link = await alertFor(email);
		const answered = `${link}&What%20did%20you%20find%3F=It%20was%20not%20issued&Who%20looked%2C%20and%20where%3F=A%20scanner`;
		const authorization = `Basic ${Buffer.from(`ops:${password}`).toString('base64')}`;
		for (const url of [link, answered]) {
			for (const method of ['GET', 'HEAD']) {
				expect((await fetch(url, { method })).status).toBe(method === 'GET' ? 401 : 404);
				await fetch(url, { method, headers: { authorization } });
			}
		}
		const context = await browser.newContext({ httpCredentials: { username: 'ops', password } });
		const page = await context.newPage();
		await page.goto(answered);
		await page.getByRole('button', { name: 'Submit' }).waitFor();
		await context.close();
		const [row] = await rowsOf(email);
		expect(row).toMatchObject({ state: 'unknown', outcome: 'unknown' });
		const fields = [String(row?.ledgerRow), '1', 'It was not issued', '', 'Eve'];
		expect(await examples.submitForm('moca-air-settle', fields)).toBe(401);
		expect(await rowsOf(email)).toMatchObject([{ state: 'unknown' }]);
	});
});

describe('an answer that comes late', () => {
	/** AIR takes its time; meanwhile the lease of the attempt runs out. */
	async function overdue(email: string): Promise<{ row: number; late: Promise<Json> }> {
		control().injectFault({
			...({ kind: 'delay', operation: 'issue', delayMs: 9_000 } as const),
			recipient: email,
		});
		const late = deliver(email);
		await poll('the request to be sent', 30_000, async () =>
			(await rowsOf(email)).length > 0 ? true : undefined,
		);
		examples.anHourPasses();
		const [row] = await rowsOf(email);
		expect(row).toMatchObject({ outcome: 'unknown', attempt: 1 });
		return { row: Number(row?.ledgerRow), late };
	}

	const settle = async (ledgerRow: number, outcome: string) =>
		await ledger('settle', { ledgerRow: String(ledgerRow), outcome, note: 'Bob looked' });

	test.each(['notIssued', 'issued'])('after it was settled as %s', async (outcome) => {
		const email = `late-${outcome.toLowerCase()}@example.com`;
		const { row, late } = await overdue(email);
		expect(await settle(row, outcome)).toMatchObject([
			{ state: outcome === 'issued' ? 'submitted' : 'rejected', coreClaimHash: null },
		]);
		const { coreClaimHash } = await late;
		expect(coreClaimHash).toBe(issuedTo(email)[0]?.coreClaimHash);
		expect(await deliver(email)).toMatchObject({ outcome: 'alreadyIssued', coreClaimHash });
		expect(postsFor(email)).toBe(1);
	});

	test('before it is settled: nothing is left to settle', async () => {
		const email = 'late-before@example.com';
		const { row, late } = await overdue(email);
		const { coreClaimHash } = await late;
		await expect(settle(row, 'notIssued')).rejects.toThrow(/known already/);
		expect(await deliver(email)).toMatchObject({ outcome: 'alreadyIssued', coreClaimHash });
		expect(postsFor(email)).toBe(1);
	});
});

describe('a summary by mail', () => {
	test('n8n’s Send Email sends it, and a browser shows it as it is', async () => {
		const send = node(
			'Send Email',
			'n8n-nodes-base.emailSend',
			{
				fromEmail: 'air@example.com',
				toEmail: 'team@example.com',
				subject: '={{ $json.total }} issuances',
				emailFormat: 'html',
				html: '={{ $json.html }}',
				options: { appendAttribution: false },
			},
			{
				typeVersion: 2.1,
				credentials: {
					smtp: await host.api.credentials.create('smtp', 'Team', mails.credential),
				},
			},
		);
		const summary = node(
			'Summary',
			'n8n-nodes-moca-air.mocaAir',
			{ resource: 'ledger', operation: 'summary', days: 7 },
			{ credentials: host.credentials },
		);
		const { status } = await host.run(inRow(start(), summary, send));
		expect(status).toBe('success');
		const mail = await mails.wait('issuances with Moca AIR');
		expect(mail).toMatchObject({ to: 'team@example.com', subject: '6 issuances' });
		expect(mail.html).not.toMatch(/<script|<img|<svg|<link|url\(/i);

		const context = await browser.newContext({ viewport: { width: 900, height: 700 } });
		const asked: string[] = [];
		await context.route('**/*', async (route) => {
			asked.push(route.request().url());
			await route.abort();
		});
		const page = await context.newPage();
		await page.setContent(mail.html);
		await look(page, 'summary');
		const shown = await page.locator('body').innerText();
		expect(shown).toContain('1 has an unknown outcome');
		expect(shown).toMatch(/By state[\s\S]*By issuance program or type[\s\S]*By day/);
		expect(asked).toEqual([]);
		// Each bar is seen, and none is longer than its place.
		const bars = await page.locator('td div > div').all();
		const seen = await Promise.all(
			bars.map(async (bar) => {
				const own = await bar.boundingBox();
				const place = await bar.locator('..').boundingBox();
				if (own === null || place === null) return false;
				return own.width > 0 && own.height > 0 && own.x + own.width <= place.x + place.width + 1;
			}),
		);
		expect(bars.length).toBeGreaterThan(3);
		expect(seen).not.toContain(false);
		await context.close();
	});
});

describe('a person who wants to be erased', () => {
	test('is counted first, and then gone from the ledger; an audit line names no address', async () => {
		const email = 'erase.me@example.com';
		await deliver(email);
		await deliver('Erase.Me@example.com');
		const dry = await ledger('erasePerson', { recipient: email });
		expect(dry).toMatchObject([{ dryRun: true, rows: 2, erased: 0, stillHeld: 2 }]);
		expect(await rowsOf(email)).toHaveLength(2);
		const done = await ledger('erasePerson', { recipient: email, dryRun: false });
		expect(done).toMatchObject([{ dryRun: false, rows: 2, erased: 2 }]);
		expect(await rowsOf(email)).toEqual([]);
		const audit = host.n8n.logs.filter((line) => line.includes('a person was erased'));
		expect(audit).toHaveLength(1);
		expect(audit[0]).toMatch(/rows: 2, workflow \S+, execution \d+/);
		expect(host.n8n.logs.join('\n').toLowerCase()).not.toContain(email);
	});
});
