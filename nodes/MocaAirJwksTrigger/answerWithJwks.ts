import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JwksDocument } from '../../air/jwksDocument';

const etagOf = (body: string) => `"${createHash('sha256').update(body).digest('base64url')}"`;

/** Compared weakly, and `*` fits everything (RFC 9110, 13.1.2). */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
	if (ifNoneMatch === undefined) return false;
	const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
	return tags.includes(etag) || tags.includes('*');
}

/**
 * Answers a GET or HEAD with a JWKS and its ETag, or with 304 to who has it already. Written on the
 * response itself: what n8n would write for a node has its own content type and headers (n8n-facts
 * §8.6). As `application/json`, which browsers show, and not `application/jwk-set+json` (RFC 7517,
 * 8.5.1), which they download: people are told to look at it.
 *
 * @param cacheSeconds - how long whoever fetched it may keep it; 0: ask again each time
 * @returns the HTTP status
 */
export function answerWithJwks(
	request: Pick<IncomingMessage, 'headers'>,
	response: ServerResponse,
	jwks: JwksDocument,
	cacheSeconds: number,
): 200 | 304 {
	const body = JSON.stringify(jwks);
	const etag = etagOf(body);
	const status = isKnown(request.headers['if-none-match'], etag) ? 304 : 200;
	response.statusCode = status;
	response.setHeader('ETag', etag);
	response.setHeader(
		'Cache-Control',
		cacheSeconds === 0 ? 'no-cache' : `public, max-age=${cacheSeconds}`,
	);
	response.setHeader('X-Content-Type-Options', 'nosniff');
	if (status === 304) {
		response.end();
		return status;
	}
	response.setHeader('Content-Type', 'application/json');
	response.setHeader('Content-Length', Buffer.byteLength(body));
	// Node itself leaves the body out for HEAD.
	response.end(body);
	return status;
}
