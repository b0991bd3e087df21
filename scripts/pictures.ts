import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { z } from 'zod';
import { launchChromium } from '../harness/chromium';
import { Editor } from '../harness/editor';
import { packAndInstall } from '../harness/installPackage';
import { N8nApi } from '../harness/n8nApi';
import { startN8n } from '../harness/n8nProcess';
import { KYC_EVENT, startDemoAir } from './demoAir';
import { takeExamplePictures } from './examplePictures';
import { loadExamples } from './loadExamples';
import { takeDirectPicture } from './directPictures';
import { takeModePictures } from './modePictures';
import { buildPackage, root } from './package';
import { loadSetup, takeSetupPictures } from './setupPictures';

const images = join(root, 'docs', 'images');
const log = (line: string) => {
	console.log(line);
};

const exampleSchema = z.looseObject({
	name: z.string(),
	nodes: z.array(
		z.looseObject({
			id: z.string(),
			name: z.string(),
			type: z.string(),
			typeVersion: z.number(),
			position: z.tuple([z.number(), z.number()]),
			parameters: z.record(z.string(), z.unknown()),
		}),
	),
	connections: z.record(z.string(), z.unknown()),
});

/** The example as a user has it open, with a trigger that the editor can run by itself, for one person. */
function runnableExample(credentialId: string, email: string) {
	const file = readFileSync(join(root, 'examples', 'kyc-credential.json'), 'utf8');
	const { name, nodes, connections } = exampleSchema.parse(JSON.parse(file));
	const credentials = { mocaAirApi: { id: credentialId, name: 'Moca AIR' } };
	// So that each picture is of an issuance, and not of a replay.
	const body = { ...KYC_EVENT, eventId: `kyc-review-${email.length}${email.charCodeAt(0)}`, email };
	return {
		name,
		nodes: nodes.map((node) =>
			node.type === 'n8n-nodes-base.webhook'
				? { ...node, type: 'n8n-nodes-base.manualTrigger', typeVersion: 1, parameters: {} }
				: node.type.startsWith('n8n-nodes-moca-air')
					? { ...node, credentials }
					: node,
		),
		connections,
		pinData: { 'KYC Passed': [{ json: { body } }] },
		settings: { executionOrder: 'v1' },
	};
}

/** What issues, and does not wait: another workflow learns of the rest. */
function issuingExample(credentialId: string) {
	const file = readFileSync(join(root, 'examples', 'kyc-credential.json'), 'utf8');
	const { name, nodes, connections } = exampleSchema.parse(JSON.parse(file));
	const [webhook, issue] = nodes;
	if (webhook === undefined || issue === undefined) throw new Error('the example is another one');
	const credentials = { mocaAirApi: { id: credentialId, name: 'Moca AIR' } };
	return {
		name,
		nodes: [webhook, { ...issue, credentials }],
		connections: { [webhook.name]: connections[webhook.name] },
		settings: { executionOrder: 'v1' },
	};
}

/** What to do for work that must be done once only (docs/trigger.md). */
const ONCE = {
	id: '5b2f0c1e-7c7b-4a58-8f5e-2a0d9a6f6b11',
	name: 'Remove Duplicates',
	type: 'n8n-nodes-base.removeDuplicates',
	typeVersion: 2,
	position: [220, 0] as [number, number],
	parameters: {
		operation: 'removeItemsSeenInPreviousExecutions',
		logic: 'removeItemsWithAlreadySeenKeyValues',
		dedupeValue: '={{ $json.eventId }}',
		options: {},
	},
};

/** The example that learns of events, each of them once. */
function onceExample(credentialId: string) {
	const file = readFileSync(join(root, 'examples', 'on-chain-message.json'), 'utf8');
	const { name, nodes, connections } = exampleSchema.parse(JSON.parse(file));
	const [trigger, ...others] = nodes.filter(({ type }) => !type.endsWith('.stickyNote'));
	if (trigger === undefined) throw new Error('the example has no trigger');
	const credentials = { mocaAirApi: { id: credentialId, name: 'Moca AIR' } };
	const moved = others.map((node) => {
		const [x, y] = node.position;
		return { ...node, position: [x + 220, y] as [number, number] };
	});
	return {
		name,
		nodes: [{ ...trigger, credentials }, ONCE, ...moved],
		connections: {
			...connections,
			[trigger.name]: { main: [[{ node: ONCE.name, type: 'main', index: 0 }]] },
			[ONCE.name]: connections[trigger.name],
		},
		settings: { executionOrder: 'v1' },
	};
}

/** What a form of the sandbox holds; made up, but shaped like AIR's own. */
const SANDBOX = {
	environment: 'sandbox',
	baseUrl: '',
	partnerId: '954fe820-050d-49fb-b22e-884922aa6cef',
	issuerDid: 'did:air:id:test:4P8bUwZ6vT2mKq1s',
	jwksUrl: 'https://issuer.example.com/.well-known/jwks.json',
	directIssuer: 'issuer.example.com',
};

/** What n8n answers when the test passes; the sandbox itself cannot be reached from here. */
const GREEN = { data: { status: 'OK', message: 'Connection tested successfully' } };

const HIGH = { width: 1440, height: 1500 };

