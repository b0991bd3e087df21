import type { IncomingMessage } from 'node:http';
import type { INodeExecutionData } from 'n8n-workflow';
import type { JwksDocument } from '../../air/keys/jwksDocument';
import { whyNotPublic } from '../../air/http/publicUrl';
import { redact } from '../../errors/redact';

/**
 * The item of a fetch: when, by whom as far as they say, what they got. No addresses of visitors, and
 * what anybody sent is shortened, with tokens and keys taken out.
 *
 * @param url - where the JWKS is served in production
 */
export function fetchItem(
	{ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>,
	statusCode: number,
	jwks: JwksDocument,
	url: string,
): INodeExecutionData {
	const reason = whyNotPublic(url);
	return {
		json: {
			fetchedAt: new Date().toISOString(),
			method: method ?? null,
			userAgent: headers['user-agent'] === undefined ? null : redact(headers['user-agent'], 200),
			statusCode,
			keyIds: jwks.keys.map(({ kid }) => kid),
			url,
			warning: reason === undefined ? null : `AIR cannot fetch this address: ${reason}`,
		},
	};
}
