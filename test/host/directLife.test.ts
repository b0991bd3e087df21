import { createPublicKey } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../../harness/chromium';
import { Editor } from '../../harness/editor';
import { poll } from '../../harness/poll';
import { jsonOf } from '../../harness/runData';
import type { WorkflowDefinition } from '../../harness/workflowsApi';
import { root } from '../../scripts/package';
import { makeKey } from '../support/keys';
import { sdJwtVerifiers } from '../support/sdJwtVerifiers';
import { assertValid, type FetchedList } from '../support/statusVerifier';
import { ExampleHost } from './exampleHost';
import {
	CREDENTIAL,
	inRow,
	items,
	node,
	pollEvery,
	start,
	startHost,
	type Host,
	type Json,
} from './workflows';

/**
 * The life of directly issued credentials in a real n8n: it serves whether they are revoked, at addresses
 * that survive changes to a workflow, and a workflow renews them before they expire.
 */
let host: Host;
let examples: ExampleHost;
let browser: Browser;
let credentials: Host['credentials'];

jest.setTimeout(420_000);

const VCT = 'https://example.com/types/member';
const FOLDER = 'lists';
const PATH = `${FOLDER}/.well-known/jwks.json`;
const artefacts = join(root, '.artifacts', 'host');
const MINUTE = 60_000;

beforeAll(async () => {
	mkdirSync(artefacts, { recursive: true });
	host = await startHost({ issuesDirectly: true, editor: true });
	browser = await launchChromium({ log: () => undefined });
	// A proxy in front of n8n has an https address; verifiers here go past it.
	const statusListUrl = `https://issuer.example.com/webhook/${FOLDER}/status-list?id=`;
	const { id, name } = await host.api.credentials.create(CREDENTIAL, 'Lists', {
		...host.air.credential,
		statusListUrl,
	});
	credentials = { [CREDENTIAL]: { id, name } };
	examples = new ExampleHost({ ...host, credentials });
}, 900_000);

afterAll(async () => {
	await browser.close();
	await host.close();
}, 60_000);

const mocaAir = (parameters: Json) =>
	node('Moca AIR', 'n8n-nodes-moca-air.mocaAir', parameters, { credentials });

async function run(parameters: Json, item: Json = {}) {
	const { data } = await host.run(inRow(start(), items([item]), mocaAir(parameters)));
	expect(data.resultData.error).toBeUndefined();
	return jsonOf(data, 'Moca AIR');
}

const issue = async (email: string, more: Json = {}) =>
	await run(
		{
			resource: 'credential',
			operation: 'issueDirectly',
			recipient: '={{ $json.email }}',
			credentialType: VCT,
			schemaId: '01KSTQK70XGFBT558HRHFB',
			subjectMode: 'json',
			subjectJson: '{ "name": "Ada", "level": "trial" }',
			options: { revocable: 'list' },
			...more,
		},
		{ email },
	);

const revoke = async (email: string) =>
	await run({
		...{ resource: 'credential', operation: 'revoke', revokeBy: 'person' },
		...{ recipient: email, credentialType: VCT },
	});

const walletOf = async (email: string) => await host.air.emulator.control.wallet(email);

async function fetchAt(address: string): Promise<FetchedList> {
	const { pathname, search } = new URL(address);
	const answer = await fetch(`${host.n8n.url}${pathname}${search}`);
	return {
		status: answer.status,
		contentType: answer.headers.get('content-type') ?? '',
		text: await answer.text(),
	};
}

/** The verdicts of two third-party verifiers on a credential: `valid`, or why not. */
async function verdicts(compact: string): Promise<string[]> {
	const key = createPublicKey(host.air.key.pem);
	const keyId = `${host.air.issuer?.did ?? ''}#${String(host.air.credential.partnerId)}`;
	const said = async (verify: () => Promise<unknown>) =>
		await verify().then(
			() => 'valid',
			(error: unknown) => (error instanceof Error ? error.message : String(error)),
		);
	return [
		await said(
			async () =>
				await sdJwtVerifiers['@sd-jwt/sd-jwt-vc']?.(
					compact,
					key,
					async (uri) => (await fetchAt(uri)).text,
				),
		),
		await said(async () => {
			const payload = (await sdJwtVerifiers['@meeco/sd-jwt']?.(compact, key)) ?? {};
			const keys = { [keyId]: key.export({ format: 'jwk' }) };
			await assertValid(payload, fetchAt, keys, Math.floor(Date.now() / 1000));
		}),
	];
}

