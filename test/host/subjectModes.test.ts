import type { Browser } from 'playwright-core';
import { z } from 'zod';
import { PROGRAM_ID } from '../../scripts/demoAir';
import { KYC_SCHEMA, MODES } from '../../scripts/modePictures';
import { launchChromium } from '../../harness/chromium';
import { Editor } from '../../harness/editor';
import { inRow, items, node, start, startHost, type Host, type Json } from './workflows';

/** The form of Map Each Field, and both kinds of mapping, in a real n8n. */
let host: Host;

jest.setTimeout(120_000);

beforeAll(async () => {
	host = await startHost({ editor: true });
}, 900_000);

afterAll(async () => {
	await host.close();
}, 60_000);

afterEach(() => {
	host.air.emulator.control.reset();
});

const mapperFields = z.looseObject({
	fields: z.array(
		z.looseObject({ id: z.string(), displayName: z.string(), required: z.boolean() }),
	),
	emptyFieldsNotice: z.string().optional(),
});

const ROWS = [
	{
		email: 'ada@example.com',
		kycLevel: 'basic',
		kycProvider: 'host',
		verifiedAt: '2026-01-19T07:18:45Z',
		isOver18: 'TRUE',
		row_number: 2,
	},
	{
		email: 'bob@example.com',
		kycLevel: 'enhanced',
		kycProvider: 'host',
		verifiedAt: '2026-01-19T08:18:45+01:00',
		isOver18: 'false',
		row_number: 3,
	},
];

/** What to send of a row: text, except for what is true or false. */
const typed = (row: (typeof ROWS)[number], names: readonly string[]): Json =>
	Object.fromEntries(
		Object.entries(row)
			.filter(([name]) => names.includes(name))
			.map(([name, value]) => [name, name === 'isOver18' ? value === 'TRUE' : value]),
	);

/** Asks for the fields as the editor does. */
const fieldsFor = async (currentNodeParameters: Json) =>
	await host.api.rest.post('/dynamic-node-parameters/resource-mapper-fields', mapperFields, {
		path: 'parameters.subjectMapper',
		methodName: 'subjectAttributes',
		nodeTypeAndVersion: { name: 'n8n-nodes-moca-air.mocaAirIssueOnBehalf', version: 1 },
		currentNodeParameters,
	});

const run = async (parameters: Json) =>
	await host.run(
		inRow(
			start(),
			items(ROWS),
			node(
				'Issue',
				'n8n-nodes-moca-air.mocaAirIssueOnBehalf',
				{
					recipient: '={{ $json.email }}',
					issuanceProgram: { __rl: true, mode: 'id', value: PROGRAM_ID },
					idempotency: 'off',
					...parameters,
				},
				{ credentials: host.credentials },
			),
		),
	);

const sent = () =>
	host.air.emulator.control
		.requests()
		.filter(({ method }) => method === 'POST')
		.map(({ body }): unknown => (body as Json).credentialSubject);

test('n8n asks the node for the fields, and gets them without types', async () => {
	const { fields } = await fieldsFor({
		subjectMode: 'mapper',
		schemaSource: 'jsonSchema',
		subjectSchema: JSON.stringify(KYC_SCHEMA),
	});
	expect(fields.map(({ id, displayName, required }) => [id, displayName, required])).toEqual([
		['kycLevel', 'kycLevel (text)', true],
		['kycProvider', 'kycProvider (text)', true],
		['verifiedAt', 'verifiedAt (date and time)', true],
		['isOver18', 'isOver18 (true or false)', true],
		['countryCode', 'countryCode (text)', false],
	]);
	for (const field of fields) expect(field).not.toHaveProperty('type');
});

test('a mistake in the schema is shown in place of the fields', async () => {
	const answer = await fieldsFor({ schemaSource: 'jsonSchema', subjectSchema: '{"tier": "Gold"}' });
	expect(answer.fields).toEqual([]);
	expect(answer.emptyFieldsNotice).toMatch(/an example belongs under Example Subject/);
});

test.each(Object.entries(MODES))(
	'%s: text from a sheet is issued with its types',
	async (_m, p) => {
		const { status } = await run({ ...p });
		expect(status).toBe('success');
		// Several are under way at once, so they may arrive in another order.
		expect(sent()).toHaveLength(ROWS.length);
		expect(sent()).toEqual(
			expect.arrayContaining(
				ROWS.map((row): unknown =>
					expect.objectContaining(
						typed(row, ['kycLevel', 'kycProvider', 'verifiedAt', 'isOver18']),
					),
				),
			),
		);
		const issued = host.air.emulator.control.issuances().map(({ recipient }) => recipient);
		expect(issued.sort()).toEqual(ROWS.map(({ email }) => email).sort());
	},
);

