import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';

/** The source of salts, keys and numbers; a parameter, so that a test can make the same bytes twice. */
export interface Randomness {
	/** @param size - in bytes */
	bytes(size: number): Buffer;
	/** A fresh X25519 pair. */
	keyPair(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
}

/** How many bytes are drawn at once: 4 KiB cost as much as one salt, and a credential needs several. */
const DRAWN_BYTES = 4_096;
let drawn = Buffer.alloc(0);

/** The next bytes; each is given out once and then erased. */
function takeBytes(size: number): Buffer {
	if (size > DRAWN_BYTES) return randomBytes(size);
	if (size > drawn.length) drawn = randomBytes(DRAWN_BYTES);
	const taken = Buffer.from(drawn.subarray(0, size));
	drawn.fill(0, 0, size);
	drawn = drawn.subarray(size);
	return taken;
}

/** The operating system's: the only one used outside of tests. */
export const systemRandomness: Randomness = {
	bytes: takeBytes,
	keyPair: () => generateKeyPairSync('x25519'),
};

/**
 * The ID of a credential, under which it is also stored: a random UUID (version 4) as a URN.
 *
 * @example
 * ```ts
 * credentialId(systemRandomness); // 'urn:uuid:2c5ea4c0-4067-41e9-8bad-9b1deb4d3b7d'
 * ```
 */
export function credentialId(random: Randomness): string {
	const bytes = random.bytes(16);
	bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
	bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
	const hex = bytes.toString('hex');
	const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
	return `urn:uuid:${parts.join('-')}-${hex.slice(20)}`;
}

/**
 * The number by which a credential is revoked, its claim `nonce`: 63 random bits in decimal digits,
 * since AIR and databases read it as a signed 64-bit number.
 *
 * @example
 * ```ts
 * revocationNumber(systemRandomness); // '4882047529106284031'
 * ```
 */
export function revocationNumber(random: Randomness): string {
	return (random.bytes(8).readBigUInt64BE() >> 1n).toString();
}
