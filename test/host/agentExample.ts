import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { poll } from '../../harness/poll';
import { startChatModel, type ChatModel, type Said } from './chatModel';
import { choosing, type ExampleHost } from './exampleHost';
import type { Example } from '../../scripts/examples';

const NAME = 'agent-with-approval';
const reviewSchema = z.object({
	text: z.string(),
	buttons: z.array(z.object({ text: z.string(), link: z.string() })),
});

/** The entries in the chat window, in order: texts, and questions with buttons. */
type Shown = string | z.infer<typeof reviewSchema>;

const isQuestion = (shown: Shown): shown is z.infer<typeof reviewSchema> =>
	typeof shown !== 'string';

/** A chat that anybody may open: the test has no logged-in browser. */
const opened = (example: Example): Example => ({
	...example,
	nodes: example.nodes.map((one) =>
		one.type.endsWith('.chatTrigger')
			? { ...one, parameters: { ...one.parameters, authentication: 'none' } }
			: one,
	),
});

/** One conversation of the chat, without its window. */
class Chat {
	readonly shown: Shown[] = [];

	private constructor(
		private readonly socket: WebSocket,
		private readonly sessionId: string,
	) {}

	static async begin(examples: ExampleHost, path: string, chatInput: string): Promise<Chat> {
		const sessionId = randomUUID();
		const answer = await examples.host.api.webhook(path, {
			body: { action: 'sendMessage', sessionId, chatInput },
		});
		const { executionId, resumeToken = '' } = z
			.object({ executionId: z.string(), resumeToken: z.string().optional() })
			.parse(answer.json());
		const query = new URLSearchParams({ sessionId, executionId, isPublic: 'true' });
		if (resumeToken !== '') query.set('token', resumeToken);
		const url = `${examples.host.n8n.url.replace(/^http/, 'ws')}/chat?${query.toString()}`;
		const chat = new Chat(new WebSocket(url), sessionId);
		chat.listen();
		return chat;
	}

	private listen(): void {
		this.socket.addEventListener('message', ({ data }) => {
			const text = String(data);
			if (text === 'n8n|heartbeat') this.socket.send('n8n|heartbeat-ack');
			else if (!text.startsWith('n8n|')) this.shown.push(read(text));
		});
	}

	/** The chat's question, with its buttons. */
	async question() {
		return await poll('the question in the chat', 60_000, async () =>
			Promise.resolve(this.shown.find(isQuestion)),
		);
	}

	/** Presses a button of a question. */
	async press({ buttons }: z.infer<typeof reviewSchema>, label: string): Promise<number> {
		const button = buttons.find(({ text }) => text === label);
		if (button === undefined) throw new Error(`no button ${label}`);
		// As a browser does: n8n does not count programs that look into links.
		const headers = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0' };
		return (await fetch(button.link, { headers })).status;
	}

	/** Writes into the chat while it waits. */
	say(chatInput: string): void {
		const { sessionId } = this;
		this.socket.send(JSON.stringify({ action: 'sendMessage', sessionId, chatInput }));
	}

	/** The chat's last text. */
	async answer(): Promise<string> {
		const said = await poll('the answer in the chat', 60_000, async () => {
			const last = this.shown.at(-1);
			return await Promise.resolve(typeof last === 'string' ? last : undefined);
		});
		this.socket.close();
		return said;
	}
}

function read(text: string): Shown {
	try {
		return reviewSchema.parse(JSON.parse(text));
	} catch {
		return text;
	}
}

/**
 * Declares the tests of the example in which a person approves what an agent wants to issue, with a
 * chat model on loopback whose answers the test chooses.
 */
