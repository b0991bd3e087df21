import {
	createDecipheriv,
	createPublicKey,
	diffieHellman,
	hkdfSync,
	type KeyObject,
} from 'node:crypto';

export interface Envelope {
	readonly data: string;
	readonly iv: string;
	readonly authTag: string;
	readonly encryptedKey: string;
}

const X25519_SPKI = Buffer.from('302a300506032b656e032100', 'hex');
const INFO = 'data-enc-aes-256-gcm';

/**
 * Opens an envelope as the holder's wallet does: X25519 between the holder's key and the ephemeral one in
 * `encryptedKey`, HKDF-SHA-256 without a salt, AES-256-GCM. The content is a JSON string, quotes included.
 *
 * @throws Error that says what does not fit
 */
export function openEnvelope(envelope: Envelope, holderKey: KeyObject): string {
	const spki = base64('encryptedKey', envelope.encryptedKey);
	if (spki.length !== 44 || !spki.subarray(0, 12).equals(X25519_SPKI)) {
		throw new Error('encryptedKey is not a SubjectPublicKeyInfo of an X25519 key');
	}
	const iv = base64('iv', envelope.iv);
	const authTag = base64('authTag', envelope.authTag);
	if (iv.length !== 12) throw new Error('iv has not 12 bytes');
	if (authTag.length !== 16) throw new Error('authTag has not 16 bytes');
	const text = decrypt(spki, iv, authTag, base64('data', envelope.data), holderKey);

	let plain: unknown;
	try {
		plain = JSON.parse(text);
	} catch {
		throw new Error('the plaintext is not JSON');
	}
	if (typeof plain !== 'string') throw new Error('the plaintext is not a JSON string');
	return plain;
}

function decrypt(
	spki: Buffer,
	iv: Buffer,
	authTag: Buffer,
	data: Buffer,
	privateKey: KeyObject,
): string {
	try {
		const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
		const secret = diffieHellman({ privateKey, publicKey });
		const key = Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), INFO, 32));
		const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 });
		decipher.setAuthTag(authTag);
		const bytes = Buffer.concat([decipher.update(data), decipher.final()]);
		return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		// Node's message is about ciphers; for the wallet, all these cases are the same.
		throw new Error('it does not open: other key, other IV, or changed bytes');
	}
}

/** Standard base64 with padding, in its one canonical spelling. */
function base64(name: string, text: string): Buffer {
	const bytes = Buffer.from(text, 'base64');
	if (bytes.toString('base64') !== text) throw new Error(`${name} is not standard base64`);
	return bytes;
}
