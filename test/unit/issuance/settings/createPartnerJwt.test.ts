import fc from 'fast-check';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import {
	createPartnerJwt,
	type PartnerJwtRequest,
} from '../../../../issuance/settings/createPartnerJwt';
import { readSettings, type AirSettings } from '../../../../issuance/settings/settings';
import { makeKey } from '../../../support/keys';
import { airErrorOf } from '../support';

const key = makeKey();
const NOW = Date.UTC(2026, 0, 19, 7, 18, 45);
let settings: AirSettings;

beforeAll(async () => {
	settings = await readSettings({
		partnerId: 'partner',
		privateKey: key.pem,
		kid: 'key-1',
		allowHandingOutJwts: true,
	});
});

const create = async (request: Partial<PartnerJwtRequest>, own: AirSettings = settings) =>
	await createPartnerJwt(own, { scope: 'issue', email: '', extraClaims: {}, ...request }, NOW);

const codeOf = async (request: Partial<PartnerJwtRequest>, own?: AirSettings) =>
	(await airErrorOf(async () => await create(request, own))).code;

async function claimsOf(request: Partial<PartnerJwtRequest>) {
	const { token } = await create(request);
	const currentDate = new Date(NOW + 1000);
	return (await jwtVerify(token, key.publicKey, { currentDate })).payload;
}

const TIMES = { iat: NOW / 1000 - 10, exp: NOW / 1000 + 300 };

test('says what the token is, and signs what it says', async () => {
	const { token, ...rest } = await create({ email: ' ada@example.com ' });
	expect(rest).toEqual({
		expiresAt: '2026-01-19T07:23:45.000Z',
		partnerId: 'partner',
		kid: 'key-1',
		scope: 'issue',
		email: 'ada@example.com',
	});
	expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', kid: 'key-1', typ: 'JWT' });
});

test.each<[Partial<PartnerJwtRequest>, object]>([
	[{ scope: 'issue' }, { scope: 'issue' }],
	[{ scope: 'verify' }, { scope: 'verify' }],
	[{ scope: undefined }, {}],
	[{ scope: ' issue verify ' }, { scope: 'issue verify' }],
	[
		{ scope: 'issue on-behalf', email: 'ada@example.com' },
		{ scope: 'issue on-behalf', email: 'ada@example.com' },
	],
	[{ email: null }, { scope: 'issue' }],
	[{ extraClaims: '{"aud": "air", "n": [1]}' }, { scope: 'issue', aud: 'air', n: [1] }],
	[{ extraClaims: ' ' }, { scope: 'issue' }],
	[{ extraClaims: undefined }, { scope: 'issue' }],
])('%j', async (request, claims) => {
	expect(await claimsOf(request)).toEqual({ partnerId: 'partner', ...claims, ...TIMES });
});

test.each<[Partial<PartnerJwtRequest>, string]>([
	[{ scope: '' }, 'AIR_SCOPE_INVALID'],
	[{ scope: 'a\nb' }, 'AIR_SCOPE_INVALID'],
	[{ scope: 'x'.repeat(201) }, 'AIR_SCOPE_INVALID'],
	[{ scope: 'issue on-behalf' }, 'AIR_ADDRESS_INVALID'],
	[{ email: 'ada' }, 'AIR_ADDRESS_INVALID'],
	[{ email: 3 }, 'AIR_ADDRESS_INVALID'],
	[{ extraClaims: '{' }, 'AIR_CLAIMS_INVALID'],
	[{ extraClaims: [1] }, 'AIR_CLAIMS_INVALID'],
	[{ extraClaims: '"text"' }, 'AIR_CLAIMS_INVALID'],
	[{ extraClaims: '{"role": "user", "role": "user"}' }, 'AIR_CLAIMS_INVALID'],
	[{ extraClaims: '{"n": [4012888888881881123]}' }, 'AIR_CLAIMS_INVALID'],
	[{ extraClaims: { n: 2 ** 53 } }, 'AIR_CLAIMS_INVALID'],
	[{ extraClaims: { big: 'x'.repeat(4000) } }, 'AIR_CLAIMS_INVALID'],
	...['partnerId', 'scope', 'email', 'iat', 'exp', 'nbf'].map((name): [object, string] => [
		{ extraClaims: { [name]: 1 } },
		'AIR_CLAIMS_INVALID',
	]),
])('%j is refused', async (request, code) => {
	expect(await codeOf(request)).toBe(code);
});

test('without the consent of the owner of the credential there is no token', async () => {
	expect(await codeOf({}, { ...settings, allowHandingOutJwts: false })).toBe(
		'AIR_TOKENS_NOT_ALLOWED',
	);
	const { allowHandingOutJwts } = await readSettings({ partnerId: 'p', privateKey: key.pem });
	expect(allowHandingOutJwts).toBe(false);
});

test('no extra claim changes whose token it is, or how long it lives', async () => {
	await fc.assert(
		fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 5 }), async (extra) => {
			try {
				const claims = await claimsOf({ extraClaims: JSON.stringify(extra) });
				expect(claims).toMatchObject({ partnerId: 'partner', scope: 'issue', ...TIMES });
				expect(claims.email).toBeUndefined();
			} catch (error) {
				expect(error).toMatchObject({ code: 'AIR_CLAIMS_INVALID' });
			}
		}),
		{ numRuns: 50 },
	);
});