const jwksNode = (webhookId: string, parameters: Json) =>
	node('JWKS', 'n8n-nodes-moca-air.mocaAirJwksTrigger', parameters, { credentials, webhookId });

describe('Serve Revocations', () => {
	const email = 'lists-ada@example.com';
	let servingId: string;
	let list: string;
	let number: string;

	/** Of the number, under a node's webhook ID. */
	const numberAt = async (webhookId: string) =>
		await fetchAt(
			`https://issuer.example.com/webhook/${webhookId}/${FOLDER}/revocation-status/${number}`,
		);
	/** HTTP status of the list, and of the number as it was registered. */
	const answers = async (webhookId: string) => [
		(await fetchAt(list)).status,
		(await numberAt(webhookId)).status,
	];

	let registered: string;

	beforeAll(async () => {
		registered = 'b4b1c6a4-6a3a-4f4e-9c1d-1a2b3c4d5e6f';
		const parameters = { path: PATH, revocations: true };
		const definition = inRow(jwksNode(registered, parameters));
		servingId = (await host.api.workflows.create({ ...definition, name: 'lists' })).id;
		await host.api.workflows.activate(servingId);
		const [item = {}] = await issue(email);
		number = String(item.revocationNumber);
		const [entry] = await walletOf(email);
		const status = entry?.claims?.status as { status_list: { uri: string } } | undefined;
		list = status?.status_list.uri ?? '';
	}, 120_000);

	test('valid for both verifiers, refused by both after Revoke; the number says the same', async () => {
		const [entry] = await walletOf(email);
		const compact = entry?.compact ?? '';
		expect(await verdicts(compact)).toEqual(['valid', 'valid']);
		expect((await numberAt(registered)).text).toBe('{"isRevoked":false}');
		expect(await revoke(email)).toMatchObject([{ outcome: 'revoked', email }]);
		expect(await verdicts(compact)).toEqual([
			expect.stringMatching(/status/i) as string,
			'it is revoked',
		]);
		expect(await numberAt(registered)).toMatchObject({
			status: 200,
			contentType: 'application/json',
			text: '{"isRevoked":true}',
		});
	});

	test('renamed, workflow and node: both addresses go on', async () => {
		const { nodes } = await host.api.workflows.get(servingId);
		await host.api.workflows.update(servingId, {
			name: 'another name',
			nodes: nodes.map((one) => ({ ...one, name: 'Another Node' })),
			connections: {},
		});
		await host.api.workflows.activate(servingId);
		expect(await answers(registered)).toEqual([200, 200]);
	});

	/** The workflow that the editor has opened or saved: its ID, once it has one. */
	const idOf = async (page: Page) => {
		await page.waitForURL(/\/workflow\/\w{10,}/);
		return /\/workflow\/(\w+)/.exec(page.url())?.[1] ?? '';
	};
	const jwksNodeOf = async (id: string) => {
		const { nodes } = await host.api.workflows.get(id);
		const found = nodes.find(({ type }) => type.endsWith('JwksTrigger'));
		return { path: found?.parameters.path, webhookId: String(found?.webhookId), nodes };
	};

	test('duplicated in the editor: the copy has addresses of its own, and ours go on', async () => {
		const editor = await Editor.open({ browser, url: host.n8n.url });
		await editor.openWorkflow(servingId);
		await editor.byTestId('workflow-menu').click();
		await editor.byTestId('workflow-menu-item-duplicate').click();
		// Without a name the dialog opens no copy, and n8n takes a moment to propose one.
		const name = editor.page.getByPlaceholder('Enter workflow name');
		await poll('n8n to propose a name for the copy', 60_000, async () =>
			(await name.inputValue()) === '' ? undefined : true,
		);
		const opened = editor.page.context().waitForEvent('page');
		await editor.page.getByRole('button', { name: 'Duplicate', exact: true }).click();
		const copyId = await idOf(await opened);
		await editor.close();
		expect(copyId).not.toBe(servingId);

		// n8n has written a path into it.
		const { path, webhookId: own, nodes } = await jwksNodeOf(copyId);
		expect(own).not.toBe(registered);
		expect(path).toBe(own);
		await host.api.workflows.activate(copyId);
		expect(await answers(registered)).toEqual([200, 200]);
		await host.api.workflows.deactivate(copyId);

		// With our path it takes the place of ours once that is unpublished: the list is where it was.
		const parameters = { path: PATH, revocations: true };
		await host.api.workflows.update(copyId, {
			nodes: nodes.map((one) => ({ ...one, parameters })),
		});
		await expect(host.api.workflows.tryActivate(copyId)).rejects.toThrow(/conflict/);
		await host.api.workflows.deactivate(servingId);
		expect(await answers(registered)).toEqual([404, 404]);
		await host.api.workflows.activate(copyId);
		expect(await answers(own)).toEqual([200, 200]);
		expect(await answers(registered)).toEqual([200, 404]);
		await host.api.workflows.delete(copyId);
	});

	test('exported, and imported in the editor: both addresses are where they were', async () => {
		await host.api.workflows.deactivate(servingId);
		const exported = join(artefacts, 'exported.json');
		writeFileSync(exported, JSON.stringify(await host.api.workflows.get(servingId)));
		const editor = await Editor.open({ browser, url: host.n8n.url });
		await editor.page.goto(`${host.n8n.url}/workflow/new`);
		await editor.byTestId('workflow-import-input').setInputFiles(exported);
		await editor.byTestId('canvas-node').first().waitFor();
		await editor.save();
		const importedId = await idOf(editor.page);
		await editor.close();
		const { path, webhookId } = await jwksNodeOf(importedId);
		expect([path, webhookId]).toEqual([PATH, registered]);
		await host.api.workflows.activate(importedId);
		expect(await answers(registered)).toEqual([200, 200]);
		await host.api.workflows.delete(importedId);
		await host.api.workflows.activate(servingId);
		expect(await answers(registered)).toEqual([200, 200]);
	});
});

