import { createPrivateKey } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Execution } from '../../harness/executionsApi';
import { poll } from '../../harness/poll';
import { jsonOf, lastRun } from '../../harness/runData';
import type { WorkflowDefinition } from '../../harness/workflowsApi';
import { startChatModel, type Asked, type ChatModel, type Said } from './chatModel';
import {
	asExpression,
	inRow,
	items,
	node,
	start,
	startHost,
	SUBJECT,
	type Host,
	type Json,
} from './workflows';

/**
 * Issue on Behalf with its embedded ledger in a real n8n: no matter what n8n repeats, nothing is issued
 * twice. The ledger is kept from test to test, so each test has its own people.
 */
let host: Host;

/** A claim value to look for in the ledger's files. */
const CANARY = 'canary-level-4711';

// A busy machine is not a failure.
jest.setTimeout(60_000);

beforeAll(async () => {
	host = await startHost();
}, 900_000);

afterAll(async () => {
	await host.close();
}, 60_000);

afterEach(() => {
	control().reset();
});

const control = () => host.air.emulator.control;
const posts = () => control().counts().byOperation.issue;
const issuedTo = () =>
	control()
		.issuances()
		.map(({ recipient }) => recipient);

let groups = 0;

/** People who have no credential yet, as items. */
function people<Names extends string[]>(...names: Names) {
	groups++;
	return names.map((name) => ({ email: `${name}-${groups}@example.com` })) as {
		[Index in keyof Names]: { email: string };
	};
}

/** A subject whose level comes from an expression. */
const subjectFrom = (level: string) =>
	`={{ ({ ...${JSON.stringify(SUBJECT)}, kycLevel: ${level} }) }}`;

/** One item after another, so that the order around the failing item is known. */
const issueNode = ({ options = {}, ...parameters }: Json = {}, rest: Json = {}) =>
	host.issueNode(rest, {
		subjectJson: asExpression({ ...SUBJECT, kycLevel: CANARY }),
		...parameters,
		options: { concurrency: 1, ...(options as Json) },
	});

const retryOnFail = { retryOnFail: true, maxTries: 2, waitBetweenTries: 1 };

const issueAll = (list: readonly Json[], parameters?: Json, rest?: Json) =>
	inRow(start(), items(list), issueNode(parameters, rest));

/** The result of each item of the node: `issued`, `alreadyIssued`, or the title of its error. */
const fates = ({ data }: Execution, name = 'Issue') =>
	jsonOf(data, name).map(({ outcome, error }) =>
		typeof error === 'string' ? error : outcome === 'alreadyIssued' ? outcome : 'issued',
	);

/** The same over all runs of a node in a loop. */
const fatesInLoop = ({ data }: Execution) =>
	(data.resultData.runData.Issue ?? []).flatMap(({ data: output }) =>
		(output?.main?.[0] ?? []).map(({ json }) =>
			json.outcome === 'alreadyIssued' ? json.outcome : 'issued',
		),
	);

const refuseOnce = (recipient: string) => {
	control().injectFault({ kind: 'answer', operation: 'issue', status: 400, recipient });
};

/** AIR issues, and a gateway says that it failed. */
const gatewayGivesUpOnce = (recipient: string) => {
	control().injectFault({
		kind: 'answer',
		operation: 'issue',
		status: 500,
		afterWork: true,
		recipient,
	});
};

const errorOf = ({ data }: Execution) => data.resultData.error;

