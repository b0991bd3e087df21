import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jwtVerify } from 'jose';
import type { Browser } from 'playwright-core';
import { z } from 'zod';
import { PARTNER_ID } from '../../scripts/demoAir';
import { makeKey, type TestKey } from '../support/keys';
import { launchChromium } from '../../harness/chromium';
import { Editor } from '../../harness/editor';
import type { Execution } from '../../harness/executionsApi';
import { poll } from '../../harness/poll';
import { jsonOf, lastRun } from '../../harness/runData';
import {
	chain,
	CREDENTIAL,
	inRow,
	node,
	start,
	startHost,
	type Host,
	type Json,
} from './workflows';

/** The node in a real n8n: what anyone who looks at runs, stored ones too, sees of a token. */
let host: Host;
let key: TestKey;
/** Of one that may hand out tokens. */
let allowed: Record<string, { id: string; name: string }>;

const log = (line: string) => process.stderr.write(`${line}\n`);

jest.setTimeout(240_000);

beforeAll(async () => {
	host = await startHost({ editor: true });
	key = makeKey();
	const data = {
		...host.air.credential,
		privateKey: key.pem,
		kid: 'handing-out',
		allowHandingOutJwts: true,
	};
	const { id, name } = await host.api.credentials.create(CREDENTIAL, 'May hand out', data);
	allowed = { [CREDENTIAL]: { id, name } };
}, 900_000);

afterEach(() => {
	expect(host.air.emulator.control.counts()).toMatchObject({ issuances: 0, usersCreated: 0 });
	host.air.emulator.control.reset();
});

afterAll(async () => {
	await host.close();
}, 60_000);

const JWT = /eyJ[\w-]+\.[\w-]+\.[\w-]+/;

const auth = (parameters: Json, credentials = host.credentials) =>
	node('Auth', 'n8n-nodes-moca-air.mocaAir', parameters, { credentials });

const creating = (parameters: Json = {}) =>
	auth({ operation: 'createPartnerJwt', scope: 'issue', ...parameters }, allowed);

const hintsOf = ({ data }: Execution) =>
	(lastRun(data, 'Auth')?.hints ?? []).map(({ message }) => message).join('\n');

async function nothingKept(workflowId: string): Promise<void> {
	await poll('the execution to be deleted', 60_000, async () => {
		const kept = await host.api.executions.list({ workflowId });
		return kept.length === 0 ? true : undefined;
	});
}

async function claimsOf(token: unknown) {
	const { payload } = await jwtVerify(String(token), key.publicKey);
	return payload;
}

describe('Check Setup', () => {
	const check = async (parameters: Json = {}) =>
		await host.run(inRow(start(), auth({ operation: 'checkSetup', ...parameters })));

	test('a good setup: one item for each check', async () => {
		const execution = await check();
		expect(execution.status).toBe('success');
		const findings = jsonOf(execution.data, 'Auth');
		expect(findings.map(({ check: name }) => name)).toEqual(
			expect.arrayContaining([
				'Private key',
				'Nothing private in the JWKS',
				'Published key',
				'AIR accepts the key',
			]),
		);
		expect(findings.filter(({ status }) => status === 'fail')).toEqual([]);
		expect(JSON.stringify(execution)).not.toMatch(JWT);
	});

	test('a JWKS that publishes the private key: a failed check that says what to do', async () => {
		const { jwks } = host.air;
		const before = jwks.keys;
		jwks.keys = before.map((published) => ({ ...(published as Json), d: 'AA' }));
		try {
			const execution = await check();
			expect(execution.status).toBe('success');
			const [, worst] = jsonOf(execution.data, 'Auth').filter(({ status }) => status === 'fail');
			expect(worst).toMatchObject({
				check: 'Nothing private in the JWKS',
				detail: expect.stringMatching(/publishes a PRIVATE key/) as string,
				fix: expect.stringMatching(/new key pair now/) as string,
			});
		} finally {
			jwks.keys = before;
		}
	});

	test('Issue on Behalf is off: that is the finding', async () => {
		host.air.emulator.control.setFeature({ partnerId: PARTNER_ID, enabled: false });
		const execution = await check({ checkIssueOnBehalf: true, ownAddress: 'me@example.com' });
		expect(jsonOf(execution.data, 'Auth')[1]).toMatchObject({
			check: 'Issue on Behalf',
			status: 'fail',
			fix: expect.stringMatching(/issueOnBehalf is not allowed/) as string,
		});
	});
});

