import {
	createCipheriv,
	createSecretKey,
	diffieHellman,
	hkdfSync,
	type KeyObject,
} from 'node:crypto';
import { AirError } from '../../errors/AirError';
import { x25519Der, type HolderKey } from './holderKeys';
import type { Randomness } from './randomness';

/** A credential that only its holder can open. Standard Base64; names as the API spells them. */
export interface Envelope {
	readonly data: string;
	readonly iv: string;
	readonly authTag: string;
	/** The ephemeral public key (DER); despite its name, it is not encrypted. */
	readonly encryptedKey: string;
}

const KEY_INFO = 'data-enc-aes-256-gcm';
const KEY_BYTES = 32;
const IV_BYTES = 12;

/** A key object, because a Buffer takes Node ten times as long. The bytes are wiped. */
function secretOf(bytes: Buffer): KeyObject {
	const secret = createSecretKey(bytes);
	bytes.fill(0);
	return secret;
}

function sharedSecret(
	holder: HolderKey,
	privateKey: Parameters<typeof diffieHellman>[0]['privateKey'],
) {
	try {
		return diffieHellman({ privateKey, publicKey: holder.keyObject });
	} catch {
		// Node refuses a public key that leads to an all-zero secret, which everybody would know.
		throw new AirError('AIR_HOLDER_KEY_INVALID');
	}
}

/**
 * Seals a credential to its holder: X25519 with a key pair that is used once, HKDF-SHA-256 without
 * salt, AES-256-GCM. The plaintext is the credential as a JSON string, with its quotation marks, as in
 * AIR's own issuer.
 *
 * @param credential - the compact SD-JWT
 * @param random - for the key pair and the IV; each call makes its own
 * @throws AirError `AIR_HOLDER_KEY_INVALID` if nothing can be sealed to this key
 * @example
 * ```ts
 * const { data, iv, authTag, encryptedKey } = seal(credential, account.holderKey, systemRandomness);
 * ```
 */
export function seal(credential: string, holder: HolderKey, random: Randomness): Envelope {
	const { privateKey, publicKey } = random.keyPair();
	const secret = secretOf(sharedSecret(holder, privateKey));
	const key = secretOf(
		Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), KEY_INFO, KEY_BYTES)),
	);
	const iv = random.bytes(IV_BYTES);
	const cipher = createCipheriv('aes-256-gcm', key, iv);
	const data = Buffer.concat([cipher.update(JSON.stringify(credential), 'utf8'), cipher.final()]);
	return {
		data: data.toString('base64'),
		iv: iv.toString('base64'),
		authTag: cipher.getAuthTag().toString('base64'),
		encryptedKey: x25519Der(publicKey).toString('base64'),
	};
}
