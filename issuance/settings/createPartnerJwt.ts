import { z } from 'zod';
import { AirError } from '../../errors/AirError';
import { signPartnerJwt } from '../../air/tokens/partnerJwt';
import { parseRecipient } from '../inputs/inputs';
import { keepsDigits, readJson } from '../subject/values/jsonText';
import type { AirSettings } from './settings';

/** Claims that the node sets itself, and nbf, which would change when a token is valid. */
const RESERVED_CLAIMS = ['partnerId', 'scope', 'email', 'iat', 'exp', 'nbf'];
/** Tokens are sent in a header, and servers accept 8 kB of headers. */
const LONGEST_CLAIMS = 4000;
const SCOPE = /^[\x20-\x7e]{1,200}$/;

export interface PartnerJwtRequest {
	/** Undefined for a token without one. */
	readonly scope: string | undefined;
	/** Empty for a token without one. */
	readonly email: unknown;
	readonly extraClaims: unknown;
}

/** A Partner JWT with what a workflow needs to know about it. */
export interface CreatedPartnerJwt {
	readonly token: string;
	/** ISO 8601. */
	readonly expiresAt: string;
	readonly partnerId: string;
	readonly kid: string;
	readonly scope: string | null;
	readonly email: string | null;
}

function parseScope(scope: string | undefined): string | undefined {
	if (scope === undefined) return undefined;
	const text = scope.trim();
	if (!SCOPE.test(text)) throw new AirError('AIR_SCOPE_INVALID');
	return text;
}

/** Issue on Behalf finds the recipient only by this claim; other scopes work without it. */
function parseEmail(email: unknown, scope: string | undefined): string | undefined {
	const isEmpty = email == null || (typeof email === 'string' && email.trim() === '');
	return isEmpty && scope !== 'issue on-behalf'
		? undefined
		: parseRecipient(email, 'AIR_ADDRESS_INVALID');
}

function parseJson(value: unknown): unknown {
	if (typeof value !== 'string') return value ?? {};
	if (value.trim() === '') return {};
	const read = readJson(value) ?? { refused: 'is not JSON' };
	if ('value' in read) return read.value;
	throw new AirError('AIR_CLAIMS_INVALID', { detail: `their text ${read.refused}` });
}

function parseClaims(value: unknown): Record<string, unknown> {
	const parsed = z.record(z.string(), z.unknown()).safeParse(parseJson(value));
	if (!parsed.success)
		throw new AirError('AIR_CLAIMS_INVALID', { detail: 'they are not an object' });
	const reserved = RESERVED_CLAIMS.find((name) => Object.hasOwn(parsed.data, name));
	if (reserved !== undefined) {
		throw new AirError('AIR_CLAIMS_INVALID', { detail: `${reserved} is set by the node` });
	}
	if (JSON.stringify(parsed.data).length > LONGEST_CLAIMS) {
		throw new AirError('AIR_CLAIMS_INVALID', { detail: 'they are longer than 4,000 characters' });
	}
	if (!keepsDigits(parsed.data)) {
		throw new AirError('AIR_CLAIMS_INVALID', { detail: 'a number in them has lost digits' });
	}
	return parsed.data;
}

/**
 * Creates a Partner JWT for somebody other than this package, e.g. a front end with the AIR Kit SDK
 * (AIR's guide to issuing with its SDK asks the partner's server for one). It is never cached.
 *
 * @param settings - of a credential whose owner allows it
 * @param now - milliseconds since 1970
 * @throws AirError `AIR_TOKENS_NOT_ALLOWED`, `AIR_SCOPE_INVALID`, `AIR_ADDRESS_INVALID`,
 *   `AIR_CLAIMS_INVALID`
 * @example
 * ```ts
 * const { token } = await createPartnerJwt(settings, { scope: 'issue', email: '', extraClaims: {} }, Date.now());
 * ```
 */
export async function createPartnerJwt(
	{ identity, allowHandingOutJwts }: AirSettings,
	request: PartnerJwtRequest,
	now: number,
): Promise<CreatedPartnerJwt> {
	if (!allowHandingOutJwts) throw new AirError('AIR_TOKENS_NOT_ALLOWED');
	const scope = parseScope(request.scope);
	const email = parseEmail(request.email, scope);
	const extraClaims = parseClaims(request.extraClaims);
	const { partnerId, kid, lifetimeSeconds, key } = identity;
	const claims = { partnerId, kid, scope, email, lifetimeSeconds, extraClaims };
	const { token, expiresAt } = await signPartnerJwt(key, claims, now);
	return {
		token,
		expiresAt: new Date(expiresAt * 1000).toISOString(),
		partnerId,
		kid,
		scope: scope ?? null,
		email: email ?? null,
	};
}