describe('Retry On Fail runs the node again for all items', () => {
	test('after a 400 for the second of three: each is issued once', async () => {
		const list = people('ada', 'bob', 'cem');
		const [ada, bob, cem] = list;
		refuseOnce(bob.email);
		const execution = await host.run(issueAll(list, {}, retryOnFail));
		expect(execution.status).toBe('success');
		expect(fates(execution)).toEqual(['alreadyIssued', 'issued', 'issued']);
		expect(issuedTo()).toEqual([ada.email, bob.email, cem.email]);
		expect(posts()).toBe(4);
		expect(lastRun(execution.data, 'Issue')?.hints?.map(({ message }) => message)).toEqual([
			'1 item had already been issued, so it was not sent again. Its output is the original answer.',
		]);
	});

	test('a claim that differs in each try does not count when it is named', async () => {
		const list = people('ada', 'bob');
		refuseOnce(list[1].email);
		const parameters = {
			subjectJson: subjectFrom('$now.toISO()'),
			options: { ignoreWhenComparing: 'kycLevel' },
		};
		const execution = await host.run(issueAll(list, parameters, retryOnFail));
		expect(fates(execution)).toEqual(['alreadyIssued', 'issued']);
		expect(control().counts()).toMatchObject({ issuances: 2, revoked: 0 });
		expect(posts()).toBe(3);
	});

	test('a 429 does not even need it: the node waits as AIR asks, and each is issued once', async () => {
		const list = people('ada', 'bob', 'cem');
		const [, bob] = list;
		control().injectFault({
			kind: 'answer',
			operation: 'issue',
			status: 429,
			retryAfter: { seconds: 2 },
			recipient: bob.email,
		});
		const execution = await host.run(issueAll(list, {}, retryOnFail));
		expect(fates(execution)).toEqual(['issued', 'issued', 'issued']);
		expect(control().counts()).toMatchObject({ issuances: 3, revoked: 0 });
		expect(posts()).toBe(4);
	});

	test('after a 500 that came too late: said, not repeated, and AIR has it once', async () => {
		const list = people('ada', 'bob', 'cem');
		const [ada, bob] = list;
		gatewayGivesUpOnce(bob.email);
		const execution = await host.run(issueAll(list, {}, retryOnFail));
		expect(errorOf(execution)).toMatchObject({
			message: expect.stringMatching(
				/^We do not know whether an earlier attempt issued this credential: ledger row \d+, begun /,
			) as string,
			description: expect.stringMatching(/Claim Records.*ledger list/) as string,
		});
		expect(issuedTo()).toEqual([ada.email, bob.email]);
		expect(control().counts()).toMatchObject({ issuances: 2, revoked: 0 });
		expect(posts()).toBe(2);
	});

	test('with Continue On Fail the items after it are issued, once', async () => {
		const list = people('ada', 'bob', 'cem');
		gatewayGivesUpOnce(list[1].email);
		const workflow = issueAll(list, {}, { ...retryOnFail, onError: 'continueRegularOutput' });
		const first = await host.run(workflow);
		expect(fates(first)).toEqual(['issued', expect.stringContaining('AIR'), 'issued']);
		// n8n looks at the first item only: the failure of the second is not retried.
		expect(posts()).toBe(3);
		expect(fates(await host.run(workflow))).toEqual([
			'alreadyIssued',
			expect.stringContaining('We do not know whether an earlier attempt issued this credential'),
			'alreadyIssued',
		]);
		expect(posts()).toBe(3);
	});
});

