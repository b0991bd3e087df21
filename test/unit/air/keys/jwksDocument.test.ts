import fc from 'fast-check';
import { jwksDocument } from '../../../../air/keys/jwksDocument';
import type { PublicJwk } from '../../../../air/keys/PublicJwk';
import { publicJwkOf } from '../../../../air/keys/PublicJwk';
import { importPrivateKey } from '../../../../air/keys/privateKey';
import { airErrorOf, ecKey, rsaKey } from '../support';

let jwks: PublicJwk[];
beforeAll(async () => {
	const keys = [ecKey(), ecKey('P-256', 'second'), rsaKey(), rsaKey(2048, 'second')];
	jwks = await Promise.all(
		keys.map(async (key) => {
			const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
			return publicJwkOf(await importPrivateKey(pem));
		}),
	);
});

const key = (index: number, kid: string): PublicJwk => {
	const jwk = jwks[index];
	if (jwk === undefined) throw new Error('no such key');
	return { ...jwk, kid };
};

test('each key once, in the order given', () => {
	expect(jwksDocument([key(2, 'b'), key(0, 'a'), key(2, 'b')])).toEqual({
		keys: [key(2, 'b'), key(0, 'a')],
	});
});

test('one key under two kids stays under both', () => {
	expect(jwksDocument([key(0, 'old'), key(0, 'new')]).keys).toHaveLength(2);
});

test.each([
	[0, 1],
	[2, 3],
	[0, 2],
])('keys %d and %d under one kid: refused, by their places', async (first, second) => {
	const error = await airErrorOf(() =>
		jwksDocument([key(first, 'secret-kid'), key(3, 'b'), key(second, 'secret-kid')]),
	);
	expect(error.code).toBe('AIR_PUBLIC_KEY_KID_TWICE');
	expect(error.facts.detail).toBe('key 1 and key 3 of 3');
});

test('no key at all is not a JWKS', async () => {
	expect((await airErrorOf(() => jwksDocument([]))).code).toBe('AIR_PUBLIC_KEY_EMPTY');
});

test('every kid is there once, and names its own key', () => {
	const entries = fc.array(fc.tuple(fc.nat(3), fc.constantFrom('a', 'b', 'c', '__proto__')), {
		minLength: 1,
		maxLength: 8,
	});
	fc.assert(
		fc.property(entries, (given) => {
			const wanted = new Map<string, number>();
			const clash = given.some(([index, kid]) => {
				if (wanted.has(kid)) return wanted.get(kid) !== index;
				wanted.set(kid, index);
				return false;
			});
			const document = () => jwksDocument(given.map(([index, kid]) => key(index, kid)));
			if (clash) expect(document).toThrow(/same Key ID/);
			else expect(document().keys).toEqual([...wanted].map(([kid, index]) => key(index, kid)));
		}),
	);
});
