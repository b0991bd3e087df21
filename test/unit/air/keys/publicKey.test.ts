import { execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { calculateJwkThumbprint } from 'jose';
import type { AirErrorCode } from '../../../../errors/errorCatalogue';
import { publicKeyErrors } from '../../../../errors/rows/publicKeys';
import { importPrivateKey } from '../../../../air/keys/privateKey';
import { importPublicKeys } from '../../../../air/keys/publicKey';
import { publicJwkOf } from '../../../../air/keys/PublicJwk';
import { certificateForLocalhost } from '../../../support/postgresCertificate';
import { airErrorOf, ecKey, everythingShown, piecesOf, rsaKey } from '../support';

const isRsa = (key: KeyObject) => key.asymmetricKeyType === 'rsa';
const publicHalf = (key: KeyObject) => (key.type === 'private' ? createPublicKey(key) : key);
const spki = (key: KeyObject) => publicHalf(key).export({ type: 'spki', format: 'pem' }).toString();
const pkcs1 = (key: KeyObject) =>
	publicHalf(key).export({ type: 'pkcs1', format: 'pem' }).toString();
const pkcs8 = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const publicJwk = (key: KeyObject) => publicHalf(key).export({ format: 'jwk' });
const privateJwk = (key: KeyObject) => key.export({ format: 'jwk' });
const json = (value: unknown) => JSON.stringify(value);
const base64 = (text: string) => Buffer.from(text).toString('base64');
const body = (pem: string) => pem.replace(/-----[^-]+-----|\s/g, '');
const escaped = (pem: string) => pem.replace(/\n/g, '\\n');
const relabelled = (pem: string, label: string) =>
	pem.replace(/(BEGIN|END) [A-Z0-9 ]+-/g, `$1 ${label}-`);

/** What to publish of a key, and nothing else. */
async function published(key: KeyObject, kid?: string) {
	const jwk = publicJwk(key);
	const alg = isRsa(key) ? 'RS256' : 'ES256';
	return { ...jwk, kid: kid ?? (await calculateJwkThumbprint(jwk)), alg, use: 'sig' };
}

const keys: Record<string, KeyObject> = {
	'RSA-2048': rsaKey(2048),
	'RSA-4096': rsaKey(4096),
	'P-256': ecKey(),
};

const forms: Record<string, (key: KeyObject) => string> = {
	'SPKI PEM': spki,
	'newlines as \\n': (key) => escaped(spki(key)),
	'newlines as \\\\n': (key) => spki(key).replace(/\n/g, '\\\\n'),
	'newlines as spaces': (key) => spki(key).replace(/\n/g, ' '),
	'newlines removed': (key) => spki(key).replace(/\n/g, ''),
	CRLF: (key) => spki(key).replace(/\n/g, '\r\n'),
	'indented lines': (key) => spki(key).replace(/^/gm, '    '),
	quotes: (key) => ` "${escaped(spki(key))}" `,
	'byte order mark': (key) => `\ufeff${spki(key)}`,
	'text before and after': (key) => `subject=CN = test\n${spki(key)}\nthe end`,
	'base64 of the DER': (key) => body(spki(key)),
	'base64 of the DER, in lines': (key) => body(spki(key)).replace(/.{40}/g, '$&\n'),
	'base64url of the DER': (key) => Buffer.from(body(spki(key)), 'base64').toString('base64url'),
	'base64 of the PEM': (key) => base64(spki(key)),
	'under the label RSA PUBLIC KEY': (key) => relabelled(spki(key), 'RSA PUBLIC KEY'),
	JWK: (key) => json(publicJwk(key)),
	'JWK, pretty': (key) => `\n${JSON.stringify(publicJwk(key), null, 2)}\n`,
	'JWK as a JSON string': (key) => json(json(publicJwk(key))),
	'base64 of a JWK': (key) => base64(json(publicJwk(key))),
	'JWK with use and alg': (key) =>
		json({ ...publicJwk(key), use: 'sig', alg: isRsa(key) ? 'RS256' : 'ES256' }),
	'JWK with more members': (key) =>
		json({ ...publicJwk(key), x5c: ['AA'], ext: true, key_ops: ['verify'], note: 'mine' }),
	JWKS: (key) => json({ keys: [publicJwk(key)] }),
	'JWKS as a JSON string': (key) => json(json({ keys: [publicJwk(key)] })),
	'base64 of a JWKS': (key) => base64(json({ keys: [publicJwk(key)] })),
	'a list of one JWK': (key) => json([publicJwk(key)]),
};

describe.each(Object.entries(keys))('%s', (_name, key) => {
	test.each(Object.entries(forms))('%s', async (_form, write) => {
		expect(await importPublicKeys(write(key))).toEqual([await published(key)]);
	});

	test('with a kid', async () => {
		const text = json({ keys: [{ ...publicJwk(key), kid: 'partner 1/é' }] });
		expect(await importPublicKeys(text)).toEqual([await published(key, 'partner 1/é')]);
	});

	test('the public half of a private key is the same, kid and all', async () => {
		const read = await importPrivateKey(pkcs8(key));
		expect(publicJwkOf(read)).toEqual(await published(key));
		expect(publicJwkOf(read, 'mine')).toEqual(await published(key, 'mine'));
	});
});

test('PKCS#1', async () => {
	const pem = pkcs1(rsaKey());
	for (const text of [pem, escaped(pem), body(pem), relabelled(pem, 'PUBLIC KEY')]) {
		expect(await importPublicKeys(text)).toEqual([await published(rsaKey())]);
	}
});

test('a certificate', async () => {
	const { cert, key } = certificateForLocalhost();
	const [read] = await importPublicKeys(cert);
	expect(read).toEqual(publicJwkOf(await importPrivateKey(key)));
	expect(await importPublicKeys(body(cert))).toEqual([read]);
});

test('what openssl writes', async () => {
	const key = execFileSync('openssl', ['pkey', '-pubout'], {
		input: pkcs8(ecKey()),
		encoding: 'utf8',
	});
	expect(await importPublicKeys(key)).toEqual([await published(ecKey())]);
});

const second = ecKey('P-256', 'second');
const a = { ...publicJwk(ecKey()), kid: 'a' };
const b = { ...publicJwk(rsaKey()), kid: 'b' };
const A = () => published(ecKey(), 'a');
const B = () => published(rsaKey(), 'b');

test.each([
	['JWKS', json({ keys: [a, b] })],
	['list', json([a, b])],
	['below one another', `${json(a)}\n${json(b)}`],
	['side by side, with a comma', `${json(a)}, ${json(b)}`],
	['pretty, below one another', `${JSON.stringify(a, null, 2)}\n\n${JSON.stringify(b, null, 2)}`],
	['a JWK and a JWKS', `${json(a)}\n${json({ keys: [b] })}`],
	['list as a JSON string', json(json([a, b]))],
])('two keys, %s', async (_name, text) => {
	expect(await importPublicKeys(text)).toEqual([await A(), await B()]);
});

test('two keys as PEM, and a JWK between them', async () => {
	const found = [await published(ecKey()), await published(second)];
	expect(await importPublicKeys(spki(ecKey()) + spki(second))).toEqual(found);
	expect(await importPublicKeys(escaped(spki(ecKey()) + spki(second)))).toEqual(found);
	const mixed = `${spki(ecKey())}\n${json(b)}\n${spki(second)}`;
	expect(await importPublicKeys(mixed)).toEqual([...found, await B()]);
	expect(await importPublicKeys(`${json(b)}\n${spki(second)}`)).toEqual([
		await published(second),
		await B(),
	]);
});

const cipher = 'aes-256-cbc';
const passphrase = 'correct horse';
const ed25519 = generateKeyPairSync('ed25519').publicKey;
const x25519 = generateKeyPairSync('x25519').publicKey;
const rsaPss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey;
const dsa = generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).publicKey;
const encrypted = ecKey().export({ type: 'pkcs8', format: 'pem', cipher, passphrase }).toString();
const pem = spki(rsaKey());
const { cert } = certificateForLocalhost();

