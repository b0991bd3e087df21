import { createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';

const number = z.string().min(1);
/** The members that make up the key; all others only describe it. */
const materialSchema = z.discriminatedUnion('kty', [
	z.object({ kty: z.literal('RSA'), n: number, e: number }),
	z.object({ kty: z.literal('EC'), crv: z.string(), x: number, y: number }),
]);

interface Read {
	readonly key: KeyObject;
	/** Its numbers as they were written, and as RFC 7518 requires them. */
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
		// Node throws for what is not a key, and its message may describe the input.
		return undefined;
	}
}

/** The RSA or EC key that a JWK stands for; undefined if there is none. */
export function publicKeyOf(jwk: object): KeyObject | undefined {
	return read(jwk)?.key;
}

/**
 * Whether two JWKs are the same key; the only place that compares keys. Like verifiers, it compares the
 * numbers, not their spelling (base64 or base64url, padding, leading zeros) nor the order of the
 * members.
 *
 * @returns false also if one of them is not an RSA or EC key
 * @example
 * ```ts
 * isSamePublicKey({ kty: 'RSA', n, e: 'AQAB' }, { e: 'AAEAAQ==', n, kty: 'RSA' }); // true
 * ```
 */
export function isSamePublicKey(one: object, other: object): boolean {
	// Not with `KeyObject.equals`: after it compared keys of two types, Node 24 refuses the next PEM.
	const key = read(one);
	return key !== undefined && key.usual === read(other)?.usual;
}

/**
 * Whether the numbers of a key are written as RFC 7518 requires and strict verifiers insist: base64url
 * without padding, in the required length.
 */
export function isSpeltAsUsual(jwk: object): boolean {
	const key = read(jwk);
	return key !== undefined && key.written === key.usual;
}
