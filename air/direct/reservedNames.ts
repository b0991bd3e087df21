import { AirError } from '../../errors/AirError';

/**
 * Claims about the credential itself, and the claims of a Partner JWT: the same key signs both, and AIR
 * is said to accept tokens without a type.
 */
const AT_FIRST_LEVEL = new Set([
	...['iss', 'sub', 'aud', 'iat', 'nbf', 'exp', 'jti', 'id', 'nonce'],
	...['vct', 'vct#integrity', 'cnf', 'status', 'sd_hash'],
	...['partnerId', 'scope'],
]);

/**
 * Names by which SD-JWT finds disclosures. With an injected `_sd`, at any depth, the holder could add
 * claims under our signature.
 */
const AT_ANY_DEPTH = new Set(['_sd', '...', '_sd_alg', '__proto__']);

const refuse = (detail: string) => new AirError('AIR_DIRECT_CLAIM_RESERVED', { detail });

function assertInside(value: unknown): void {
	if (typeof value !== 'object' || value === null) return;
	if (Array.isArray(value)) {
		value.forEach(assertInside);
		return;
	}
	for (const [name, member] of Object.entries(value)) {
		if (AT_ANY_DEPTH.has(name)) throw refuse(name);
		assertInside(member);
	}
}

/**
 * Refuses claims whose names have a special meaning in a credential.
 *
 * @throws AirError `AIR_DIRECT_CLAIM_RESERVED`, which names the reserved name and nothing else
 * @example
 * ```ts
 * assertNoReservedNames({ address: { _sd: ['…'] } }); // throws
 * ```
 */
export function assertNoReservedNames(claims: Readonly<Record<string, unknown>>): void {
	const reserved = Object.keys(claims).find((name) => AT_FIRST_LEVEL.has(name));
	if (reserved !== undefined) throw refuse(reserved);
	assertInside(claims);
}

/**
 * Refuses `email` among the claims that everybody sees: since `partnerId` and `scope` may be missing,
 * only `email` distinguishes a Partner JWT for a recipient from other tokens of the same key.
 *
 * @throws AirError `AIR_DIRECT_CLAIM_RESERVED`
 */
export function assertEmailIsHidden(visible: Readonly<Record<string, unknown>>): void {
	if (Object.hasOwn(visible, 'email')) throw refuse('email has to be disclosable');
}
