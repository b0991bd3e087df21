import { createPrivateKey, createPublicKey } from 'node:crypto';
import fc from 'fast-check';
import { calculateJwkThumbprint, importJWK, jwtVerify, SignJWT } from 'jose';
import { importPrivateKey } from '../../../../air/keys/privateKey';
import { importPublicKeys } from '../../../../air/keys/publicKey';
import { isSamePublicKey, isSpeltAsUsual, publicKeyOf } from '../../../../air/keys/samePublicKey';
import { ecKey, rsaKey } from '../support';

const bytes = (text: string) => Buffer.from(text, 'base64url');

/** Other ways to write the number of a member, as encoders in other languages do. */
const SPELLINGS: Readonly<Record<string, (text: string) => string>> = {
	'padded base64url': (text) => text + '='.repeat((4 - (text.length % 4)) % 4),
	'plain base64': (text) => bytes(text).toString('base64'),
	'plain base64 without padding': (text) => bytes(text).toString('base64').replace(/=+$/, ''),
	'a leading zero': (text) => Buffer.concat([Buffer.alloc(1), bytes(text)]).toString('base64url'),
	'three leading zeros': (text) =>
		Buffer.concat([Buffer.alloc(3), bytes(text)]).toString('base64url'),
	'a newline inside': (text) => `${text.slice(0, 2)}\n${text.slice(2)}`,
	'spaces around': (text) => ` ${text} `,
};

const publicJwk = (key: ReturnType<typeof ecKey>) => createPublicKey(key).export({ format: 'jwk' });

/** A coordinate with a zero in front, which some encoders leave out. */
function ecKeyWithShortCoordinate() {
	for (let i = 0; ; i++) {
		const key = ecKey('P-256', `short ${i}`);
		if (bytes(publicJwk(key).x ?? '')[0] === 0) return key;
	}
}

describe.each([
	['RS256', rsaKey(), rsaKey(2048, 'second'), ['n', 'e']],
	['ES256', ecKey(), ecKey('P-256', 'second'), ['x', 'y']],
] as const)('%s', (alg, key, otherKey, members) => {
	const jwk = publicJwk(key);
	const other = publicJwk(otherKey);
	const respelt = (spell: (text: string) => string) => ({
		...jwk,
		...Object.fromEntries(members.map((member) => [member, spell(String(jwk[member]))])),
	});

	test.each(Object.entries(SPELLINGS))('%s is the same key, as it is to jose', async (_, spell) => {
		const published = respelt(spell);
		const token = await new SignJWT({}).setProtectedHeader({ alg }).sign(key);
		await jwtVerify(token, await importJWK({ ...published, alg }));
		expect(isSamePublicKey(jwk, published)).toBe(true);
		expect(isSamePublicKey(published, jwk)).toBe(true);
		expect(isSamePublicKey(published, other)).toBe(false);
	});

	test('the order of members, and further ones, change nothing', () => {
		const turned = Object.fromEntries(Object.entries(jwk).reverse());
		const more = { ...turned, kid: ' k ', alg: 'none', x5t: 'AA', crv2: 1, d: 'AA' };
		expect(isSamePublicKey(jwk, more)).toBe(true);
		expect(isSpeltAsUsual(more)).toBe(true);
	});

	test('another key is another key', () => {
		expect(isSamePublicKey(jwk, other)).toBe(false);
		for (const member of members) {
			const mixed = { ...jwk, [member]: alg === 'RS256' && member === 'e' ? 'Aw' : other[member] };
			expect(isSamePublicKey(jwk, mixed)).toBe(false);
		}
	});

	test.each(Object.entries(SPELLINGS))('%s is not as usual', (_, spell) => {
		const published = respelt(spell);
		const changed = members.some((member) => published[member] !== jwk[member]);
		expect(isSpeltAsUsual(published)).toBe(!changed);
	});

	test('as usual is what RFC 7518 says', () => {
		expect(isSpeltAsUsual(jwk)).toBe(true);
	});

	test.each(members)('without %s, or with anything but text in it, there is no key', (member) => {
		for (const value of [undefined, null, 5, {}, [], true, '']) {
			expect(publicKeyOf({ ...jwk, [member]: value })).toBeUndefined();
			expect(isSamePublicKey(jwk, { ...jwk, [member]: value })).toBe(false);
		}
	});

	test.each(Object.entries(SPELLINGS))(
		'a pasted public key with %s is published as usual, under one thumbprint',
		async (_, spell) => {
			const [published] = await importPublicKeys(JSON.stringify(respelt(spell)));
			expect(published).toMatchObject(Object.fromEntries(members.map((m) => [m, jwk[m]])));
			expect(published?.kid).toBe(await calculateJwkThumbprint(jwk));
		},
	);

	test.each(Object.entries(SPELLINGS))(
		'a private key with %s has one thumbprint',
		async (_, spell) => {
			const secret = { ...key.export({ format: 'jwk' }), ...respelt(spell) };
			const { thumbprint } = await importPrivateKey(JSON.stringify(secret));
			expect(thumbprint).toBe(await calculateJwkThumbprint(jwk));
		},
	);
});

test('a coordinate without its leading zero is the same key, and not as usual', () => {
	const jwk = publicJwk(ecKeyWithShortCoordinate());
	const short = {
		...jwk,
		x: bytes(jwk.x ?? '')
			.subarray(1)
			.toString('base64url'),
	};
	expect(isSamePublicKey(jwk, short)).toBe(true);
	expect([isSpeltAsUsual(jwk), isSpeltAsUsual(short)]).toEqual([true, false]);
});

test('keys of two types, or no keys, leave nothing behind that a later use of a key would throw', () => {
	const [rsa, ec] = [publicJwk(rsaKey()), publicJwk(ecKey())];
	for (const one of [rsa, ec, { ...ec, y: 'AA' }, { ...rsa, n: '!' }]) {
		for (const other of [rsa, ec, publicJwk(ecKey('secp256k1')), { ...ec, x: 'AA' }]) {
			isSamePublicKey(one, other);
			isSpeltAsUsual(other);
			const pem = ecKey().export({ type: 'pkcs8', format: 'pem' }).toString();
			expect(createPrivateKey(pem).export({ format: 'jwk' }).kty).toBe('EC');
		}
	}
});

test('whatever it is, it is compared without a failure', () => {
	fc.assert(
		fc.property(fc.object(), fc.object(), (one, other) => {
			expect(isSamePublicKey(one, other)).toBe(false);
			expect(isSpeltAsUsual(one)).toBe(false);
		}),
	);
});