/** One field a line is what fits into a picture. */
async function showSchema(output: Locator): Promise<void> {
	await output.getByText('Schema', { exact: true }).click();
}

async function takePictures(): Promise<void> {
	const userFolder = mkdtempSync(join(tmpdir(), 'moca-air-pictures-'));
	mkdirSync(images, { recursive: true });
	buildPackage();
	await packAndInstall({ userFolder, log });
	const air = await startDemoAir(300, true);
	// As n8n is set up behind a proxy; the addresses that its panels show are made from it.
	const env = { N8N_WEBHOOK_URL: 'https://n8n.example.com/' };
	const n8n = await startN8n({ userFolder, log, env });
	const browser = await launchChromium({ log });
	// `npm run docs:pictures trigger` takes only those whose names begin so.
	const [, , only = ''] = process.argv;
	try {
		const api = await N8nApi.signIn(n8n.url);
		const { directIssuer, accountUrl, ...onBehalf } = air.credential;
		const { id } = await api.credentials.create('mocaAirApi', 'Moca AIR', onBehalf);
		const credential = { id, name: 'Moca AIR' };
		// The first run says that the ledger is new.
		const { id: firstId } = await api.workflows.create(runnableExample(id, 'first@example.com'));
		await api.executions.wait(await api.workflows.run(firstId, { trigger: 'KYC Passed' }));
		const { id: demoId } = await api.workflows.import(
			JSON.parse(readFileSync(join(root, 'examples', 'kyc-credential.json'), 'utf8')),
			{ mocaAirApi: credential },
		);
		const { id: issuingId } = await api.workflows.create(issuingExample(id));
		const setup = await loadSetup(api, credential);
		const { id: learningId } = await api.workflows.create(onceExample(id));
		const examples = await loadExamples(api, credential);
		const { id: directId } = await api.credentials.create('mocaAirApi', 'Moca AIR direct', {
			...onBehalf,
			...(directIssuer === undefined || accountUrl === undefined
				? {}
				: { directIssuer, accountUrl }),
		});
		const { id: sandboxId } = await api.credentials.create('mocaAirApi', 'Moca AIR sandbox', {
			...onBehalf,
			...SANDBOX,
		});
		for (const theme of only.startsWith('example') ? [] : (['light', 'dark'] as const)) {
			const suffix = theme === 'light' ? '' : '.dark';
			const pictureIn = (editor: Editor) => async (name: string) => {
				if (name.startsWith(only)) await editor.screenshot(join(images, `${name}${suffix}.png`));
			};
			const email = `${theme === 'light' ? 'ada.lovelace' : 'grace.hopper'}@example.com`;
			const { id: workflowId } = await api.workflows.create(runnableExample(id, email));
			const { id: refusedId } = await api.workflows.create(runnableExample(id, `x${email}`));
			const editor = await Editor.open({ browser, url: n8n.url, theme });
			const picture = pictureIn(editor);
			await editor.openWorkflow(demoId);
			await picture('workflow');
			await editor.searchNodes('moca');
			await picture('nodes-panel');
			air.emulator.control.setFeature({ partnerId: 'demo-partner', enabled: false });
			await editor.openWorkflow(refusedId);
			await editor.openNode('Moca AIR Issue on Behalf');
			await (await editor.executeStep()).getByText('is not enabled').first().waitFor();
			await picture('error');
			air.emulator.control.setFeature({ partnerId: 'demo-partner', enabled: true });
			await editor.closeNode();
			await editor.openWorkflow(issuingId);
			await picture('trigger-issuing');
			// High enough for whole forms.
			const high = await Editor.open({ browser, url: n8n.url, theme, viewport: HIGH });
			const highPicture = pictureIn(high);
			await high.openWorkflow(workflowId);
			await high.openNode('Moca AIR Issue on Behalf');
			await showSchema(await high.executeStep());
			await highPicture('issue-on-behalf');
			await high.closeNode();
			await editor.openWorkflow(workflowId);
			await editor.openNode('Moca AIR Get Issuance Status');
			await showSchema(await editor.executeStep());
			await picture('get-issuance-status');
			await editor.closeNode();
			await takeModePictures(high, api, id, theme, highPicture);
			await takeDirectPicture(high, api, directId, email, highPicture);
			await high.page.route('**/rest/credentials/test', async (route) => {
				await route.fulfill({ json: GREEN });
			});
			const dialog = await high.openCredential(sandboxId);
			await dialog.getByText('Connection tested successfully').first().waitFor();
			await highPicture('credential');
			await high.close();
			await editor.openWorkflow(learningId);
			await picture('trigger-learning');
			await editor.openNode('Moca AIR Trigger');
			await showSchema(await editor.executeStep());
			await picture('trigger');
			await editor.closeNode();
			await editor.openNode(ONCE.name);
			await picture('trigger-once');
			await takeSetupPictures(editor, setup, air, picture);
			await editor.close();
		}
		if (only === '' || only.startsWith('example')) {
			await takeExamplePictures({ browser, url: n8n.url }, examples, images, only);
		}
	} finally {
		await browser.close();
		await n8n.stop();
		await air.close();
		rmSync(userFolder, { recursive: true, force: true });
	}
}

takePictures().then(
	() => process.exit(0),
	(error: unknown) => {
		console.error(error);
		process.exit(1);
	},
);
