import type { Browser } from 'playwright-core';
import { PROGRAM_ID } from '../../scripts/demoAir';
import { MODES } from '../../scripts/modePictures';
import { launchChromium } from '../../harness/chromium';
import { Editor } from '../../harness/editor';
import { inRow, node, start, startHost, type Host, type Json } from './workflows';

/** Nothing that was filled in is lost when somebody looks at another way of giving the subject. */
let host: Host;
let browser: Browser;
let editor: Editor;

jest.setTimeout(300_000);

beforeAll(async () => {
	host = await startHost({ editor: true });
	browser = await launchChromium({ log: () => undefined });
	editor = await Editor.open({
		browser,
		url: host.n8n.url,
		viewport: { width: 1440, height: 1400 },
	});
}, 900_000);

afterAll(async () => {
	await editor.close();
	await browser.close();
	await host.close();
}, 60_000);

const LABELS: Readonly<Record<string, string>> = {
	automatic: 'Map Automatically',
	fields: 'Using Fields Below',
	json: 'Using JSON',
	mapper: 'Map Each Field',
};

/** Each of the twelve switches once, in one walk that ends where it begins. */
const WALK = [
	...['automatic', 'fields', 'json', 'mapper', 'automatic', 'json', 'fields'],
	...['mapper', 'fields', 'automatic', 'mapper', 'json', 'automatic'],
];

/** Every way filled in at once. */
const FILLED: Json = {
	recipient: '={{ $json.email }}',
	issuanceProgram: { __rl: true, mode: 'id', value: PROGRAM_ID },
	attributesIn: 'body',
	leftOut: 'row_number',
	schemaSource: 'jsonSchema',
	subjectExample: '{ "tier": "Gold" }',
	subjectSchema: MODES['map-each-field'].subjectSchema,
	subjectMapper: MODES['map-each-field'].subjectMapper,
	subjectFields: { field: [{ name: 'tier', type: 'boolean', value: 'yes' }] },
	subjectJson: '{ "tier": "Silver" }',
	idempotency: 'event',
	eventId: '={{ $json.id }}',
	options: { reference: '={{ $json.order }}' },
	expert: { concurrency: 3 },
};

/** What is as it is by default n8n does not save. */
const without = (parameters: Json, ...names: readonly string[]): Json =>
	Object.fromEntries(Object.entries(parameters).filter(([name]) => !names.includes(name)));

test('the walk goes each way once', () => {
	const steps = WALK.slice(1).map((to, index) => `${WALK[index] ?? ''} → ${to}`);
	expect(new Set(steps).size).toBe(12);
});

test('all twelve switches, saved and opened again: nothing is lost', async () => {
	const { id } = await host.api.workflows.create(
		inRow(
			start(),
			node(
				'Issue',
				'n8n-nodes-moca-air.mocaAirIssueOnBehalf',
				{ ...FILLED, subjectMode: WALK[0] },
				{ credentials: host.credentials, position: [300, 0] },
			),
		),
	);
	await editor.openWorkflow(id);
	for (const mode of WALK.slice(1)) {
		await editor.openNode('Issue');
		await editor.chooseOption('subjectMode', LABELS[mode] ?? '');
		// The editor looks for what has left its sight up to 200 ms later.
		await editor.page.waitForTimeout(600);
		// What is kept takes up no room.
		expect(
			await editor.byTestId('ndv').getByText('holds is kept').filter({ visible: true }).count(),
		).toBe(0);
		await editor.closeNode();
		await editor.save();
		const expected = { ...FILLED, subjectMode: mode };
		const { nodes } = await host.api.workflows.get(id);
		expect(nodes.find(({ name }) => name === 'Issue')?.parameters).toEqual(
			mode === 'mapper' ? without(expected, 'subjectMode') : expected,
		);
	}
	// And what other switches take out of sight.
	await editor.openNode('Issue');
	await editor.chooseOption('schemaSource', 'Example Subject');
	await editor.chooseOption('idempotency', 'Recognize by Content');
	await editor.page.waitForTimeout(600);
	await editor.closeNode();
	await editor.save();
	const { nodes } = await host.api.workflows.get(id);
	expect(nodes.find(({ name }) => name === 'Issue')?.parameters).toEqual(
		without({ ...FILLED, subjectMode: 'automatic' }, 'schemaSource', 'idempotency'),
	);
	expect(editor.pageErrors).toEqual([]);
});