describe('the Retry button starts a new execution', () => {
	const modes: [string, Json][] = [
		['Recognize by Content', { idempotency: 'content' }],
		['Event ID', { idempotency: 'event', eventId: '={{ "retried " + $json.email }}' }],
		['Recognize Within This Execution', { idempotency: 'execution' }],
	];
	const cases = modes.flatMap(([name, parameters]) =>
		[false, true].map((saved) => ({ name, parameters, saved })),
	);

	test.each(cases)(
		'$name, retried with the saved workflow: $saved – only what failed is issued',
		async ({ parameters, saved }) => {
			const list = people('ada', 'bob');
			const [ada, bob] = list;
			refuseOnce(bob.email);
			refuseOnce(bob.email);
			const failed = await host.run(issueAll(list, parameters));
			expect(failed.status).toBe('error');
			// A failed retry is retried again: the row of the first execution is still there.
			const failedAgain = await host.api.executions.retry(failed.id, saved);
			expect(errorOf(failedAgain)?.httpCode).toBe('400');
			const execution = await host.api.executions.retry(failedAgain.id, saved);
			expect(execution).toMatchObject({ mode: 'retry', status: 'success' });
			expect(fates(execution)).toEqual(['alreadyIssued', 'issued']);
			expect(issuedTo()).toEqual([ada.email, bob.email]);
			expect(posts()).toBe(4);
		},
	);

	test.each(modes)('%s: a mistake corrected in the saved workflow', async (_name, parameters) => {
		const [ada, bob] = people('ada', 'bob');
		const withLevel = (level: string) =>
			issueAll(
				[
					{ ...ada, level: CANARY },
					{ ...bob, level: 2 },
				],
				{ ...parameters, subjectJson: subjectFrom(level) },
			);
		const failed = await host.run(withLevel('$json.level'));
		expect(errorOf(failed)?.httpCode).toBe('400');
		await host.api.workflows.update(failed.workflowId, withLevel('String($json.level)'));
		const asItWas = await host.api.executions.retry(failed.id, false);
		expect(errorOf(asItWas)?.httpCode).toBe('400');
		const corrected = await host.api.executions.retry(failed.id, true);
		expect(fates(corrected)).toEqual(['alreadyIssued', 'issued']);
		expect(issuedTo()).toEqual([ada.email, bob.email]);
	});

	test.each(modes)('%s: an unknown outcome is not sent again', async (_name, parameters) => {
		const list = people('ada', 'bob');
		gatewayGivesUpOnce(list[1].email);
		const failed = await host.run(issueAll(list, parameters));
		const execution = await host.api.executions.retry(failed.id);
		expect(errorOf(execution)?.message).toMatch(
			/^We do not know whether an earlier attempt issued /,
		);
		expect(control().counts()).toMatchObject({ issuances: 2, revoked: 0 });
		expect(posts()).toBe(2);
	});

	test('Recognize Within This Execution: a new execution of the same workflow issues again', async () => {
		const list = people('ada');
		const { id } = await host.api.workflows.create(issueAll(list, { idempotency: 'execution' }));
		for (const issuances of [1, 2]) {
			const executionId = await host.api.workflows.run(id, { trigger: 'Start' });
			expect(fates(await host.api.executions.wait(executionId))).toEqual(['issued']);
			expect(control().counts().issuances).toBe(issuances);
		}
	});
});

describe('a loop', () => {
	/** Loop Over Items one by one, through Issue and back. */
	const loop = (list: readonly Json[], parameters: Json): WorkflowDefinition => ({
		...inRow(start(), items(list)),
		nodes: [
			start(),
			items(list),
			node('Loop', 'n8n-nodes-base.splitInBatches', { options: {} }, { typeVersion: 3 }),
			issueNode(parameters),
		],
		connections: {
			Start: { main: [[{ node: 'Items', type: 'main', index: 0 }]] },
			Items: { main: [[{ node: 'Loop', type: 'main', index: 0 }]] },
			// The first output is “done”.
			Loop: { main: [[], [{ node: 'Issue', type: 'main', index: 0 }]] },
			Issue: { main: [[{ node: 'Loop', type: 'main', index: 0 }]] },
		},
	});

	test.each(['content', 'execution'])('three people, %s: three issuances', async (idempotency) => {
		const list = people('ada', 'bob', 'cem');
		const execution = await host.run(loop(list, { idempotency }));
		expect(fatesInLoop(execution)).toEqual(['issued', 'issued', 'issued']);
		expect(issuedTo()).toEqual(list.map(({ email }) => email));
	});

	test('the same person three times, Recognize by Content: one issuance', async () => {
		const [ada] = people('ada');
		const execution = await host.run(loop([ada, ada, ada], { idempotency: 'content' }));
		expect(fatesInLoop(execution)).toEqual(['issued', 'alreadyIssued', 'alreadyIssued']);
		expect(posts()).toBe(1);
	});

	test('the same person three times, Recognize Within This Execution: one in each turn', async () => {
		const [ada] = people('ada');
		const execution = await host.run(loop([ada, ada, ada], { idempotency: 'execution' }));
		expect(fatesInLoop(execution)).toEqual(['issued', 'issued', 'issued']);
		expect(control().counts()).toMatchObject({ issuances: 3, revoked: 2 });
	});

	test('Recognize Within This Execution: the Retry button goes on in the turn that failed', async () => {
		const list = people('ada', 'bob', 'cem');
		refuseOnce(list[1].email);
		const failed = await host.run(loop(list, { idempotency: 'execution' }));
		expect(failed.status).toBe('error');
		const execution = await host.api.executions.retry(failed.id);
		expect(fatesInLoop(execution)).toEqual(['issued', 'issued', 'issued']);
		expect(issuedTo()).toEqual(list.map(({ email }) => email));
		expect(posts()).toBe(4);
	});
});

