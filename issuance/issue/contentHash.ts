import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import type { PrivateKey } from '../../air/keys/privateKey';
import type { CredentialSubject } from '../subject/subject';

const PURPOSE = 'n8n-nodes-moca-air ledger, version 1';

/** Key objects, because a Buffer takes Node 24 ten times as long. */
const secrets = new WeakMap<PrivateKey, KeyObject>();

/**
 * What makes a private key, the same however it is written down: other forms of the same key may leave
 * out its public half, swap its primes or have another exponent.
 */
function materialOf({ keyObject }: PrivateKey): string {
	const { kty, d, p, q } = keyObject.export({ format: 'jwk' });
	return JSON.stringify(kty === 'EC' ? [d] : [p, q].sort());
}

/** A key for HMACs that only the holder of the private key can derive. */
function secretOf(key: PrivateKey): KeyObject {
	const kept = secrets.get(key);
	if (kept !== undefined) return kept;
	const material = hkdfSync('sha256', materialOf(key), '', PURPOSE, 32);
	const secret = createSecretKey(Buffer.from(material));
	secrets.set(key, secret);
	return secret;
}

/** JSON with sorted keys, so that equal content gives equal text. */
function canonical(value: unknown): string {
	if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
	if (typeof value !== 'object' || value === null) return JSON.stringify(value);
	const members = Object.entries(value)
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`);
	return `{${members.join(',')}}`;
}

/** An HMAC under a secret derived from the private key: worthless to anybody who finds it in the ledger. */
const hmac = (key: PrivateKey, text: string) =>
	createHmac('sha256', secretOf(key)).update(text).digest('base64url');

/**
 * The HMACs of a subject, and of everything that defines equal content. The second text contains the
 * first, so a large subject is sorted and serialized only once. The order of members does not matter.
 *
 * @param key - the private key of the credential
 * @returns each in base64url
 * @example
 * ```ts
 * const { ofSubject } = contentHashes(key, 'ada@example.com', issuerDid, { tier: 'Gold' });
 * ```
 */
export function contentHashes(
	key: PrivateKey,
	recipient: string,
	issuerDid: string,
	subject: CredentialSubject,
): { readonly ofSubject: string; readonly ofContent: () => string } {
	const text = canonical(subject);
	return {
		ofSubject: hmac(key, text),
		ofContent: () => hmac(key, `[${canonical(recipient)},${canonical(issuerDid)},${text}]`),
	};
}

/** A subject without the attributes that change with each delivery. */
export function comparedSubject(
	subject: CredentialSubject,
	ignored: readonly string[],
): CredentialSubject {
	return Object.fromEntries(Object.entries(subject).filter(([name]) => !ignored.includes(name)));
}
