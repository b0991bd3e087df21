import type { Page, Request } from 'playwright-core';
import { z } from 'zod';
import { poll } from './poll';

const finished = z.object({
	type: z.literal('executionFinished'),
	data: z.object({ executionId: z.string() }),
});

/** What happens between n8n and one page of its editor, so that a test waits for answers and not for a time. */
export class PageWatch {
	/** Uncaught exceptions in the page. */
	readonly errors: string[] = [];
	/** What the page has asked n8n and not been answered yet. */
	readonly #asked = new Set<Request>();
	/** IDs of the executions whose end n8n has told the page. */
	readonly #finished = new Set<string>();

	constructor(
		private readonly page: Page,
		private readonly url: string,
		private readonly timeoutMs: number,
	) {}

	/** Begins to watch, and lets no request of the page get anywhere but to n8n. */
	async begin(): Promise<void> {
		const { page, url } = this;
		page.on('pageerror', (error) => this.errors.push(error.message));
		page.on('request', (request) => {
			if (request.url().startsWith(`${url}/rest/`)) this.#asked.add(request);
		});
		page.on('requestfinished', (request) => this.#asked.delete(request));
		page.on('requestfailed', (request) => this.#asked.delete(request));
		page.on('websocket', (socket) => {
			socket.on('framereceived', ({ payload }) => {
				const told = finished.safeParse(JSON.parse(String(payload)));
				if (told.success) this.#finished.add(told.data.data.executionId);
			});
		});
		await page.context().route(
			(target) => target.protocol.startsWith('http') && target.origin !== new URL(url).origin,
			(route) => route.abort(),
		);
	}

	/** Waits until the page has an answer to all that it asks n8n within 400 ms. */
	async quiet(): Promise<void> {
		await poll('the page to have its answers', this.timeoutMs, async () => {
			await this.page.waitForTimeout(400);
			return this.#asked.size === 0 ? true : undefined;
		});
	}

	/** Waits until n8n has told the page that an execution has ended. */
	async ended(executionId: string): Promise<void> {
		await poll(`execution ${executionId} to end`, this.timeoutMs, () =>
			Promise.resolve(this.#finished.has(executionId) ? true : undefined),
		);
	}
}