describe('a sub-workflow', () => {
	/** A workflow that hands these items to another one with Issue on Behalf. */
	const calling = async (list: readonly Json[], mode: 'each' | 'once', parameters: Json) => {
		const called = node(
			'Called',
			'n8n-nodes-base.executeWorkflowTrigger',
			{ inputSource: 'passthrough' },
			{ typeVersion: 1.1 },
		);
		const { id } = await host.api.workflows.create(inRow(called, issueNode(parameters)));
		await host.api.workflows.activate(id);
		const call = node(
			'Call',
			'n8n-nodes-base.executeWorkflow',
			{
				workflowId: { __rl: true, mode: 'id', value: id },
				mode,
				options: { waitForSubWorkflow: true },
			},
			{ typeVersion: 1.2 },
		);
		return inRow(start(), items(list), call);
	};

	// Each call is a separate execution, which knows nothing about the previous one.
	test.each([
		['content', 'alreadyIssued', 1],
		['execution', 'issued', 2],
	])('called twice with the same item, %s: the second is %s', async (idempotency, second, sent) => {
		const [ada] = people('ada');
		const execution = await host.run(await calling([ada, ada], 'each', { idempotency }));
		expect(fates(execution, 'Call')).toEqual(['issued', second]);
		expect(control().counts()).toMatchObject({ issuances: sent, revoked: sent - 1 });
		expect(posts()).toBe(sent);
	});

	test.each([
		['content', 'alreadyIssued', 0],
		['execution', 'issued', 1],
	])(
		'called again by the Retry button of its caller, %s: the first item is %s',
		async (idempotency, again, revoked) => {
			const list = people('ada', 'bob');
			refuseOnce(list[1].email);
			const failed = await host.run(await calling(list, 'once', { idempotency }));
			expect(failed.status).toBe('error');
			const execution = await host.api.executions.retry(failed.id);
			expect(fates(execution, 'Call')).toEqual([again, 'issued']);
			expect(control().counts()).toMatchObject({ issuances: 2 + revoked, revoked });
		},
	);
});

