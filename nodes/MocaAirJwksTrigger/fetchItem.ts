import type { IncomingMessage } from 'node:http';
import type { INodeExecutionData } from 'n8n-workflow';
import { whyNotPublic } from '../../air/http/publicUrl';
import { redact } from '../../errors/redact';
import type { ServedIssuer } from '../../issuance/settings/servedIssuer';

export interface Fetched {
	readonly statusCode: number;
	readonly keyIds: readonly string[];
	/** Where it is served in production. */
	readonly url: string;
	/** For an issuer's document. */
	readonly issuer: ServedIssuer | undefined;
}

/**
 * The item of a fetch: when it was, what the client calls itself, and what it got. It has no IP
 * addresses; everything that the client sent is shortened, and tokens and keys are removed.
 */
export function fetchItem(
	{ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>,
	{ statusCode, keyIds, url, issuer }: Fetched,
): INodeExecutionData {
	const reason = whyNotPublic(url);
	const warning =
		reason === undefined ? issuer?.elsewhere : `AIR cannot fetch this address: ${reason}`;
	return {
		json: {
			fetchedAt: new Date().toISOString(),
			method: method ?? null,
			userAgent: headers['user-agent'] === undefined ? null : redact(headers['user-agent'], 200),
			statusCode,
			keyIds: [...keyIds],
			url,
			issuerDid: issuer?.issuer.did ?? null,
			warning: warning ?? null,
		},
	};
}
