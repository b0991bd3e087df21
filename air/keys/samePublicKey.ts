import { createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';

const number = z.string().min(1);
/** The members that make the key; whatever else a JWK says, it says about the key. */
const materialSchema = z.discriminatedUnion('kty', [
	z.object({ kty: z.literal('RSA'), n: number, e: number }),
	z.object({ kty: z.literal('EC'), crv: z.string(), x: number, y: number }),
]);

interface Read {
	readonly key: KeyObject;
	/** Its numbers as they were written, and as RFC 7518 wants them. */
	readonly written: string;
	readonly usual: string;
}

function read(jwk: object): Read | undefined {
	const material = materialSchema.safeParse(jwk).data;
	if (material === undefined) return undefined;
	try {
		const key = createPublicKey({ key: material, format: 'jwk' });
		const usual = materialSchema.parse(key.export({ format: 'jwk' }));
		return { key, written: JSON.stringify(material), usual: JSON.stringify(usual) };
	} catch {
		// Node throws for what is not a key, and its words may describe the input.
		return undefined;
	}
}

/** The RSA or EC key that a JWK stands for; undefined if there is none. */
export function publicKeyOf(jwk: object): KeyObject | undefined {
	return read(jwk)?.key;
}

/**
 * Whether two JWKs are the same key: the only comparison of keys there is. Compared is what is meant,
 * as verifiers read it: the numbers, and not their spelling as base64 or base64url, with padding or
 * leading zeros, or in which order the members stand.
 *
 * @returns false, too, if one of them is not an RSA or EC key
 * @example
 * ```ts
 * isSamePublicKey({ kty: 'RSA', n, e: 'AQAB' }, { e: 'AAEAAQ==', n, kty: 'RSA' }); // true
 * ```
 */
export function isSamePublicKey(one: object, other: object): boolean {
	// Not by `KeyObject.equals`: after keys of two types it makes Node 24 refuse the next PEM that is read.
	const key = read(one);
	return key !== undefined && key.usual === read(other)?.usual;
}

/**
 * Whether the numbers of a key are written as RFC 7518 wants them, which strict verifiers insist on:
 * base64url without padding, with the length that they have to have.
 */
export function isSpeltAsUsual(jwk: object): boolean {
	const key = read(jwk);
	return key !== undefined && key.written === key.usual;
}
