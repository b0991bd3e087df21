import { z } from 'zod';
import { AirError } from '../../errors/AirError';
import type { HttpAnswer } from '../answers/answer';
import { privateMembers } from '../keys/jwk';
import { isKid, pickPublic, type PublicJwk } from '../keys/PublicJwk';
import { publicKeyOf } from '../keys/samePublicKey';
import { fetchPublished, jwkSchema, jwksSchema } from '../jwks';
import { STATUS_LIST_TYPE } from './statusList';
import type { WebIssuer } from './webIssuer';

const methodSchema = z.looseObject({
	id: z.string(),
	publicKeyJwk: jwkSchema.optional().catch(undefined),
});
const referenceSchema = z.union([z.string(), z.looseObject({ id: z.string() })]);
const didSchema = z.looseObject({
	id: z.string(),
	verificationMethod: z.array(methodSchema).default([]),
	assertionMethod: z.array(referenceSchema).default([]),
});
const vcIssuerSchema = z.looseObject({ issuer: z.string(), jwks: jwksSchema });

/** A DID document as it was fetched. */
export type PublishedDid = z.infer<typeof didSchema>;

/** A jwt-vc-issuer as it was fetched. */
export type PublishedVcIssuer = z.infer<typeof vcIssuerSchema>;

const unreadable = (detail: string) => new AirError('AIR_ISSUER_DOCUMENT_UNREADABLE', { detail });

/**
 * Fetches a document of an issuer as verifiers do.
 *
 * @param url - https, public
 * @param timeoutMs - for the whole fetch
 * @returns an answer with status 200, not read yet
 * @throws AirError: those of the transport, or `AIR_ISSUER_DOCUMENT_UNREADABLE` for another status
 */
export async function fetchIssuerDocument(
	url: string,
	timeoutMs: number,
	signal?: AbortSignal,
): Promise<HttpAnswer> {
	const accept = 'application/did+ld+json, application/json';
	const answer = await fetchPublished(url, accept, timeoutMs, signal);
	if (answer.status !== 200) throw unreadable(`it answers HTTP ${answer.status}`);
	if (answer.unreadable !== undefined) throw unreadable(answer.unreadable);
	return answer;
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		throw unreadable('it does not answer JSON');
	}
}

/**
 * The private members of all keys in a document, at any depth.
 *
 * @throws AirError `AIR_ISSUER_DOCUMENT_UNREADABLE` for an answer that is not JSON
 */
export function leakedMembers({ text }: Pick<HttpAnswer, 'text'>): string[] {
	const search = (value: unknown): string[] => {
		if (typeof value !== 'object' || value === null) return [];
		const own = 'kty' in value ? privateMembers(value) : [];
		return [...own, ...Object.values(value).flatMap(search)];
	};
	return [...new Set(search(parse(text)))];
}

function read<T>(schema: z.ZodType<T>, { text }: Pick<HttpAnswer, 'text'>, kind: string): T {
	const parsed = schema.safeParse(parse(text));
	if (!parsed.success) throw unreadable(`it does not answer ${kind}`);
	return parsed.data;
}

/** @throws AirError `AIR_ISSUER_DOCUMENT_UNREADABLE` for an answer that is not a DID document */
export const readDid = (answer: Pick<HttpAnswer, 'text'>): PublishedDid =>
	read(didSchema, answer, 'a DID document');

/** @throws AirError `AIR_ISSUER_DOCUMENT_UNREADABLE` for an answer that is not a jwt-vc-issuer */
export const readVcIssuer = (answer: Pick<HttpAnswer, 'text'>): PublishedVcIssuer =>
	read(vcIssuerSchema, answer, 'an issuer with its keys');

/**
 * The keys that verifiers accept for what an issuer has signed: of types that AIR takes, for
 * assertions.
 */
export function keysOfDid({ did }: WebIssuer, document: PublishedDid): PublicJwk[] {
	return document.verificationMethod.flatMap(({ id, publicKeyJwk }) => {
		if (!document.assertionMethod.some((one) => one === id)) return [];
		const kid = id.startsWith(`${did}#`) ? id.slice(did.length + 1) : '';
		const jwk = publicKeyJwk && publicKeyOf(publicKeyJwk)?.export({ format: 'jwk' });
		if (!isKid(kid) || jwk === undefined) return [];
		if (jwk.kty === 'RSA') return [pickPublic(jwk, 'RS256', kid)];
		return jwk.crv === 'P-256' ? [pickPublic(jwk, 'ES256', kid)] : [];
	});
}

/**
 * Fetches a status list as verifiers do.
 *
 * @param url - https, public
 * @param timeoutMs - for the whole fetch
 * @returns an answer with status 200 and something in it, not read yet
 * @throws AirError: those of the transport, or `AIR_STATUS_LIST_UNREACHABLE`
 */
export async function fetchStatusList(
	url: string,
	timeoutMs: number,
	signal?: AbortSignal,
): Promise<HttpAnswer> {
	const answer = await fetchPublished(url, STATUS_LIST_TYPE, timeoutMs, signal);
	const refuse = (detail: string) => new AirError('AIR_STATUS_LIST_UNREACHABLE', { detail });
	if (answer.status !== 200) throw refuse(`it answers HTTP ${answer.status}`);
	if (answer.unreadable !== undefined) throw refuse(answer.unreadable);
	// A host that does not know the name may answer 200 with an empty body.
	if (answer.text === '') throw refuse('it answers HTTP 200 with nothing in it');
	return answer;
}
