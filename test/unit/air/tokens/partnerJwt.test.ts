import fc from 'fast-check';
import { decodeJwt, importJWK, jwtVerify } from 'jose';
import { signPartnerJwt, type PartnerJwtClaims } from '../../../../air/tokens/partnerJwt';
import { importPrivateKey, type PrivateKey } from '../../../../air/keys/privateKey';
import { airErrorOf, ecKey, everythingShown, rsaKey } from '../support';

const read = async (key: ReturnType<typeof ecKey>): Promise<PrivateKey> =>
	await importPrivateKey(key.export({ type: 'pkcs8', format: 'pem' }).toString());

const claims: PartnerJwtClaims = {
	partnerId: '0b9a6ff4-1f6e-4d7e-9f43-2f9f5f0c1a11',
	kid: 'key-2026',
	scope: 'issue on-behalf',
	email: 'ada@example.com',
	lifetimeSeconds: 300,
};
const NOW = Date.parse('2026-01-19T07:18:45.678Z');

describe.each([
	['ES256', ecKey()],
	['RS256', rsaKey()],
])('%s', (alg, keyObject) => {
	test('header and claims are exactly those that AIR documents, and the signature verifies', async () => {
		const key = await read(keyObject);
		const { token, expiresAt } = await signPartnerJwt(key, claims, NOW);

		const { protectedHeader, payload } = await jwtVerify(
			token,
			await importJWK(key.publicJwk, alg),
			{ currentDate: new Date(NOW) },
		);
		expect(protectedHeader).toEqual({ alg, kid: 'key-2026', typ: 'JWT' });
		const seconds = Math.floor(NOW / 1000);
		expect(payload).toEqual({
			partnerId: claims.partnerId,
			scope: 'issue on-behalf',
			email: 'ada@example.com',
			iat: seconds - 10,
			exp: seconds + 300,
		});
		expect(expiresAt).toBe(seconds + 300);
	});
});

test('whatever the e-mail, key ID and scope are, they arrive as they were', async () => {
	const key = await read(ecKey());
	const publicKey = await importJWK(key.publicJwk, 'ES256');
	const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
	await fc.assert(
		fc.asyncProperty(text, text, text, async (email, kid, scope) => {
			const { token } = await signPartnerJwt(key, { ...claims, email, kid, scope }, NOW);
			const { protectedHeader, payload } = await jwtVerify(token, publicKey, {
				currentDate: new Date(NOW),
			});
			expect(payload).toMatchObject({ email, scope });
			expect(protectedHeader.kid).toBe(kid);
			expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
		}),
		{ numRuns: 50 },
	);
});

test.each([
	[60, 60],
	[60.9, 60],
	[300, 300],
	[890, 890],
	// Between `iat`, which is dated back, and `exp` lies a quarter of an hour at most.
	[890.5, 890],
	[899.5, 890],
	[900, 890],
])('of a lifetime of %d seconds, %d are left to it when it is signed', async (seconds, left) => {
	const key = await read(ecKey());
	const jwt = await signPartnerJwt(key, { ...claims, lifetimeSeconds: seconds }, NOW);
	expect(jwt.expiresAt).toBe(Math.floor(NOW / 1000) + left);
	const { iat = 0, exp = 0 } = decodeJwt(jwt.token);
	expect(exp).toBe(jwt.expiresAt);
	expect(exp - iat).toBeLessThanOrEqual(900);
});

/** PyJWT and golang-jwt 4 refuse every token whose `iat` is later than their own clock says. */
test.each([0, 3, 9])(
	'a verifier whose clock is %d s behind ours does not see the token as from its future',
	async (behind) => {
		const key = await read(ecKey());
		const { token } = await signPartnerJwt(key, claims, NOW);
		const { iat = Infinity } = decodeJwt(token);
		expect(iat).toBeLessThanOrEqual(NOW / 1000 - behind);
	},
);

test.each([59, 59.99, 901, 900.5, 0, -300, Number.NaN, Number.POSITIVE_INFINITY])(
	'a lifetime of %d seconds is refused',
	async (lifetimeSeconds) => {
		const key = await read(ecKey());
		const error = await airErrorOf(() => signPartnerJwt(key, { ...claims, lifetimeSeconds }, NOW));
		expect(error.code).toBe('AIR_SETTING_INVALID');
		expect(everythingShown(error)).not.toContain(claims.email);
	},
);
