import type { IDataObject, INode } from 'n8n-workflow';
import { closeDispatchers } from '../../air/http/dispatchers';
import { agentWorkflow } from './agents';
import { PARTNER_ID, startTestAir, type TestAir } from './air';
import { runWorkflow } from './runWorkflow';

/** The node as the tool of an AI agent, in both ways in which n8n's agents run tools. */
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

const AGENTS = [[2], [3]] as const;

/** What the agent's own item holds: a chat over a webhook. */
const CHAT = {
	chatInput: 'Give bob his badge',
	headers: { host: 'x' },
	body: {},
	webhookUrl: 'https://x.example',
	email: 'operator@example.com',
	kycLevel: 'enhanced',
	isOver18: true,
};

const FROM_AI: INode['parameters'] = {
	recipient: "={{ $fromAI('email', `the person's address, not that of $json.chat`, 'string') }}",
	subjectFields: {
		field: [
			{ name: 'kycLevel', type: 'string', value: "={{ $fromAI('level') }}" },
			{ name: 'isOver18', type: 'boolean', value: 'true' },
		],
	},
};
const CALL = { email: 'bob@example.com', level: 'basic' };

const call = async (
	agent: 2 | 3,
	parameters: INode['parameters'],
	settings: Partial<INode> = {},
	calls: readonly IDataObject[] = [CALL],
	items: readonly IDataObject[] = [CHAT],
) => {
	const { json, run, error } = await runWorkflow(
		agentWorkflow(agent, items, calls, parameters, settings),
		air.credential,
		{ settings: { executionOrder: 'v1' } },
	);
	const told = json('Agent').map(({ observation }) => JSON.stringify(observation));
	return { told, toolRun: run.data.resultData.runData.Issue?.at(-1), error };
};

const issued = () =>
	air.emulator.control
		.requests()
		.map(({ recipient, body }) => ({ recipient, ...(body as IDataObject) }));

describe.each(AGENTS)('with AI Agent %d', (agent) => {
	test('values of the model and of the workflow are issued, and the agent gets the result', async () => {
		const { told } = await call(agent, FROM_AI);
		expect(issued()).toMatchObject([
			{
				recipient: 'bob@example.com',
				credentialSubject: { kycLevel: 'basic', isOver18: true },
			},
		]);
		expect(told[0]).toContain('coreClaimHash');
	});

	test('Map Automatically is refused: it cannot tell what the model gave', async () => {
		const { told } = await call(agent, { subjectMode: 'automatic' });
		expect(issued()).toEqual([]);
		expect(told[0]).toMatch(/Map Automatically.*choose Map Each Field/);
	});

	test.each<[string, INode['parameters']]>([
		['Recipient Email', { recipient: '={{ $json.email }}' }],
		['Recipient Email in other words', { recipient: "={{ $input.item.json['email'] }}" }],
		[
			'Recipient Email as a default',
			{ recipient: "={{ $fromAI('nobody', '', 'string', $json.email) }}" },
		],
		['Recipient Email in a literal', { recipient: '={{ `${$json.email}` }}' }],
		['Recipient Email by all items', { recipient: '={{ $input.all()[0].json.email }}' }],
		[
			'an attribute that was dragged',
			{
				subjectMode: 'mapper',
				subjectExample: '{"kycLevel": "x"}',
				subjectMapper: { mappingMode: 'defineBelow', value: { kycLevel: '={{ $json.kycLevel }}' } },
			},
		],
		['On Duplicate', { onDuplicate: "={{ $json.chatInput ? 'revoke' : 'ignore' }}" }],
		[
			'a claim',
			{ subjectFields: { field: [{ name: 'kycLevel', value: '={{ $json.kycLevel }}' }] } },
		],
		['JSON', { subjectMode: 'json', subjectJson: '={{ { kycLevel: $json.kycLevel } }}' }],
		['the program', { issuanceProgram: '={{ $json.chatInput }}' }],
		[
			'Event ID',
			{ idempotency: 'event', eventId: 'chat-{{ 1 }}-{{ $json.chatInput }}'.replace(/^/, '=') },
		],
		['Reference', { options: { reference: '={{ $json.chatInput }}' } }],
	])(
		'%s read from the item is refused: the model can overwrite its fields',
		async (_what, change) => {
			const { told } = await call(agent, { ...FROM_AI, ...change }, {}, [
				{ ...CALL, kycLevel: 'forged', chatInput: 'forged' },
			]);
			expect(issued()).toEqual([]);
			expect(told[0]).toMatch(/reads the incoming item; use \$fromAI/);
		},
	);

	test('another node, named, may be read', async () => {
		const { told } = await call(agent, {
			...FROM_AI,
			recipient: "={{ $('Items').first().json.email }}",
		});
		expect(issued()).toMatchObject([{ recipient: 'operator@example.com' }]);
		expect(told[0]).toContain('coreClaimHash');
	});

	test('the item of another node, paired, may be read', async () => {
		await call(agent, { ...FROM_AI, recipient: "={{ $('Items').item.json.email }}" });
		expect(issued()).toMatchObject([{ recipient: 'operator@example.com' }]);
	});

	test.each([
		"={{ $('Items').item.json.email }}",
		"={{ $('Items')['item'].json.email }}",
		"={{ $('Items').pairedItem().json.email }}",
		"={{ $('Items').itemMatching(0).json.email }}",
		"={{ $node['Items'].json.email }}",
		"={{ $('Items').all()[$itemIndex].json.email }}",
		"={{ $('It' + 'ems').item.json.email }}",
		'={{ $(`Items`) .item.json.email }}',
		"={{ $(`${'It'}ems`).item.json.email }}",
		"={{ $('It\\u0065ms').item.json.email }}",
	])('%s of an agent with two items is refused: it is always the first one', async (recipient) => {
		const items = [CHAT, { ...CHAT, email: 'another@example.com' }];
		const { told } = await call(agent, { ...FROM_AI, recipient }, {}, [CALL], items);
		expect(issued()).toEqual([]);
		expect(told[0]).toMatch(/one of several items/);
	});

	test('what is no paired item may be read by an agent with two items', async () => {
		const recipient = "={{ $('Items').first().json.email }}";
		await call(agent, { ...FROM_AI, recipient }, {}, [CALL], [CHAT, CHAT]);
		expect(issued()).toMatchObject([{ recipient: 'operator@example.com' }]);
	});

	test('an argument that nobody asked for becomes no claim', async () => {
		await call(agent, FROM_AI, {}, [{ ...CALL, isOver18: false, recipient: 'eve@example.com' }]);
		expect(issued()).toMatchObject([
			{ recipient: 'bob@example.com', credentialSubject: { kycLevel: 'basic', isOver18: true } },
		]);
	});

	test('an argument that the model left out is not taken from the item', async () => {
		const { told } = await call(agent, FROM_AI, {}, [{ level: 'basic' }]);
		expect(issued()).toEqual([]);
		expect(told[0]).toMatch(/recipient is not a valid e-mail address/);
	});

	test('what the model calls twice is issued once', async () => {
		await call(agent, { ...FROM_AI, idempotency: 'content' }, {}, [
			{ ...CALL, email: `twice${agent}@example.com` },
			{ ...CALL, email: `twice${agent}@example.com` },
		]);
		expect(issued()).toHaveLength(1);
	});

	test('an outcome that is unknown says: do not call again', async () => {
		air.emulator.control.injectFault({ kind: 'reset', operation: 'issue', afterWork: true });
		const { told } = await call(agent, { ...FROM_AI, onDuplicate: 'revoke' });
		expect(told[0]).toMatch(/Do not call this tool again for this person/);
	});

	test.each<[string, Partial<INode>]>([
		['nothing chosen', {}],
		['Continue', { onError: 'continueRegularOutput' }],
	])('a refusal of AIR is told to the agent: %s', async (_what, settings) => {
		air.emulator.control.setFeature({ partnerId: PARTNER_ID, enabled: false });
		const { told } = await call(agent, FROM_AI, settings);
		expect(told[0]).toMatch(/Issue on Behalf/);
	});
});

