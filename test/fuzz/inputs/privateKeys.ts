import {
	createPrivateKey,
	createPublicKey,
	generateKeyPairSync,
	sign,
	verify,
	type KeyObject,
} from 'node:crypto';
import fc from 'fast-check';
import { importPrivateKey } from '../../../air/keys/privateKey';
import { badInput } from '../BadInput';
import { must, shownBy, taken } from '../expecting';
import { mutated } from '../pieces';

const keys: readonly KeyObject[] = [
	generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
	generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
	// None of these may be used.
	generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey,
	generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey,
	generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
	generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey,
	generateKeyPairSync('ed25519').privateKey,
	generateKeyPairSync('x25519').privateKey,
];

const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const base64 = (text: string) => Buffer.from(text).toString('base64');
const jwk = (key: KeyObject) => {
	// RSA-PSS has no JWK of its own.
	return key.asymmetricKeyType === 'rsa-pss'
		? pem(key)
		: JSON.stringify(key.export({ format: 'jwk' }));
};

/** Every form in which a key is pasted. */
const FORMS: readonly ((key: KeyObject) => string)[] = [
	pem,
	(key) => pem(key).replaceAll('\n', '\\n'),
	(key) => pem(key).replaceAll('\n', ' '),
	(key) => base64(pem(key)),
	(key) => key.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
	(key) => key.export({ type: 'pkcs8', format: 'der' }).toString('hex'),
	jwk,
	(key) => base64(jwk(key)),
	(key) => `{"keys":[${jwk(key)}]}`,
	(key) => JSON.stringify(pem(key)),
	(key) => createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString(),
	(key) =>
		key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString(),
];

const good = fc
	.tuple(fc.constantFrom(...keys), fc.constantFrom(...FORMS))
	.map(([key, form]) => form(key));

/** No part of the pasted text may come back: not even ten consecutive characters of a key's body. */
function givesAway(shown: string, pasted: string): boolean {
	for (const word of shown.match(/[\w+/=-]{10,}/g) ?? []) {
		// Our own words, such as "BEGIN", are not secrets.
		if (/^-*(?:BEGIN|END|PRIVATE|n8n-nodes|AIR_)/.test(word)) continue;
		for (let at = 0; at + 10 <= word.length; at++) {
			const piece = word.slice(at, at + 10);
			if (/\d/.test(piece) && pasted.includes(piece)) return true;
		}
	}
	return false;
}

const MEGABYTE = 1024 * 1024;
const [ec, rsa] = keys.map(pem);
const corpus = [
	'',
	' \n',
	'x',
	'-----BEGIN PRIVATE KEY-----',
	'-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----',
	'-----BEGIN PRIVATE KEY-----\n=\n-----END PRIVATE KEY-----',
	'A'.repeat(MEGABYTE),
	'-----BEGIN PRIVATE KEY-----'.repeat(MEGABYTE / 16),
	'-'.repeat(MEGABYTE),
	'\\'.repeat(MEGABYTE),
	'\\n'.repeat(30_000),
	'"'.repeat(60_000),
	' '.repeat(60_000),
	'{'.repeat(60_000),
	`${ec ?? ''}${' '.repeat(50_000)}`,
	`{"kty":"EC","d":"${'A'.repeat(50_000)}"}`,
	'{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB","p":"AQAB","q":"AQAB","dp":"","dq":"","qi":""}',
	'{"kty":"EC","crv":"P-256","x":"","y":"","d":""}',
	'{"__proto__":{"kty":"RSA"}}',
	`${ec ?? ''}\n${rsa ?? ''}`,
	`${rsa ?? ''}\0`,
	...keys.flatMap((key) => FORMS.map((form) => form(key))),
];

export const privateKeys = badInput({
	name: 'Private keys',
	share: 1200,
	inputs: fc.oneof(
		{ weight: 6, arbitrary: mutated(good) },
		{ weight: 1, arbitrary: fc.tuple(good, good).map(([a, b]) => a.slice(0, 200) + b) },
		{ weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 400 }) },
		{ weight: 1, arbitrary: fc.json().map((text) => `{"kty":"EC","d":${text}}`) },
	),
	corpus,
	check: async (text) =>
		await taken(
			async () => await importPrivateKey(text),
			({ keyObject, publicJwk, algorithm, thumbprint }) => {
				// An accepted key signs, and the published part verifies the signature and contains nothing private.
				const publicKey = createPublicKey({ key: { ...publicJwk }, format: 'jwk' });
				const data = Buffer.from('data');
				must(verify('sha256', data, publicKey, sign('sha256', data, keyObject)), 'the halves fit');
				must(
					Object.keys(publicJwk).every((name) => ['kty', 'crv', 'x', 'y', 'n', 'e'].includes(name)),
					'only public members are published',
				);
				must(['ES256', 'RS256'].includes(algorithm), 'AIR knows the algorithm');
				must(/^[\w-]{43}$/.test(thumbprint), 'the thumbprint is one');
				const again = createPrivateKey(keyObject.export({ type: 'pkcs8', format: 'pem' }));
				must(again.equals(keyObject), 'the key is whole');
			},
			/^AIR_KEY_/,
			(error) => {
				must(!givesAway(shownBy(error), text), 'an error shows no part of the key');
			},
		),
});
