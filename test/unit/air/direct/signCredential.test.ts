import { compactVerify, decodeJwt, decodeProtectedHeader } from 'jose';
import { hideClaims } from '../../../../air/direct/hideClaims';
import { readBinding } from '../../../../air/direct/holderKeys';
import {
	credentialId,
	revocationNumber,
	systemRandomness,
} from '../../../../air/direct/randomness';
import { signCredential, type CredentialInput } from '../../../../air/direct/signCredential';
import { webIssuer } from '../../../../air/direct/webIssuer';
import type { PrivateKey } from '../../../../air/keys/privateKey';
import { SecretSearch } from '../../../support/SecretSearch';
import { airErrorOf, ecKey } from '../support';
import { fixedRandomness, issuerKey, makeHolder } from './support';

const NOW = 1_764_000_000_500;
const issuer = webIssuer('did:web:issuer.example.com');
const holder = makeHolder();
let es256: PrivateKey;
let rs256: PrivateKey;

beforeAll(async () => {
	es256 = await issuerKey('ES256');
	rs256 = await issuerKey('RS256');
});

const input = (rest: Partial<CredentialInput> = {}): CredentialInput => ({
	issuer,
	kid: 'key-1',
	key: es256,
	holderDid: 'did:air:id:test:4Ab',
	vct: 'Membership',
	id: 'urn:uuid:2c5ea4c0-4067-41e9-8bad-9b1deb4d3b7d',
	nonce: '42',
	expiresAt: 1_795_536_000,
	binding: holder.binding,
	claims: hideClaims({ tier: 'Gold', level: 3 }, { disclosable: ['tier'] }, fixedRandomness()),
	...rest,
});

test.each(['ES256', 'RS256'] as const)('signs with %s', async (algorithm) => {
	const key = algorithm === 'ES256' ? es256 : rs256;
	const [jwt = '', ...rest] = (await signCredential(input({ key }), NOW)).split('~');
	expect(rest).toEqual([...input().claims.disclosures, '']);
	const { payload } = await compactVerify(jwt, key.publicJwk, { algorithms: [algorithm] });
	expect(decodeProtectedHeader(jwt)).toEqual({
		alg: algorithm,
		typ: 'dc+sd-jwt',
		kid: 'did:web:issuer.example.com#key-1',
	});
	expect(JSON.parse(Buffer.from(payload).toString())).toEqual({
		iss: 'did:web:issuer.example.com',
		sub: 'did:air:id:test:4Ab',
		vct: 'Membership',
		id: 'urn:uuid:2c5ea4c0-4067-41e9-8bad-9b1deb4d3b7d',
		nonce: '42',
		iat: 1_764_000_000 - 60,
		exp: 1_795_536_000,
		cnf: { jwk: holder.binding },
		level: 3,
		_sd: [expect.any(String)],
		_sd_alg: 'sha-256',
	});
});

test('without disclosures it ends in one tilde', async () => {
	const claims = hideClaims({ tier: 1 }, { disclosable: 'none' }, systemRandomness);
	expect(await signCredential(input({ claims }), NOW)).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+~$/);
});

test('with a status list, unbound, and with the https issuer', async () => {
	const status = { idx: 7, uri: 'https://issuer.example.com/list/1' };
	const credential = await signCredential(
		input({ status, binding: 'unbound', issuerAs: 'url' }),
		NOW,
	);
	const payload = decodeJwt(credential.split('~')[0] ?? '');
	expect(payload.status).toEqual({ status_list: status });
	expect(payload).not.toHaveProperty('cnf');
	expect(payload.iss).toBe('https://issuer.example.com');
	// Still: with a bare kid some verifiers find no key.
	expect(decodeProtectedHeader(credential).kid).toBe('did:web:issuer.example.com#key-1');
});

test.each([
	['now', 1_764_000_000],
	['in the past', 1_000],
	['not a whole second', 1_795_536_000.5],
	['milliseconds', 1_795_536_000_000],
	['no number', Number.NaN],
	['endless', Number.POSITIVE_INFINITY],
])('an expiry is refused: %s', async (_name, expiresAt) => {
	const error = await airErrorOf(() => signCredential(input({ expiresAt }), NOW));
	expect([error.code, error.kind]).toEqual(['AIR_DIRECT_EXPIRY_INVALID', 'input']);
});

describe('what the holder shows it with', () => {
	const jwk = ecKey('P-256', 'holder').export({ format: 'jwk' });

	test('has four members, whatever else came', () => {
		const { d, x, y } = jwk;
		expect(readBinding({ ...jwk, d, kid: 'k', use: 'sig' })).toEqual({
			kty: 'EC',
			crv: 'P-256',
			x,
			y,
		});
	});

	test.each([
		['not there', undefined],
		['text', 'text'],
		['another curve', ecKey('P-384').export({ format: 'jwk' })],
		['secp256k1', ecKey('secp256k1').export({ format: 'jwk' })],
		['a curve that it is not on', { ...jwk, crv: 'P-384' }],
		['a point that is not on the curve', { ...jwk, x: jwk.y, y: jwk.x }],
		['without y', { kty: 'EC', crv: 'P-256', x: jwk.x }],
		['with padding', { ...jwk, x: `${jwk.x ?? ''}=` }],
		['RSA', { kty: 'RSA', n: 'AQAB', e: 'AQAB' }],
	])('is refused: %s', async (_name, given) => {
		const error = await airErrorOf(() => readBinding(given));
		expect([error.code, error.kind]).toEqual(['AIR_HOLDER_BINDING_INVALID', 'not-sent']);
	});
});

test.each([['a b'], ['a#b'], ['a/b'], [''], ['a\n'], ['ä'], ['%41'], ['x'.repeat(256)]])(
	'the kid %j cannot be part of a DID URL',
	async (kid) => {
		const error = await airErrorOf(() => signCredential(input({ kid }), NOW));
		expect([error.code, error.kind]).toEqual(['AIR_DIRECT_KID_INVALID', 'input']);
	},
);

test('nothing of the key is in the credential', async () => {
	const search = new SecretSearch().addKey(
		ecKey().export({ type: 'pkcs8', format: 'pem' }).toString(),
	);
	expect(search.find(await signCredential(input(), NOW))).toBeUndefined();
});

test('IDs are random UUIDs, and revocation numbers 63 random bits', () => {
	const ids = Array.from({ length: 1_000 }, () => credentialId(systemRandomness));
	const numbers = Array.from({ length: 1_000 }, () => revocationNumber(systemRandomness));
	expect(new Set(ids).size).toBe(1_000);
	expect(new Set(numbers).size).toBe(1_000);
	for (const id of ids) {
		expect(id).toMatch(/^urn:uuid:[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
	}
	for (const number of numbers) expect(BigInt(number)).toBeLessThan(2n ** 63n);
	expect(numbers.some((number) => BigInt(number) > 2n ** 62n)).toBe(true);
	expect(credentialId(fixedRandomness())).toBe(credentialId(fixedRandomness()));
});

test('no random byte is given out twice, however many are asked for at once', () => {
	const sizes = [...Array.from({ length: 2_000 }, () => 16), 4_096, 5_000, 12, 4_090, 16];
	const drawn = sizes.map((size) => systemRandomness.bytes(size));
	expect(drawn.map(({ length }) => length)).toEqual(sizes);
	// Wiping some of them leaves the others.
	drawn[0]?.fill(0);
	const begins = drawn.slice(1).map((bytes) => bytes.toString('hex', 0, 12));
	expect(new Set(begins).size).toBe(begins.length);
	expect(drawn.slice(1).every((bytes) => bytes.some((byte) => byte !== 0))).toBe(true);
});