describe('as a tool of an AI agent', () => {
	let model: ChatModel;
	/** The person for whom the model asks for a credential. */
	let email = '';
	/** The tool's answers, as the model received them. */
	let told: string[] = [];
	let openAi: Record<string, { id: string; name: string }>;
	let say: (asked: Asked) => Said;

	beforeAll(async () => {
		model = await startChatModel((asked) => say(asked));
		const { id, name } = await host.api.credentials.create(
			'openAiApi',
			'Fake model',
			model.credential,
		);
		openAi = { openAiApi: { id, name } };
	});

	afterAll(async () => {
		await model.close();
	});

	beforeEach(() => {
		[{ email }] = people('ada');
		// It calls its tool twice, one after the other, with the same arguments.
		say = (asked) => {
			({ told } = asked);
			return told.length >= 2 ? 'done' : [{ email }];
		};
	});

	const toolNode = (parameters: Json, rest: Json) => ({
		...issueNode(
			{ recipient: "={{ $fromAI('email', 'whose credential', 'string') }}", ...parameters },
			rest,
		),
		type: 'n8n-nodes-moca-air.mocaAirIssueOnBehalfTool',
	});
	const agent = (parameters: Json, rest: Json, typeVersion: number): WorkflowDefinition => ({
		...inRow(start()),
		nodes: [
			start(),
			node(
				'Agent',
				'@n8n/n8n-nodes-langchain.agent',
				{ promptType: 'define', text: 'Issue it.', options: {} },
				{ typeVersion },
			),
			node(
				'Model',
				'@n8n/n8n-nodes-langchain.lmChatOpenAi',
				{ model: { __rl: true, mode: 'id', value: 'fake' }, options: {} },
				{ typeVersion: 1.2, credentials: openAi },
			),
			toolNode(parameters, rest),
		],
		connections: {
			Start: { main: [[{ node: 'Agent', type: 'main', index: 0 }]] },
			Model: { ai_languageModel: [[{ node: 'Agent', type: 'ai_languageModel', index: 0 }]] },
			Issue: { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] },
		},
	});

	/** Runs it to its end and reads only the status: the model received the results. */
	const runAgent = async (workflow: WorkflowDefinition, how: Json = {}) => {
		const { id: workflowId } = await host.api.workflows.create(workflow);
		await host.api.rest.post(`/workflows/${workflowId}/run`, z.unknown(), {
			triggerToStartFrom: { name: 'Start' },
			...how,
		});
		return await poll('the agent to end', 60_000, async () => {
			const [execution] = await host.api.executions.list({ workflowId });
			return ['success', 'error'].find((status) => status === execution?.status);
		});
	};

	/** Three people, and an agent whose model gives the tool the name of the item as a claim. */
	const forThree = (
		typeVersion: number,
		{ isLoop = false, isNested = false },
	): WorkflowDefinition => {
		const { nodes, connections } = agent(
			{
				recipient: "={{ $('Items').item.json.email }}",
				subjectJson: subjectFrom("$fromAI('name', '', 'string')"),
			},
			{ onError: 'continueRegularOutput' },
			typeVersion,
		);
		const list = people('ada', 'bob', 'cyd').map((person) => ({ ...person, name: person.email }));
		const to = (name: string, type = 'main') => [{ node: name, type, index: 0 }];
		const asked = { text: '={{ $json.name }}' };
		return {
			...inRow(start()),
			nodes: [
				...nodes.map((one) =>
					one.name === 'Agent' ? { ...one, parameters: { ...one.parameters, ...asked } } : one,
				),
				items(list),
				node('Loop', 'n8n-nodes-base.splitInBatches', { options: {} }, { typeVersion: 3 }),
				node(
					'Helper',
					'@n8n/n8n-nodes-langchain.agentTool',
					{ toolDescription: 'issues', text: "={{ $fromAI('who', '', 'string') }}", options: {} },
					{ typeVersion: 2.2 },
				),
			],
			connections: {
				...connections,
				Start: { main: [to('Items')] },
				Items: { main: [to(isLoop ? 'Loop' : 'Agent')] },
				...(isLoop ? { Loop: { main: [[], to('Agent')] }, Agent: { main: [to('Loop')] } } : {}),
				...(isNested
					? {
							Issue: { ai_tool: [to('Helper', 'ai_tool')] },
							Helper: { ai_tool: [to('Agent', 'ai_tool')] },
							Model: {
								ai_languageModel: [
									['Agent', 'Helper'].flatMap((name) => to(name, 'ai_languageModel')),
								],
							},
						}
					: {}),
			},
		};
	};

	test.each([
		{ version: 2, how: {} },
		{ version: 3, how: {} },
		{ version: 2, how: { isLoop: true } },
		{ version: 3, how: { isLoop: true } },
		{ version: 2, how: { isNested: true } },
		{ version: 3, how: { isNested: true } },
	])(
		'three people (Agent $version, $how): nobody gets what is about another',
		async ({ version, how }) => {
			const refused: string[] = [];
			say = ({ told: answers, messages }) => {
				refused.push(...answers.filter((answer) => answer.includes('one of several items')));
				const [name] = /\w+-\d+@example\.com/.exec(JSON.stringify(messages.at(-1))) ?? [];
				return answers.length > 0 || name === undefined ? 'done' : [{ name, who: name }];
			};
			expect(await runAgent(forThree(version, how))).toBe('success');
			expect(posts()).toBe(0);
			expect(refused).toHaveLength(3);
		},
	);

	test.each([2, 3])('one person from a webhook (Agent %d): its item is read', async (version) => {
		say = ({ told: answers }) => (answers.length > 0 ? 'done' : [{}]);
		const path = `agent-${version}`;
		const hook = node(
			'Start',
			'n8n-nodes-base.webhook',
			{ httpMethod: 'POST', path, responseMode: 'lastNode', options: {} },
			{ typeVersion: 2, webhookId: path },
		);
		const recipient = "={{ $('Start').item.json.body.email }}";
		const workflow = agent({ recipient }, {}, version);
		const { id } = await host.api.workflows.create({
			...workflow,
			nodes: workflow.nodes.map((one) => (one.name === 'Start' ? hook : one)),
		});
		await host.api.workflows.activate(id);
		expect((await host.api.webhook(path, { body: { email } })).status).toBe(200);
		expect(issuedTo()).toEqual([email]);
	});

	// An agent runs its tools inside itself before version 3, and lets n8n run them since.
	const agents = [2, 3];
	const cases = agents.flatMap((version) =>
		['content', 'execution'].map((idempotency) => ({ version, idempotency })),
	);

	test.each(cases)(
		'called twice with the same arguments (Agent $version, $idempotency): one issuance',
		async ({ version, idempotency }) => {
			expect(await runAgent(agent({ idempotency }, {}, version))).toBe('success');
			const [issuance] = control().issuances();
			expect(told.filter((answer) => answer.includes(String(issuance?.coreClaimHash)))).toEqual(
				told,
			);
			expect(told.map((answer) => answer.includes('"outcome":"alreadyIssued"'))).toEqual([
				false,
				true,
			]);
			expect(posts()).toBe(1);
		},
	);

	test.each(cases)(
		'Retry On Fail after a 400 (Agent $version, $idempotency): one issuance',
		async ({ version, idempotency }) => {
			refuseOnce(email);
			expect(await runAgent(agent({ idempotency }, retryOnFail, version))).toBe('success');
			// The older agent gets the refusal as an answer, since a thrown error would not reach its model.
			const outcomes = version < 3 ? ['notIssued', 'issued'] : ['issued', 'alreadyIssued'];
			expect(told).toEqual(
				outcomes.map((outcome) => expect.stringContaining(`"outcome":"${outcome}"`) as string),
			);
			expect(control().counts().issuances).toBe(1);
			expect(posts()).toBe(2);
		},
	);

	test.each(cases)(
		'Retry On Fail after an unknown outcome (Agent $version, $idempotency): not sent again',
		async ({ version, idempotency }) => {
			gatewayGivesUpOnce(email);
			await runAgent(agent({ idempotency }, retryOnFail, version));
			// Both models get the error, and ask again anyway.
			const unknown =
				/We do not know whether an earlier attempt issued .* Do not call this tool again/;
			expect(told).toEqual([
				version < 3
					? expect.stringMatching(/Not known whether this was issued/)
					: expect.stringMatching(unknown),
				expect.stringMatching(unknown),
			]);
			expect(control().counts()).toMatchObject({ issuances: 1, revoked: 0 });
			expect(posts()).toBe(1);
		},
	);

	test.each(['content', 'execution'])(
		'executed twice on its own in the editor (%s): one issuance',
		async (idempotency) => {
			for (let times = 0; times < 2; times++) {
				const status = await runAgent(agent({ idempotency }, {}, 3), {
					destinationNode: { nodeName: 'Issue', mode: 'inclusive' },
					agentRequest: { query: { Issue: { email } }, tool: { name: 'Issue' } },
				});
				expect(status).toBe('success');
			}
			expect(issuedTo()).toEqual([email]);
			expect(posts()).toBe(1);
		},
	);
});

