import type { createPrivateKey, createPublicKey, KeyObject } from 'node:crypto';
import { z } from 'zod';
import { AirError } from '../../errors/AirError';
import type { AirErrorCode } from '../../errors/errorCatalogue';

export type JsonObject = Readonly<Record<string, unknown>>;

export const jsonObjectSchema = z.record(z.string(), z.unknown());

// Messages of the JSON parser and of node:crypto may show parts of the input, so an error with the
// caller's code is thrown instead.

/** @throws AirError `unreadable` for what is not one JSON object */
export function parseJsonObject(text: string, unreadable: AirErrorCode): JsonObject {
	try {
		return jsonObjectSchema.parse(JSON.parse(text));
	} catch {
		throw new AirError(unreadable);
	}
}

/** @throws AirError `AIR_KEY_EDDSA`, `AIR_KEY_TYPE` for a JWK of a type that AIR does not take */
export function assertJwkType({ kty, crv }: JsonObject): void {
	if (kty === 'OKP' && (crv === 'Ed25519' || crv === 'Ed448')) throw new AirError('AIR_KEY_EDDSA');
	if (kty === 'OKP' || kty === 'oct') throw new AirError('AIR_KEY_TYPE');
}

/** @throws AirError `unreadable` for what is not a key */
export function keyFromJwk(
	create: typeof createPrivateKey | typeof createPublicKey,
	jwk: JsonObject,
	unreadable: AirErrorCode,
): KeyObject {
	try {
		return create({ key: jwk, format: 'jwk' });
	} catch {
		throw new AirError(unreadable);
	}
}

/** Members that make a key private (RFC 7518, 6.2.2, 6.3.2, 6.4.1). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;

/**
 * Which private members a JWK has. If a published key has any, everyone who fetched it can issue in
 * this partner's name.
 */
export function privateMembers(jwk: object): string[] {
	return PRIVATE_MEMBERS.filter((member) => member in jwk);
}