const refusals: [code: AirErrorCode, name: string, text: string][] = [
	['AIR_PUBLIC_KEY_EMPTY', 'nothing', ''],
	['AIR_PUBLIC_KEY_EMPTY', 'white space and quotes', ' "\n" '],
	['AIR_PUBLIC_KEY_EMPTY', 'an empty JWKS', '{"keys":[]}'],
	['AIR_PUBLIC_KEY_EMPTY', 'an empty list', '[]'],

	['AIR_PUBLIC_KEY_IS_PRIVATE', 'PKCS#8, EC', pkcs8(ecKey())],
	['AIR_PUBLIC_KEY_IS_PRIVATE', 'PKCS#8, RSA', pkcs8(rsaKey())],
	['AIR_PUBLIC_KEY_IS_PRIVATE', 'PKCS#8, escaped', escaped(pkcs8(rsaKey()))],
	['AIR_PUBLIC_KEY_IS_PRIVATE', 'PKCS#8, cut', pkcs8(rsaKey()).slice(0, 200)],
	['AIR_PUBLIC_KEY_IS_PRIVATE', 'PKCS#8, beginning lost', pkcs8(rsaKey()).slice(28)],
	['AIR_PUBLIC_KEY_IS_PRIVATE', 'labelled public', relabelled(pkcs8(rsaKey()), 'PUBLIC KEY')],
	['AIR_PUBLIC_KEY_IS_PRIVATE', 'labelled certificate', relabelled(pkcs8(ecKey()), 'CERTIFICATE')],
	['AIR_PUBLIC_KEY_IS_PRIVATE', 'base64 of the DER', body(pkcs8(ecKey()))],
	['AIR_PUBLIC_KEY_IS_PRIVATE', 'base64 of the PEM', base64(pkcs8(ecKey()))],
	['AIR_PUBLIC_KEY_IS_PRIVATE', 'SEC1', ecKey().export({ type: 'sec1', format: 'pem' }).toString()],
	[
		'AIR_PUBLIC_KEY_IS_PRIVATE',
		'PKCS#1, bare',
		body(rsaKey().export({ type: 'pkcs1', format: 'pem' }).toString()),
	],
	['AIR_PUBLIC_KEY_IS_PRIVATE', 'encrypted', encrypted],
	['AIR_PUBLIC_KEY_IS_PRIVATE', 'encrypted, bare', body(encrypted)],
	['AIR_PUBLIC_KEY_IS_PRIVATE', 'after a public one', pem + pkcs8(rsaKey())],
	['AIR_PUBLIC_KEY_IS_PRIVATE', 'JWK, EC', json(privateJwk(ecKey()))],
	['AIR_PUBLIC_KEY_IS_PRIVATE', 'JWK, RSA', json(privateJwk(rsaKey()))],
	['AIR_PUBLIC_KEY_IS_PRIVATE', 'JWK as a JSON string', json(json(privateJwk(ecKey())))],
	['AIR_PUBLIC_KEY_IS_PRIVATE', 'base64 of a JWK', base64(json(privateJwk(ecKey())))],
	['AIR_PUBLIC_KEY_IS_PRIVATE', 'second of a JWKS', json({ keys: [a, privateJwk(rsaKey())] })],
	['AIR_PUBLIC_KEY_IS_PRIVATE', 'JWK after a PEM', `${pem}\n${json(privateJwk(ecKey()))}`],
	['AIR_PUBLIC_KEY_IS_PRIVATE', 'JWK of a type unknown here', json({ kty: 'OKP', d: 'AA' })],
	['AIR_PUBLIC_KEY_IS_PRIVATE', 'JWK whose d is not a key', json({ ...a, d: null })],
	...['p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].map((member): [AirErrorCode, string, string] => [
		'AIR_PUBLIC_KEY_IS_PRIVATE',
		`JWK with ${member} alone`,
		json({ ...b, [member]: 'AA' }),
	]),
	['AIR_PUBLIC_KEY_IS_PRIVATE', 'a shared secret', json({ kty: 'oct', k: base64('secret') })],

	['AIR_KEY_RSA_SHORT', 'RSA-1024', spki(rsaKey(1024))],
	['AIR_KEY_RSA_SHORT', 'RSA-1024 JWK', json(publicJwk(rsaKey(1024)))],
	['AIR_KEY_RSA_PSS', 'RSA-PSS', spki(rsaPss)],
	['AIR_KEY_SECP256K1', 'secp256k1', spki(ecKey('secp256k1'))],
	['AIR_KEY_SECP256K1', 'secp256k1 JWK', json(publicJwk(ecKey('secp256k1')))],
	['AIR_KEY_CURVE', 'P-384', spki(ecKey('P-384'))],
	['AIR_KEY_EDDSA', 'Ed25519', spki(ed25519)],
	['AIR_KEY_EDDSA', 'Ed25519 JWK', json(publicJwk(ed25519))],
	['AIR_KEY_TYPE', 'X25519', spki(x25519)],
	['AIR_KEY_TYPE', 'X25519 JWK', json(publicJwk(x25519))],
	['AIR_KEY_TYPE', 'DSA', spki(dsa)],
	['AIR_KEY_TYPE', 'a label of another world', relabelled(pem, 'PGP MESSAGE')],
	['AIR_KEY_TYPE', 'a shared secret without itself', json({ kty: 'oct' })],

	['AIR_PUBLIC_KEY_PURPOSE', 'for encryption', json({ ...b, use: 'enc' })],
	['AIR_PUBLIC_KEY_PURPOSE', 'PS256', json({ ...b, alg: 'PS256' })],
	['AIR_PUBLIC_KEY_PURPOSE', 'RS512', json({ ...b, alg: 'RS512' })],
	['AIR_PUBLIC_KEY_PURPOSE', 'the algorithm of the other type', json({ ...a, alg: 'RS256' })],
	['AIR_PUBLIC_KEY_PURPOSE', 'alg is not text', json({ ...a, alg: 5 })],
	['AIR_PUBLIC_KEY_KID_INVALID', 'kid is not text', json({ ...a, kid: 7 })],
	['AIR_PUBLIC_KEY_KID_INVALID', 'kid is empty', json({ ...a, kid: '' })],
	['AIR_PUBLIC_KEY_KID_INVALID', 'kid with a newline', json({ ...a, kid: 'a\nb' })],
	['AIR_PUBLIC_KEY_KID_INVALID', 'kid that cannot be seen', json({ ...a, kid: '\u200b' })],
	['AIR_PUBLIC_KEY_KID_INVALID', 'kid without end', json({ ...a, kid: 'a'.repeat(256) })],
	['AIR_PUBLIC_KEY_CERTIFICATES', 'a chain', cert + certificateForLocalhost().cert],

	['AIR_PUBLIC_KEY_INCOMPLETE', 'cut in the middle', pem.slice(0, 200)],
	['AIR_PUBLIC_KEY_INCOMPLETE', 'cut in the BEGIN line', pem.slice(0, 20)],
	['AIR_PUBLIC_KEY_INCOMPLETE', 'the BEGIN line is missing', pem.slice(27)],
	['AIR_PUBLIC_KEY_INCOMPLETE', 'the second is cut', pem + pem.slice(0, 200)],
	['AIR_PUBLIC_KEY_INCOMPLETE', 'half a JWK', json(a).slice(0, 60)],
	['AIR_PUBLIC_KEY_INCOMPLETE', 'the second JWK is cut', json([a, b]).slice(0, -20)],
	['AIR_PUBLIC_KEY_INCOMPLETE', 'a JWK after a PEM is cut', pem + json(a).slice(0, 60)],
	['AIR_PUBLIC_KEY_UNREADABLE', 'a hole in the middle', pem.slice(0, 100) + pem.slice(200)],
	['AIR_PUBLIC_KEY_OPENSSH', 'ssh-rsa', 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAB me@host\n'],
	['AIR_PUBLIC_KEY_OPENSSH', 'ecdsa', 'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAI'],
	[
		'AIR_PUBLIC_KEY_OPENSSH',
		'its other form',
		'---- BEGIN SSH2 PUBLIC KEY ----\nAAAAB3NzaC1yc2EA\n',
	],
	['AIR_PUBLIC_KEY_OPENSSH', 'below a PEM', `${pem}\nssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAB`],
	['AIR_PUBLIC_KEY_UNREADABLE', 'a password', 'hunter2hunter2'],
	['AIR_PUBLIC_KEY_UNREADABLE', 'a file name', './keys/public.pem'],
	['AIR_PUBLIC_KEY_UNREADABLE', 'an address', 'https://example.com/.well-known/jwks.json'],
	['AIR_PUBLIC_KEY_UNREADABLE', 'an expression', '{{ $json.key }}'],
	['AIR_PUBLIC_KEY_UNREADABLE', 'JSON that is not a key', '{"type":"service_account"}'],
	['AIR_PUBLIC_KEY_UNREADABLE', 'a point off the curve', json({ ...a, x: a.y })],
	['AIR_PUBLIC_KEY_UNREADABLE', 'no modulus', json({ ...b, n: undefined })],
	['AIR_PUBLIC_KEY_UNREADABLE', 'n is not text', json({ ...b, n: 5 })],
	['AIR_PUBLIC_KEY_UNREADABLE', 'keys is not a list', '{"keys":{}}'],
	['AIR_PUBLIC_KEY_UNREADABLE', 'a list of texts', '{"keys":["a"]}'],
	['AIR_PUBLIC_KEY_UNREADABLE', 'more than a JWK', `${json(a)} and more`],
	['AIR_PUBLIC_KEY_UNREADABLE', '1 MB', 'A'.repeat(2 ** 20)],
	[
		'AIR_PUBLIC_KEY_UNREADABLE',
		'an empty PEM',
		'-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----',
	],
];

