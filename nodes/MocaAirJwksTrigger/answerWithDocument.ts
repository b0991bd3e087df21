import type { Response } from 'express';
import type { ServedDocument } from './servedDocument';

/**
 * Bytes, and not Express's `set`: text and `set` both add a charset, which the type of a DID document
 * does not have.
 *
 * @returns the HTTP status; 304 for a client that has it already
 */
export function sendAnswer(
	response: Response,
	contentType: string,
	content: object | string,
): number {
	response.setHeader('Content-Type', contentType);
	response.setHeader('X-Content-Type-Options', 'nosniff');
	// n8n would name only the origin that asked, and caches would serve that to others.
	response.setHeader('Access-Control-Allow-Origin', '*');
	const text = typeof content === 'string' ? content : JSON.stringify(content);
	return response.send(Buffer.from(text)).statusCode;
}

/**
 * Answers a GET or HEAD with a document, or with 304 to a client that has it already. Written on the
 * response itself, because n8n's own answer for a node has another content type; the ETag, 304 and
 * HEAD are Express's, which n8n leaves on. Browsers may read it from any origin: verifiers run in them,
 * and all of it is public.
 *
 * @param cacheSeconds - how long a client may keep it; 0: ask again each time
 * @returns the HTTP status, 200 or 304
 * @example
 * ```ts
 * answerWithDocument(this.getResponseObject(), { contentType: 'application/json', content: jwks }, 300); // 200
 * ```
 */
export function answerWithDocument(
	response: Response,
	{ contentType, content }: ServedDocument,
	cacheSeconds: number,
): number {
	const cache = cacheSeconds === 0 ? 'no-cache' : `public, max-age=${cacheSeconds}`;
	response.setHeader('Cache-Control', cache);
	return sendAnswer(response, contentType, content);
}

/** Answers that the document is not served here; never as HTML, which would run in the editor's origin. */
export function answerNotServed(
	response: Response,
	option: 'Serve Issuer Documents' | 'Serve Revocations',
): number {
	const message = `${option} is off in the node that has this address.`;
	return sendAnswer(response.status(404), 'application/json', { message });
}
