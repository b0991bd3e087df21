import { AirError } from '../../errors/AirError';

/**
 * What the credential says of itself, and what a Partner JWT says: the same key signs both, and AIR is
 * said to take tokens that do not name their type.
 */
const AT_FIRST_LEVEL = new Set([
	...['iss', 'sub', 'aud', 'iat', 'nbf', 'exp', 'jti', 'id', 'nonce'],
	...['vct', 'vct#integrity', 'cnf', 'status', 'sd_hash'],
	...['partnerId', 'scope'],
]);

/**
 * Names by which SD-JWT finds what is disclosed. With a `_sd` of somebody else's the holder could add
 * claims under our signature, at whatever depth it stands.
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
 * Refuses claims with names that a credential gives a meaning of its own.
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
 * Refuses `email` among the claims that everybody sees: with `partnerId` and `scope` left out, it is
 * what tells a Partner JWT of a recipient from any other token of the same key.
 *
 * @throws AirError `AIR_DIRECT_CLAIM_RESERVED`
 */
export function assertEmailIsHidden(visible: Readonly<Record<string, unknown>>): void {
	if (Object.hasOwn(visible, 'email')) throw refuse('email has to be disclosable');
}
