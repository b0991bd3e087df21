import type { IncomingMessage } from 'node:http';
import { Refusal } from './answers';

/** The body as text, or undefined if it is over the limit (it is read to its end anyway). */
export async function readBody(req: IncomingMessage, limit: number): Promise<string | undefined> {
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of req as AsyncIterable<Buffer>) {
		size += chunk.length;
		if (size <= limit) chunks.push(chunk);
	}
	return size <= limit ? Buffer.concat(chunks).toString('utf8') : undefined;
}

/**
 * A body without the JSON content type is left unread, so that its fields count as missing: AIR
 * documents the header as required, but not what happens without it.
 */
export function parseJson(text: string, contentType: string | undefined): unknown {
	if (text === '' || !isJson(contentType)) return undefined;
	try {
		return JSON.parse(text);
	} catch {
		throw new Refusal(400, 'Malformed JSON body');
	}
}

export function isJson(contentType: string | undefined): boolean {
	return /^application\/json\s*(;|$)/i.test(contentType ?? '');
}

/** A text member of a JSON object; undefined without such a member or without JSON. */
export function textMember(text: string, name: string): string | undefined {
	let body: unknown;
	try {
		body = JSON.parse(text);
	} catch {
		// Not readable here: the answer is given where the request is carried out.
		return undefined;
	}
	if (typeof body !== 'object' || body === null || !Object.hasOwn(body, name)) return undefined;
	const value: unknown = Reflect.get(body, name);
	return typeof value === 'string' ? value : undefined;
}