describe('a webhook that is delivered again', () => {
	const listen = async (path: string) => {
		const hook = node(
			'Hook',
			'n8n-nodes-base.webhook',
			{ httpMethod: 'POST', path, responseMode: 'lastNode', options: {} },
			{ typeVersion: 2, webhookId: path },
		);
		const { id } = await host.api.workflows.create(
			inRow(
				hook,
				issueNode({
					recipient: '={{ $json.body.email }}',
					subjectJson: subjectFrom('$json.body.level'),
					idempotency: 'event',
					eventId: '={{ $json.body.id }}',
				}),
			),
		);
		await host.api.workflows.activate(id);
		return {
			id,
			deliver: async (body: Json) => await host.api.webhook(path, { method: 'POST', body }),
		};
	};
	const hashOf = (answer: { json: () => unknown }) =>
		(answer.json() as { coreClaimHash?: unknown }).coreClaimHash;

	test('five times at once and again later: one POST, one answer', async () => {
		const [ada] = people('ada');
		const { deliver } = await listen('at-once');
		control().setSettings({ latencyMs: 500 });
		const event = { ...ada, id: 'evt_at_once', level: CANARY };
		const answers = await Promise.all(Array.from({ length: 5 }, async () => await deliver(event)));
		answers.push(await deliver(event));
		expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
		const [issuance] = control().issuances();
		expect(answers.filter(({ body }) => !body.includes('"outcome":"alreadyIssued"'))).toHaveLength(
			1,
		);
		expect(answers.map(hashOf)).toEqual(Array(6).fill(issuance?.coreClaimHash));
		expect(posts()).toBe(1);
	});

	test('with another subject or recipient: an error that says what to do', async () => {
		const [ada, bob] = people('ada', 'bob');
		const { id, deliver } = await listen('changed');
		const event = { id: 'evt_changed', level: CANARY };
		expect((await deliver({ ...event, ...ada })).status).toBe(200);
		expect((await deliver({ ...event, ...ada, level: 'enhanced' })).status).toBe(500);
		expect((await deliver({ ...event, ...bob })).status).toBe(500);
		const [, otherSubject, otherRecipient] = await host.api.executions.waitForCount(id, 3);
		expect(otherSubject?.data.resultData.error).toMatchObject({
			message: expect.stringMatching(
				/already used with another credential subject: ledger row \d+, used 20/,
			) as string,
			description: expect.stringMatching(/current time.*Ignore When Comparing/) as string,
		});
		expect(otherRecipient?.data.resultData.error).toMatchObject({
			message: expect.stringMatching(/already used for another recipient: ledger row/) as string,
			description: expect.stringMatching(/must be unique for each event/) as string,
		});
		expect(JSON.stringify(otherRecipient?.data.resultData.error)).not.toContain(ada.email);
		expect(posts()).toBe(1);
	});
});