describe('Create Partner JWT', () => {
	test('the credential decides: off, it is refused in words', async () => {
		const { data, status } = await host.run(
			inRow(start(), auth({ operation: 'createPartnerJwt', scope: 'issue' })),
		);
		expect(status).toBe('error');
		expect(data.resultData.error).toMatchObject({
			message: 'This credential does not hand out Partner JWTs',
			description: expect.stringMatching(/Allow Handing Out Tokens/) as string,
		});
	});

	test('n8n knows that the field is sensitive, and tells agents what cannot be undone', async () => {
		const types = await host.api.nodeTypes('n8n-nodes-moca-air');
		const named = (name: string) =>
			types.find((type) => type.name === `n8n-nodes-moca-air.${name}`) ?? { properties: [] };
		expect(named('mocaAir')).toMatchObject({ sensitiveOutputFields: ['token'] });
		expect(named('mocaAirTool')).toMatchObject({
			description: expect.stringMatching(/cannot be undone/) as string,
		});
	});

	/** What a workflow does with it: only its length is kept. */
	const using = () =>
		node(
			'Use',
			'n8n-nodes-base.set',
			{
				assignments: {
					assignments: [
						{ id: 'a', name: 'length', value: '={{ $json.token.length }}', type: 'number' },
					],
				},
				options: {},
			},
			{ typeVersion: 3.4 },
		);

	/**
	 * In n8n 2.40 and 2.41 `sensitiveOutputFields` has no effect: the class that would redact them
	 * (modules/redaction, NodeDefinedFieldRedactionStrategy) is used nowhere. The notice and
	 * docs/moca-air.md say so. When this fails since n8n hides it, change both.
	 */
	test('a stored run keeps the token, as the hint says; with the settings that the docs name nothing is stored', async () => {
		const kept = await host.run(inRow(start(), creating({ email: 'ada@example.com' })));
		const [item] = jsonOf(kept.data, 'Auth');
		expect(await claimsOf(item?.token)).toMatchObject({
			partnerId: PARTNER_ID,
			scope: 'issue',
			email: 'ada@example.com',
		});
		expect(hintsOf(kept)).toMatch(/saves the data of this execution/);

		const { id } = await host.api.workflows.create({
			...inRow(start(), creating()),
			settings: { executionOrder: 'v1', saveManualExecutions: false },
		});
		await host.api.workflows.run(id, { trigger: 'Start' });
		await nothingKept(id);
	});

	test('an agent is refused, and may check', async () => {
		const asTool = (parameters: Json) => ({
			...auth(parameters, allowed),
			type: 'n8n-nodes-moca-air.mocaAirTool',
		});
		const called = async (parameters: Json) => {
			const agent = node(
				'Agent',
				'@n8n/n8n-nodes-langchain.agent',
				{ promptType: 'define', text: 'Check it.', options: {} },
				{ typeVersion: 3 },
			);
			const { id } = await host.api.workflows.create({
				...inRow(start(), agent),
				nodes: [start(), agent, asTool(parameters)],
				connections: {
					...chain(start(), agent),
					Auth: { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] },
				},
			});
			await host.api.rest.post(`/workflows/${id}/run`, z.unknown(), {
				triggerToStartFrom: { name: 'Start' },
				destinationNode: { nodeName: 'Auth', mode: 'inclusive' },
				agentRequest: { query: { Auth: {} }, tool: { name: 'Auth' } },
			});
			// As it is stored: the item of a refused tool is not an object.
			const { body } = await poll('the tool to end', 60_000, async () => {
				const [execution] = await host.api.executions.list({ workflowId: id });
				return ['success', 'error'].includes(execution?.status ?? '')
					? await host.api.rest.raw('GET', `/rest/executions/${execution?.id ?? ''}`)
					: undefined;
			});
			return body;
		};
		const refused = await called({ operation: 'createPartnerJwt', scope: 'issue' });
		expect(refused).toMatch(/Partner JWTs are not given to AI agents/);
		expect(refused).not.toMatch(JWT);
		const checked = await called({
			operation: 'checkSetup',
			checkIssueOnBehalf: true,
			ownAddress: 'victim@example.com',
		});
		expect(checked).toMatch(/Nothing private in the JWKS/);
		expect(host.air.emulator.control.requests().map(({ operation }) => operation)).not.toContain(
			'issue',
		);
	});

	test('Respond to Webhook gives it to the caller, and the execution is not kept', async () => {
		const path = 'partner-jwt';
		const { id } = await host.api.workflows.create({
			...inRow(
				node(
					'Webhook',
					'n8n-nodes-base.webhook',
					{ path, httpMethod: 'POST', responseMode: 'responseNode' },
					{ typeVersion: 2, webhookId: randomUUID() },
				),
				creating({ email: '={{ $json.body.email }}' }),
				node(
					'Respond',
					'n8n-nodes-base.respondToWebhook',
					{ respondWith: 'json', responseBody: '={{ { "token": $json.token } }}', options: {} },
					{ typeVersion: 1.1 },
				),
			),
			settings: {
				executionOrder: 'v1',
				saveDataSuccessExecution: 'none',
				saveDataErrorExecution: 'none',
			},
		});
		await host.api.workflows.activate(id);
		const answer = await host.api.webhook(path, { body: { email: 'bob@example.com' } });
		expect(answer.status).toBe(200);
		const { token } = z.object({ token: z.string() }).parse(answer.json());
		expect(await claimsOf(token)).toMatchObject({ email: 'bob@example.com', scope: 'issue' });
		await nothingKept(id);
		const database = join(host.folder, '.n8n', 'database.sqlite');
		for (const file of [database, `${database}-wal`].filter((path) => existsSync(path))) {
			expect([file, readFileSync(file).includes(token)]).toEqual([file, false]);
		}
	});

	describe('in the editor', () => {
		let browser: Browser;

		beforeAll(async () => {
			browser = await launchChromium({ log });
		}, 900_000);

		afterAll(async () => {
			await browser.close();
		}, 60_000);

		test('a step gives a token, and the next step works with it: a partial execution', async () => {
			const workflow = inRow(start(), creating(), using());
			const nodes = workflow.nodes.map((one, index) => ({
				...one,
				position: [index * 200, 0] as [number, number],
			}));
			// Without `pinData` this n8n (2.40.7) breaks a partial execution; the editor always saves it.
			const { id } = await host.api.workflows.create({ ...workflow, nodes, pinData: {} });
			const editor = await Editor.open({ browser, url: host.n8n.url });
			await editor.openWorkflow(id);
			await editor.openNode('Auth');
			const output = await editor.executeStep();
			await output.getByText('saves the data of this execution').waitFor();
			await editor.closeNode();
			await editor.openNode('Use');
			await editor.executeStep();
			const [step, partial] = await host.api.executions.waitForCount(id, 2);
			expect(await claimsOf(jsonOf(step?.data ?? none(), 'Auth')[0]?.token)).toMatchObject({
				scope: 'issue',
			});
			expect(jsonOf(partial?.data ?? none(), 'Use')).toMatchObject([
				{ length: expect.any(Number) as number },
			]);
			// The step before was not run again: n8n took its output.
			expect(jsonOf(partial?.data ?? none(), 'Auth')).toEqual(jsonOf(step?.data ?? none(), 'Auth'));
			expect(editor.pageErrors).toEqual([]);
			await editor.close();
		});
	});
});

const none = (): never => {
	throw new Error('no execution');
};

test('n8n logged no token and no key', () => {
	const logged = host.n8n.logs.join('\n');
	expect(logged).not.toMatch(/PRIVATE KEY-/);
	expect(logged).not.toMatch(JWT);
});
