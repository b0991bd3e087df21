import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';

// Labels lie: templates wrap bare DER of any form under any label. So every form is tried. Node's
// message may describe the input; which forms fail is all that matters here.

/** The private key in DER of any form (PKCS#8, SEC1, PKCS#1); undefined if there is none. */
export function privateKeyFromDer(der: Buffer): KeyObject | undefined {
	for (const type of ['pkcs8', 'sec1', 'pkcs1'] as const) {
		try {
			return createPrivateKey({ key: der, format: 'der', type });
		} catch {
			// Not a private key of this form.
		}
	}
	return undefined;
}

/** The public key in DER of any form (SPKI, PKCS#1, X.509 certificate); undefined if there is none. */
export function publicKeyFromDer(der: Buffer): KeyObject | undefined {
	for (const type of ['spki', 'pkcs1'] as const) {
		try {
			return createPublicKey({ key: der, format: 'der', type });
		} catch {
			// Not a public key of this form.
		}
	}
	try {
		return new X509Certificate(der).publicKey;
	} catch {
		return undefined;
	}
}

/** OID prefixes of the password-based encryption schemes (PKCS#5 and PKCS#12), as DER bytes. */
const ENCRYPTION_OIDS = [
	Buffer.from('06092a864886f70d0105', 'hex'),
	Buffer.from('060a2a864886f70d010c01', 'hex'),
];

/** Whether this is a private key under a passphrase. */
export const isEncryptedDer = (der: Buffer) =>
	ENCRYPTION_OIDS.some((oid) => der.subarray(0, 32).includes(oid));