describe('a change of the key, in the editor', () => {
	const old = () => String(host.air.credential.partnerId);
	let editor: Editor;
	let rotated: Host['credentials'];

	beforeAll(async () => {
		const next = makeKey();
		const { air } = host;
		const jwks = [air.key.jwk(old()), next.jwk('key-2')];
		air.jwks.keys = jwks;
		air.issuer?.publish(...jwks);
		const { id, name } = await host.api.credentials.create(CREDENTIAL, 'Rotated', {
			...{ ...air.credential, kid: 'key-2', privateKey: next.pem },
		});
		rotated = { [CREDENTIAL]: { id, name } };
		await issue('rotated-ada@example.com');
		editor = await Editor.open({ browser, url: host.n8n.url });
	}, 120_000);
	afterAll(async () => {
		await editor.close();
	});

	/** Opens a workflow with Moca AIR in it, executes that step, and says what the output shows. */
	async function shown(parameters: Json, picture: string): Promise<string> {
		const moca = node('Moca AIR', 'n8n-nodes-moca-air.mocaAir', parameters, {
			...{ credentials: rotated, position: [220, 0] },
		});
		const { id } = await host.api.workflows.create(inRow(start(), moca));
		await editor.openWorkflow(id);
		await editor.openNode('Moca AIR');
		const output = await editor.executeStep();
		await editor.screenshot(join(artefacts, `${picture}.png`));
		return await output.innerText();
	}

	const unpublish = async (givenUp: number, picture: string) =>
		await shown({ resource: 'setup', operation: 'unpublishKey', kid: old(), givenUp }, picture);

	test('Check Setup, Get Public Documents and Unpublish Key say what still lives by the old key', async () => {
		const check = await shown({ resource: 'setup', operation: 'checkSetup' }, 'check-live-keys');
		expect(check).toContain('Keys of live credentials');
		expect(check).toContain(`key ID “${old()}”`);
		const documents = { resource: 'setup', operation: 'getPublicDocuments' };
		expect(await shown(documents, 'documents-key-needed')).toContain('are still valid');

		const refused = await unpublish(0, 'unpublish-refused');
		const many = /, (\d+) credentials?,/.exec(refused)?.[1] ?? '';
		expect(refused).toContain('Credentials that this key has signed are still valid');
		expect(await unpublish(Number(many), 'unpublish-done')).toContain('mayGo');
		expect(await shown(documents, 'documents')).toContain('did.json');
		expect(editor.pageErrors).toEqual([]);
	});
});