describe('what is on the disk', () => {
	const ledgerFolder = () => join(host.folder, '.n8n', 'moca-air');
	const files = () =>
		['ledger.sqlite', 'ledger.sqlite-wal', 'ledger.sqlite-shm']
			.map((name) => join(ledgerFolder(), name))
			.filter((file) => existsSync(file));

	/** Values that must not be found in any file, as text or as bytes. */
	const secrets = () => {
		const pem = String(host.air.credential.privateKey);
		const { d = '' } = createPrivateKey(pem).export({ format: 'jwk' });
		const scalar = Buffer.from(d, 'base64url');
		return [
			CANARY,
			...pem.split('\n').filter((line) => line !== ''),
			d,
			scalar,
			scalar.toString('base64'),
			scalar.toString('hex'),
		];
	};
	const expectNoSecrets = () => {
		for (const file of files()) {
			const bytes = readFileSync(file);
			expect(secrets().filter((secret) => bytes.includes(secret))).toEqual([]);
			// An HMAC may contain “eyJ” by chance; a JWT continues like this.
			expect(bytes.toString('latin1')).not.toMatch(/eyJ[\w-]{8,}\.[\w-]/);
		}
	};

	test('is for the user of n8n alone, and holds no claim, key or token', async () => {
		const [ada] = people('ada');
		await host.run(issueAll([ada]));
		// The claims were sent; otherwise the search below would prove nothing.
		expect(JSON.stringify(control().requests())).toContain(CANARY);
		expect(files()).toHaveLength(3);
		expect(statSync(ledgerFolder()).mode & 0o777).toBe(0o700);
		expect(files().map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600, 0o600]);
		expect(files().some((file) => readFileSync(file).includes(ada.email))).toBe(true);
		expectNoSecrets();
	});

	test('outlives n8n: a repeat after a restart is answered from it', async () => {
		const list = people('ada', 'bob');
		const workflow = issueAll(list);
		const before = await host.run(workflow);
		await host.n8n.stop();
		expect(files().length).toBeGreaterThan(0);
		expectNoSecrets();
		await host.n8n.restart();
		const after = await host.run(workflow);
		expect(fates(after)).toEqual(['alreadyIssued', 'alreadyIssued']);
		const hashes = (execution: Execution) =>
			jsonOf(execution.data, 'Issue').map(({ coreClaimHash }) => coreClaimHash);
		expect(hashes(after)).toEqual(hashes(before));
		expect(posts()).toBe(2);
	}, 120_000);
});

test('n8n logged no key, no token and no claim', () => {
	const logged = host.n8n.logs.join('\n');
	expect(logged).not.toMatch(/PRIVATE KEY|eyJ[\w-]+\.[\w-]+\.[\w-]+/);
	expect(logged).not.toContain(CANARY);
});
