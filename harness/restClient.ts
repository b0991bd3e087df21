import { z } from 'zod';

const shownBody = 600;

/** An unexpected answer from n8n. */
class N8nRestError extends Error {
	constructor(
		readonly call: string,
		readonly status: number,
		readonly body: string,
		detail: string,
	) {
		super(`n8n: ${call} answered ${status}: ${detail}`);
		this.name = 'N8nRestError';
	}
}

const n8nError = z.object({ message: z.string(), hint: z.string().optional() });

/** n8n's own message without its stack trace, or the start of the body. */
function explain(body: string): string {
	try {
		const { message, hint } = n8nError.parse(JSON.parse(body));
		return hint === undefined ? message : `${message} (${hint})`;
	} catch {
		return body.slice(0, shownBody);
	}
}

/** Speaks n8n's internal REST API as the editor does: JSON, and a cookie for who we are. */
export class RestClient {
	readonly #cookies = new Map<string, string>();

	constructor(readonly url: string) {}

	/** The cookies in a browser's format, to sign in a page without the form. */
	get cookies(): { name: string; value: string }[] {
		return [...this.#cookies].map(([name, value]) => ({ name, value }));
	}

	get<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>> {
		return this.#call('GET', path, schema);
	}

	post<S extends z.ZodType>(path: string, schema: S, body: unknown = {}): Promise<z.output<S>> {
		return this.#call('POST', path, schema, body);
	}

	patch<S extends z.ZodType>(path: string, schema: S, body: unknown): Promise<z.output<S>> {
		return this.#call('PATCH', path, schema, body);
	}

	delete<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>> {
		return this.#call('DELETE', path, schema);
	}

	/** One request outside of `/rest`; returns the raw answer. The path starts with a slash. */
	async raw(
		method: string,
		path: string,
		body?: unknown,
	): Promise<{ status: number; body: string }> {
		const response = await fetch(this.url + path, {
			method,
			headers: {
				...(body === undefined ? {} : { 'content-type': 'application/json' }),
				// n8n may close a kept connection just when the next request is sent on it.
				connection: 'close',
				cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
			},
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		for (const line of response.headers.getSetCookie()) {
			const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
			if (name !== undefined && value !== undefined) this.#cookies.set(name, value);
		}
		return { status: response.status, body: await response.text() };
	}

	async #call<S extends z.ZodType>(
		method: string,
		path: string,
		schema: S,
		body?: unknown,
	): Promise<z.output<S>> {
		const call = `${method} /rest${path}`;
		const answer = await this.raw(method, `/rest${path}`, body);
		const fail = (detail: string): never => {
			throw new N8nRestError(call, answer.status, answer.body, detail);
		};
		if (answer.status < 200 || answer.status > 299) return fail(explain(answer.body));
		let json: unknown;
		try {
			json = JSON.parse(answer.body);
		} catch {
			return fail(`not JSON: ${answer.body.slice(0, shownBody)}`);
		}
		const envelope = z.object({ data: z.unknown() }).safeParse(json);
		const parsed = schema.safeParse(envelope.data?.data);
		if (!parsed.success) {
			return fail(`${z.prettifyError(parsed.error)}\n${answer.body.slice(0, shownBody)}`);
		}
		return parsed.data;
	}
}