describe('renew', () => {
	const [ada, bob] = ['renew-ada@example.com', 'renew-bob@example.com'];
	const minutes = (count: number) => new Date(Date.now() + count * MINUTE).toISOString();

	/** Items that a node of a workflow gave out, over all executions. */
	async function given(workflowId: string, name: string): Promise<Json[]> {
		const found: Json[] = [];
		for (const { id } of await host.api.executions.list({ workflowId, status: ['success'] })) {
			const { data, mode } = await host.api.executions.get(id);
			if (mode !== 'manual' && data.resultData.runData[name] !== undefined) {
				found.push(...jsonOf(data, name));
			}
		}
		return found;
	}

	test('who stays gets a new one and the old one is revoked; who left is told; Expired comes once', async () => {
		const pollTimes = pollEvery(10);
		const { workflowId } = await examples.import('renew', (example) => ({
			...example,
			pinData: {},
			nodes: example.nodes.map((one) => {
				const { parameters } = one;
				if (one.name === 'Moca AIR Trigger') {
					const soon = { expiringBefore: 3, expiringUnit: 'minutes' };
					return { ...one, parameters: { ...parameters, ...soon, pollTimes } };
				}
				return one.name === 'Moca AIR Issue Directly'
					? { ...one, parameters: { ...parameters, options: { revocable: 'list' } } }
					: one;
			}),
		}));
		await examples.addRows('moca_members', [
			{ email: ada, name: 'Ada', level: 'gold', active: true },
			{ email: bob, name: 'Bob', level: 'gold', active: false },
		]);
		for (const email of [ada, bob]) {
			await issue(email, { expires: 'date', expiresAt: minutes(1.5) });
		}
		const ended: WorkflowDefinition = inRow(
			node(
				'Ended',
				'n8n-nodes-moca-air.mocaAirTrigger',
				{ pollTimes, events: ['expired'], filters: { program: VCT } },
				{ credentials },
			),
		);
		const { id: endedId } = await host.api.workflows.create(ended);
		await host.api.workflows.activate(endedId);
		await host.api.workflows.activate(workflowId);

		await poll('the renewal', 200_000, async () =>
			(await walletOf(ada)).length > 1 ? true : undefined,
		);
		await poll('the expiry', 300_000, async () =>
			(await given(endedId, 'Ended')).length > 0 ? true : undefined,
		);
		// A poll or two more, which tell nothing again.
		await new Promise((resolve) => setTimeout(resolve, 25_000));

		const issued = await given(workflowId, 'Moca AIR Issue Directly');
		expect(issued).toMatchObject([{ email: ada, outcome: 'reissued' }]);
		const [old, renewed, ...more] = await walletOf(ada);
		expect(more).toEqual([]);
		expect(old?.claims).toMatchObject({ level: 'trial' });
		expect(renewed?.claims).toMatchObject({ name: 'Ada', level: 'gold' });
		expect(await verdicts(renewed?.compact ?? '')).toEqual(['valid', 'valid']);
		expect((await verdicts(old?.compact ?? '')).at(-1)).toBe('it is revoked');

		expect(await walletOf(bob)).toHaveLength(1);
		expect(await given(workflowId, 'It Will End')).toMatchObject([{ to: bob }]);
		expect(await given(endedId, 'Ended')).toMatchObject([{ event: 'expired', email: bob }]);
	});
});