test.each(refusals)('%s: %s', async (code, _name, text) => {
	const error = await airErrorOf(() => importPublicKeys(text));
	expect(error.code).toBe(code);
	expect(error.kind).toBe('input');
	const shown = everythingShown(error);
	expect(piecesOf(text).filter((piece) => shown.includes(piece))).toEqual([]);
	expect(error.cause).toBeUndefined();
});

test('every code of the catalogue for public keys has a row here', () => {
	// Only a document of several keys can have a kid twice: jwksDocument.test.ts.
	expect([...new Set(refusals.map(([code]) => code)), 'AIR_PUBLIC_KEY_KID_TWICE']).toEqual(
		expect.arrayContaining(Object.keys(publicKeyErrors)),
	);
});

const WHITELIST = ['kty', 'n', 'e', 'crv', 'x', 'y', 'kid', 'alg', 'use'];

test('whatever else a JWK carries, only public members come out, or nothing', async () => {
	const member = fc.oneof(
		fc.constantFrom('d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'D', 'priv', '__proto__', 'x5c'),
		fc.string(),
	);
	await fc.assert(
		fc.asyncProperty(
			fc.constantFrom(a, b),
			fc.dictionary(member, fc.json(), { maxKeys: 4 }),
			async (jwk, more) => {
				try {
					const [read] = await importPublicKeys(json({ ...more, ...jwk }));
					expect(WHITELIST).toEqual(expect.arrayContaining(Object.keys(read ?? {})));
					expect(Object.keys(more).filter((name) => /^([dpqk]|d[pq]|qi|oth)$/.test(name))).toEqual(
						[],
					);
				} catch (error) {
					if (!(error instanceof Error) || !('code' in error)) throw error;
					expect(error.code).toMatch(/^AIR_PUBLIC_KEY_/);
				}
			},
		),
		{ numRuns: 300 },
	);
});

const FORMS = [pem, body(pem), spki(ecKey()), json(a), json({ keys: [a, b] }), base64(pem), cert];

test('no form of a private key is ever read, whatever surrounds it', async () => {
	const secrets = [
		pkcs8(ecKey()),
		escaped(pkcs8(rsaKey())),
		json(privateJwk(ecKey())),
		json({ keys: [privateJwk(rsaKey())] }),
	];
	await fc.assert(
		fc.asyncProperty(
			fc.constantFrom('', ...FORMS),
			fc.constantFrom(...secrets),
			fc.constantFrom('\n', ' ', ',', ''),
			fc.boolean(),
			async (other, secret, between, first) => {
				const text = first ? `${secret}${between}${other}` : `${other}${between}${secret}`;
				// Bare base64 next to something else is not a key at all.
				expect((await airErrorOf(() => importPublicKeys(text))).code).toMatch(
					/^AIR_PUBLIC_KEY_(IS_PRIVATE|UNREADABLE)$/,
				);
			},
		),
		{ numRuns: 200 },
	);
});
