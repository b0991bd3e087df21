import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { startForeignServer } from './httpServer';

const requestSchema = z.looseObject({
	messages: z.array(z.looseObject({ role: z.string(), content: z.unknown() })),
	tools: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }) })).default([]),
});

/** What n8n asks a chat model, as far as a fake one reads it. */
export interface Asked {
	/** What tools have answered so far, the oldest first. */
	readonly told: string[];
	readonly messages: readonly { readonly role: string; readonly content: unknown }[];
}

/** What the model says: a text, or the arguments of calls of its first tool. */
export type Said = string | readonly object[];

/** A chat model that speaks the API of OpenAI on loopback, and says what the test wants. */
export interface ChatModel {
	/** For a credential of the type `openAiApi`. */
	readonly credential: { readonly apiKey: string; readonly url: string };
	close(): Promise<void>;
}

/** @param say - asked whenever n8n asks the model */
export async function startChatModel(say: (asked: Asked) => Said): Promise<ChatModel> {
	const answer = (body: string) => {
		const { messages, tools } = requestSchema.parse(JSON.parse(body));
		const told = messages
			.filter(({ role }) => role === 'tool')
			.map(({ content }) => (typeof content === 'string' ? content : JSON.stringify(content)));
		const said = say({ told, messages });
		const name = tools[0]?.function.name;
		const message =
			typeof said === 'string'
				? { role: 'assistant', content: said }
				: {
						role: 'assistant',
						content: null,
						tool_calls: said.map((args, index) => ({
							id: `call_${told.length + index}`,
							type: 'function',
							function: { name, arguments: JSON.stringify(args) },
						})),
					};
		return {
			id: 'chat_1',
			object: 'chat.completion',
			created: 1,
			model: 'fake',
			choices: [
				{ index: 0, finish_reason: typeof said === 'string' ? 'stop' : 'tool_calls', message },
			],
			usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
		};
	};
	const server = await startForeignServer((request, response) => {
		void text(request).then((body) => {
			response.setHeader('content-type', 'application/json');
			response.end(JSON.stringify(answer(body)));
		});
	});
	return {
		credential: { apiKey: 'none', url: server.url },
		close: async () => {
			await server.close();
		},
	};
}
