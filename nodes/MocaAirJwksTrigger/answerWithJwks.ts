import type { Response } from 'express';
import type { JwksDocument } from '../../air/keys/jwksDocument';

/**
 * Answers a GET or HEAD with a JWKS, or with 304 to a client that has it already. Written on the
 * response itself, because n8n's own answer for a node has another content type; the ETag, 304 and
 * HEAD are Express's, which n8n leaves on. As `application/json`, which browsers show, and not
 * `application/jwk-set+json` (RFC 7517, 8.5.1), which they download: people are told to look at it.
 *
 * @param cacheSeconds - how long a client may keep it; 0: ask again each time
 * @returns the HTTP status, 200 or 304
 * @example
 * ```ts
 * answerWithJwks(this.getResponseObject(), { keys: [jwk] }, 300); // 200
 * ```
 */
export function answerWithJwks(
	response: Response,
	jwks: JwksDocument,
	cacheSeconds: number,
): number {
	response.set({
		'Cache-Control': cacheSeconds === 0 ? 'no-cache' : `public, max-age=${cacheSeconds}`,
		'X-Content-Type-Options': 'nosniff',
	});
	return response.json(jwks).statusCode;
}
