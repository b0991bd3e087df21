import { z } from 'zod';
import { AirError, ofReading } from '../errors/AirError';
import type { HttpAnswer } from './answers/answer';
import { send } from './http/egress';

/** No real key set is larger, and AIR would not read one either. */
const LONGEST_JWKS_BYTES = 64 * 1024;

/** A public key as somebody published it. */
export const jwkSchema = z.looseObject({
	kty: z.string(),
	kid: z.string().optional(),
	alg: z.string().optional(),
	use: z.string().optional(),
	key_ops: z.array(z.string()).optional(),
});
/** A key set as somebody published it. */
export const jwksSchema = z.looseObject({ keys: z.array(jwkSchema) });

/** One key of a published set, as it was found. */
export type PublishedKey = z.infer<typeof jwkSchema>;

/**
 * Fetches a published document as other parties do: exactly this URL, no redirects.
 *
 * @param url - https, public
 * @param accept - the header
 * @param timeoutMs - for the whole fetch
 * @returns the answer, whatever its status
 * @throws AirError those of the transport
 */
export async function fetchPublished(
	url: string,
	accept: string,
	timeoutMs: number,
	signal?: AbortSignal,
): Promise<HttpAnswer> {
	return await send({
		method: 'GET',
		url,
		headers: { accept },
		timeoutMs,
		signal,
		maxBytes: LONGEST_JWKS_BYTES,
	}).catch((error: unknown) => {
		throw ofReading(error);
	});
}

/**
 * Fetches a JWKS as AIR does: exactly this URL, no redirects.
 *
 * @param url - https, public
 * @param timeoutMs - for the whole fetch
 * @returns an answer with status 200, not read yet: see {@link readJwks}
 * @throws AirError: those of the transport, or `AIR_JWKS_UNREADABLE` for another status
 * @example
 * ```ts
 * const keys = readJwks(await fetchJwks('https://issuer.example.com/.well-known/jwks.json', 10_000));
 * ```
 */
export async function fetchJwks(
	url: string,
	timeoutMs: number,
	signal?: AbortSignal,
): Promise<HttpAnswer> {
	if (!URL.canParse(url)) throw new AirError('AIR_JWKS_URL_INVALID');
	const accept = 'application/jwk-set+json, application/json';
	const answer = await fetchPublished(url, accept, timeoutMs, signal);
	if (answer.status !== 200) {
		throw new AirError('AIR_JWKS_UNREADABLE', { detail: `it answers HTTP ${answer.status}` });
	}
	if (answer.unreadable !== undefined) {
		throw new AirError('AIR_JWKS_UNREADABLE', { detail: answer.unreadable });
	}
	return answer;
}

/**
 * Reads the keys of a JWKS as they were published, private members included if somebody published
 * them.
 *
 * @throws AirError `AIR_JWKS_UNREADABLE` for an answer that is not a key set
 */
export function readJwks({ text }: Pick<HttpAnswer, 'text'>): PublishedKey[] {
	let json: unknown;
	try {
		json = JSON.parse(text);
	} catch {
		throw new AirError('AIR_JWKS_UNREADABLE', { detail: 'it does not answer JSON' });
	}
	const parsed = jwksSchema.safeParse(json);
	if (!parsed.success) {
		throw new AirError('AIR_JWKS_UNREADABLE', { detail: 'it does not answer a list of keys' });
	}
	return parsed.data.keys;
}