export function testAgentExample(given: () => ExampleHost): void {
	let model: ChatModel;
	let path: string;
	let say: () => Said;
	let examples: ExampleHost;

	beforeAll(async () => {
		examples = given();
		const { api } = examples.host;
		model = await startChatModel(() => say());
		const { id, name } = await api.credentials.create('openAiApi', 'Model', model.credential);
		const chosen = choosing('@n8n/n8n-nodes-langchain.lmChatOpenAi', 'openAiApi', { id, name });
		const { workflowId } = await examples.import(NAME, (example) => opened(chosen(example)));
		const { nodes } = await api.workflows.get(workflowId);
		path = `${String(nodes.find(({ type }) => type.endsWith('.chatTrigger'))?.webhookId)}/chat`;
		await api.workflows.activate(workflowId);
	}, 120_000);

	afterAll(async () => {
		await model.close();
	});

	/** A model that proposes this. The tool that it calls is the one by which n8n takes structured output. */
	const proposing = (output: object) => {
		say = () => [{ output: { reply: 'I propose it.', ...output } }];
	};
	const issuedTo = (email: string) => examples.claimsIssued(email).length;

	test('approved: the message shows proposal, program and duplicates; issued once', async () => {
		const email = 'agent-ada@example.com';
		proposing({ email, ticket: 'VIP' });
		const chat = await Chat.begin(examples, path, `${email} was there, VIP`);
		const question = await chat.question();
		expect(examples.postsFor(email)).toEqual([]);
		expect(question.text).toContain(JSON.stringify({ email, ticket: 'VIP' }));
		expect(question.text).toContain('Event: Sample Event 2026');
		expect(question.text).toContain('Program: c21s70g0i54sn0023174At');
		expect(question.text).toContain('If the person has one: it is kept, nothing is issued');
		expect(await chat.press(question, 'Issue')).toBe(200);
		expect(await chat.answer()).toBe(`Issued to ${email}.`);
		expect(examples.claimsIssued(email)).toEqual([
			{
				eventId: 'sample-event-2026',
				eventName: 'Sample Event 2026',
				attendedAt: '2026-01-19T07:18:45Z',
				ticketTier: 'VIP',
				organizerId: 'your-organization',
			},
		]);
		// The button again.
		await chat.press(question, 'Issue');
		expect(issuedTo(email)).toBe(1);
	});

	test('not approved: nothing is issued', async () => {
		const email = 'agent-eve@example.com';
		proposing({ email, ticket: 'Artist' });
		const chat = await Chat.begin(examples, path, 'whatever');
		await chat.press(await chat.question(), 'Do Not Issue');
		expect(await chat.answer()).toContain('Nothing was issued');
		expect(examples.postsFor(email)).toEqual([]);
	});

	test('answered in words, even with yes: nothing is issued without the button', async () => {
		const email = 'agent-eli@example.com';
		proposing({ email, ticket: 'Artist' });
		const chat = await Chat.begin(examples, path, 'whatever');
		await chat.question();
		chat.say('yes');
		expect(await chat.answer()).toContain('Nothing was issued');
		expect(examples.postsFor(email)).toEqual([]);
	});

	test('a model that proposes two people at once: one question, one issuance', async () => {
		const [ada, bob] = ['agent-two-ada@example.com', 'agent-two-bob@example.com'];
		say = () =>
			[ada, bob].map((email) => ({
				output: {
					reply: 'I propose it.',
					email,
					ticket: 'VIP',
				},
			}));
		const chat = await Chat.begin(examples, path, 'both were there');
		const question = await chat.question();
		expect([ada, bob].map(issuedTo)).toEqual([0, 0]);
		const asked = [ada, bob].filter((email) => question.text.includes(email));
		expect(asked).toHaveLength(1);
		await chat.press(question, 'Issue');
		expect(await chat.answer()).toBe(`Issued to ${String(asked[0])}.`);
		expect([ada, bob].filter((email) => issuedTo(email) > 0)).toEqual(asked);
	});

	test.each([
		['no address: a blank', { email: ' ', ticket: 'VIP' }],
		['no address, and null', { email: null, ticket: null }],
		['no ticket', { email: 'agent-tom@example.com' }],
		['no ticket, and null', { email: 'agent-tom@example.com', ticket: null }],
	])('%s: the model asks for it, and nobody is asked to approve', async (_what, output) => {
		say = () => [{ output: { reply: 'Which one?', ...output } }];
		const chat = await Chat.begin(examples, path, 'bob was there');
		expect(await chat.answer()).toBe('Which one?');
	});

	test.each<[string, Said]>([
		['a text', 'Which address?'],
		[
			'two addresses in a list',
			[{ output: { reply: 'Both.', email: ['agent-a@example.com'], ticket: 'VIP' } }],
		],
		['arguments of another shape', [{ email: 'agent-a@example.com', ticket: 'VIP' }]],
	])('a model that gives %s, and no proposal: the chat says so', async (_what, said) => {
		say = () => said;
		const chat = await Chat.begin(examples, path, 'bob was there');
		expect(await chat.answer()).toMatch(/model .*\. Nothing was issued\. Write again/i);
		expect(examples.postsFor('agent-a@example.com')).toEqual([]);
	});

	test('a ticket that there is not: the node refuses, and the chat says so', async () => {
		const email = 'agent-max@example.com';
		proposing({ email, ticket: 'Organizer' });
		const chat = await Chat.begin(examples, path, 'whatever');
		await chat.press(await chat.question(), 'Issue');
		expect(await chat.answer()).toContain('ticketTier');
		expect(examples.postsFor(email)).toEqual([]);
	});

	test('the same person again, in other letters and with another ticket: not issued again', async () => {
		const email = 'agent-bob@example.com';
		const proposals = [
			{ email, ticket: 'VIP' },
			{ email: 'Agent-Bob@example.com', ticket: 'Artist' },
		];
		for (const proposal of proposals) {
			proposing(proposal);
			const chat = await Chat.begin(examples, path, 'whatever');
			await chat.press(await chat.question(), 'Issue');
			await chat.answer();
		}
		expect(issuedTo(email)).toBe(1);
		expect(examples.postsFor('Agent-Bob@example.com')).toEqual([]);
	});
}
