import { createPublicKey, ECDH, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { AirError } from '../../errors/AirError';

/** The key to which a credential is sealed. */
export interface HolderKey {
	/** 88 hexadecimal digits in lower case: the same text is the same key. */
	readonly hex: string;
	readonly keyObject: KeyObject;
}

/** The key that the holder shows a credential with, its claim `cnf`: these members and no others. */
export interface BindingJwk {
	readonly kty: 'EC';
	readonly crv: 'P-256';
	readonly x: string;
	readonly y: string;
}

/** What the DER of every X25519 public key begins with (RFC 8410); 32 bytes follow. */
const X25519 = '302a300506032b656e032100';
const HEX = new RegExp(`^(?:0x)?(${X25519}[0-9a-f]{64})$`, 'i');

/**
 * The DER of an X25519 public key, built by hand: Node takes 30 times as long to write DER as to
 * export the raw key.
 */
export const x25519Der = (key: KeyObject) =>
	Buffer.concat([
		Buffer.from(X25519, 'hex'),
		Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url'),
	]);

/**
 * Reads the encryption key of an account as AIR writes it: the DER of an X25519 key in hexadecimal
 * digits. The form is checked exactly, because Node also accepts trailing bytes and keys of other kinds.
 *
 * @throws AirError `AIR_HOLDER_KEY_INVALID`
 * @example
 * ```ts
 * readHolderKey('0x302a300506032b656e0321007b4e…').hex; // '302a300506032b656e0321007b4e…'
 * ```
 */
export function readHolderKey(text: string): HolderKey {
	const hex = HEX.exec(text)?.[1]?.toLowerCase();
	if (hex === undefined) throw new AirError('AIR_HOLDER_KEY_INVALID');
	// As PEM, since Node takes three times as long to parse an object that describes the format.
	const pem = `-----BEGIN PUBLIC KEY-----\n${Buffer.from(hex, 'hex').toString('base64')}\n-----END PUBLIC KEY-----`;
	return { hex, keyObject: createPublicKey(pem) };
}

const number = z.string().regex(/^[\w-]{43}$/);
const bindingSchema = z.object({
	kty: z.literal('EC'),
	crv: z.literal('P-256'),
	x: number,
	y: number,
});

/**
 * Reads the signing key of an account: a P-256 key whose point is on the curve. Its other members are
 * dropped.
 *
 * @param jwk - as AIR answered it
 * @throws AirError `AIR_HOLDER_BINDING_INVALID`
 */
export function readBinding(jwk: unknown): BindingJwk {
	const binding = bindingSchema.safeParse(jwk).data;
	if (binding === undefined) throw new AirError('AIR_HOLDER_BINDING_INVALID');
	const point = [
		Buffer.of(4),
		...[binding.x, binding.y].map((one) => Buffer.from(one, 'base64url')),
	];
	try {
		// Refuses a point that is not on the curve, in a quarter of the time that it takes to create a key.
		ECDH.convertKey(Buffer.concat(point), 'prime256v1');
	} catch {
		// Node's message may describe the input, and adds nothing: the point is not on the curve.
		throw new AirError('AIR_HOLDER_BINDING_INVALID');
	}
	return binding;
}
