import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';

/** OID prefixes of the password-based encryption schemes (PKCS#5 and PKCS#12), as DER bytes. */
const ENCRYPTION_OIDS = [
	Buffer.from('06092a864886f70d0105', 'hex'),
	Buffer.from('060a2a864886f70d010c01', 'hex'),
];

const isEncrypted = (der: Buffer) =>
	ENCRYPTION_OIDS.some((oid) => der.subarray(0, 32).includes(oid));

/** Node's message may describe the input; here it only matters that the form does not fit. */
function attempt(read: () => KeyObject): KeyObject | undefined {
	try {
		return read();
	} catch {
		return undefined;
	}
}

/** What DER turned out to be; `encrypted` is a private key under a passphrase. */
export type DerKey =
	| { readonly half: 'private' | 'public'; readonly keyObject: KeyObject }
	| { readonly half: 'encrypted' };

/**
 * Reads a key from DER of any form: PKCS#8, SEC1, PKCS#1, SPKI or an X.509 certificate. Every form is
 * tried, because PEM labels are often wrong.
 *
 * @returns undefined if there is none
 */
export function keyFromDer(der: Buffer | undefined): DerKey | undefined {
	if (der === undefined) return undefined;
	for (const type of ['pkcs8', 'sec1', 'pkcs1'] as const) {
		const keyObject = attempt(() => createPrivateKey({ key: der, format: 'der', type }));
		if (keyObject !== undefined) return { half: 'private', keyObject };
	}
	if (isEncrypted(der)) return { half: 'encrypted' };
	const keyObject =
		attempt(() => createPublicKey({ key: der, format: 'der', type: 'spki' })) ??
		attempt(() => createPublicKey({ key: der, format: 'der', type: 'pkcs1' })) ??
		attempt(() => new X509Certificate(der).publicKey);
	return keyObject && { half: 'public', keyObject };
}