describe('in the editor', () => {
	const EXAMPLE = JSON.stringify({
		kycLevel: 'basic',
		kycProvider: 'somebody',
		verifiedAt: '2026-01-19T07:18:45Z',
		isOver18: true,
	});
	const NAMES = ['kycLevel', 'kycProvider', 'verifiedAt', 'isOver18'];
	let browser: Browser;
	let editor: Editor;

	beforeAll(async () => {
		browser = await launchChromium({ log: () => undefined });
		// High enough for the whole form: what is dragged must be in sight.
		const viewport = { width: 1440, height: 1400 };
		editor = await Editor.open({ browser, url: host.n8n.url, viewport });
	}, 120_000);

	afterAll(async () => {
		await editor.close();
		await browser.close();
	});

	/** Opens an Issue on Behalf node that gets the rows. */
	const openIssue = async (parameters: Json): Promise<void> => {
		const { id } = await host.api.workflows.create({
			...inRow(
				start(),
				node('Issue', 'n8n-nodes-moca-air.mocaAirIssueOnBehalf', parameters, {
					credentials: host.credentials,
					position: [300, 0],
				}),
			),
			pinData: { Start: ROWS.map((json) => ({ json })) },
		});
		await editor.openWorkflow(id);
		await editor.openNode('Issue');
	};

	const shown = async (text: string | RegExp) => {
		await editor.byTestId('ndv').getByText(text).first().waitFor();
	};

	test('an example is pasted, and the fields of the input are dragged onto its attributes', async () => {
		await openIssue({
			recipient: '={{ $json.email }}',
			issuanceProgram: { __rl: true, mode: 'id', value: PROGRAM_ID },
		});
		// Map Each Field is preselected.
		await shown('Paste an example subject above: its attributes appear here.');
		await editor.parameter('subjectExample').locator('.cm-content').click();
		await editor.page.keyboard.press('Control+A');
		await editor.page.keyboard.insertText(EXAMPLE);
		await shown('isOver18 (true or false)');

		// Another mode and back: the example is still there.
		await editor.chooseOption('subjectMode', 'Map Automatically');
		await shown('Convert Types');
		await editor.chooseOption('subjectMode', 'Map Each Field');
		await shown('isOver18 (true or false)');

		const input = editor.byTestId('ndv-input-panel').or(editor.byTestId('input-panel')).first();
		const drag = async (name: string, parameter: string) => {
			const to = editor.parameter(parameter);
			const dropped = to.filter({ hasText: `{{ $json.${name} }}` });
			const isDropped = async () =>
				await dropped.waitFor({ timeout: 5_000 }).then(
					() => true,
					() => false,
				);
			// A panel that moves while something is dragged takes the target away: then a person drags again.
			for (let tries = 0; tries < 5; tries++) {
				await input.getByText(name, { exact: true }).first().dragTo(to, { steps: 8 });
				if (await isDropped()) return;
			}
			throw new Error(`${name} cannot be dragged`);
		};
		for (const name of NAMES) await drag(name, name);
		await editor.executeStep();
		expect(sent()).toEqual(ROWS.map((row) => typed(row, NAMES)));
		expect(editor.pageErrors).toEqual([]);
	});

	test('the editor warns where people go wrong', async () => {
		await openIssue({
			recipient: 'ada@example.com',
			issuanceProgram: { __rl: true, mode: 'id', value: '01KSTQK70XGFBT558HRHFB' },
			onDuplicate: 'ignore',
		});
		await shown(/looks like a schema ID/);
		// How many items there are, the editor knows when the node before has run.
		await editor.executeStep();
		await shown(/There are several items and one Recipient Email/);
		expect(host.air.emulator.control.counts().issuances).toBe(0);
	});

	test('after the click, the output says when all went to one address', async () => {
		await openIssue({
			recipient: 'ada@example.com',
			issuanceProgram: { __rl: true, mode: 'id', value: PROGRAM_ID },
			idempotency: 'off',
			...MODES['map-each-field'],
			options: { sameRecipient: true },
		});
		const output = await editor.executeStep();
		await output.getByText(/2 items went to one e-mail address/).waitFor();
	});
});