test('with AI Agent 3, Stop ends the workflow in red', async () => {
	air.emulator.control.setFeature({ partnerId: PARTNER_ID, enabled: false });
	const { error } = await call(3, FROM_AI, { onError: 'stopWorkflow' });
	expect(error?.message).toMatch(/Issue on Behalf/);
});

test('with AI Agent 2, Stop cannot stop it, so the agent is told as with Continue', async () => {
	air.emulator.control.setFeature({ partnerId: PARTNER_ID, enabled: false });
	const { told } = await call(2, FROM_AI, { onError: 'stopWorkflow' });
	expect(told[0]).toMatch(/Issue on Behalf/);
});

test('an error output, which no agent sees, is refused before anything is sent', async () => {
	const { told, toolRun } = await call(3, FROM_AI, { onError: 'continueErrorOutput' });
	expect(issued()).toEqual([]);
	expect(told[0]).toMatch(/On Error.*Continue/);
	expect(toolRun?.executionStatus).toBe('error');
	expect(toolRun?.error?.message).toMatch(/On Error/);
});

test('AI Agent 2 ignores error outputs: it gets the answer, and nothing is refused', async () => {
	const { told } = await call(2, FROM_AI, { onError: 'continueErrorOutput' });
	expect(issued()).toHaveLength(1);
	expect(told[0]).toContain('coreClaimHash');
});

describe('Get Issuance Status as a tool', () => {
	const ask = async (parameters: INode['parameters'], settings: Partial<INode> = {}) => {
		const { json } = await runWorkflow(
			agentWorkflow(
				3,
				[{ ...CHAT, coreClaimHash: 'abc' }],
				[{ coreClaimHash: 'abc' }],
				{ options: {}, ...parameters },
				settings,
				'mocaAirGetIssuanceStatusTool',
			),
			air.credential,
			{ settings: { executionOrder: 'v1' } },
		);
		return JSON.stringify(json('Agent')[0]?.observation);
	};

	test('reads no hash from the item', async () => {
		expect(
			await ask({ coreClaimHash: '={{ $json.coreClaimHash }}', recipient: 'ada@example.com' }),
		).toMatch(/Core Claim Hash reads the incoming item/);
		expect(air.emulator.control.requests()).toEqual([]);
	});

	test('is refused an error output', async () => {
		const given = { coreClaimHash: 'abc', recipient: 'ada@example.com' };
		expect(await ask(given, { onError: 'continueErrorOutput' })).toMatch(
			/set On Error to Continue/,
		);
		expect(await ask(given)).toMatch(/hash/);
	});
});
