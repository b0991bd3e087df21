import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { node, type Json, type Node } from './workflows';

const eventSchema = z.looseObject({
	eventId: z.string(),
	event: z.string(),
	email: z.string(),
	coreClaimHash: z.string(),
});

const eventsSchema = z.union([z.array(eventSchema), eventSchema.transform((event) => [event])]);

/** The trigger's output, as the next node passed it on. */
export type Told = z.infer<typeof eventSchema>;

/** A service outside n8n to which the tested workflows report each event. */
export class Recorder {
	private readonly told = new Map<string, Told[]>();

	private constructor(
		private readonly url: string,
		readonly close: () => Promise<void>,
	) {}

	static async start(): Promise<Recorder> {
		const server = createServer((request, response) => {
			void text(request).then((body) => {
				const events = eventsSchema.parse(JSON.parse(body));
				for (const event of events) recorder.record((request.url ?? '').slice(1), event);
				response.setHeader('content-type', 'application/json').end('{}');
			});
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		const { port } = server.address() as AddressInfo;
		const recorder: Recorder = new Recorder(`http://127.0.0.1:${port}`, async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		});
		return recorder;
	}

	/** An HTTP Request node that reports each of its items. */
	node(by: string, name = 'Record'): Node {
		return this.request(by, name, '={{ JSON.stringify($json) }}', {});
	}

	/** A node that reports all of its items at once. */
	nodeForAll(by: string): Node {
		const all = '={{ JSON.stringify($input.all().map(({ json }) => json)) }}';
		return this.request(by, 'Record', all, { executeOnce: true });
	}

	/** In the order of arrival. */
	toldBy(name: string): readonly Told[] {
		return this.told.get(name) ?? [];
	}

	private request(by: string, name: string, jsonBody: string, rest: Json): Node {
		return node(
			name,
			'n8n-nodes-base.httpRequest',
			{
				method: 'POST',
				url: `${this.url}/${by}`,
				sendBody: true,
				specifyBody: 'json',
				jsonBody,
				options: {},
			},
			{ typeVersion: 4.2, ...rest },
		);
	}

	private record(by: string, event: Told): void {
		const told = this.told.get(by) ?? [];
		told.push(event);
		this.told.set(by, told);
	}
}
