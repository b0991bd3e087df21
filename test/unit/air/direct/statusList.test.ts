import { createPublicKey } from 'node:crypto';
import fc from 'fast-check';
import { CompactSign, compactVerify, decodeJwt, decodeProtectedHeader } from 'jose';
import {
	encodeBits,
	LIVE_LIFETIME_SECONDS,
	LIVE_TTL_SECONDS,
	readStatusList,
	signStatusList,
	statusBits,
	statusListUri,
	type StatusListInput,
} from '../../../../air/direct/statusList';
import { webIssuer } from '../../../../air/direct/webIssuer';
import { importPrivateKey, type PrivateKey } from '../../../../air/keys/privateKey';
import { publicJwkOf } from '../../../../air/keys/PublicJwk';
import { makeKey } from '../../../support/keys';
import { airErrorOf } from '../support';
import { issuerKey } from './support';

const NOW = 1_764_000_000_500;
const issuer = webIssuer('did:web:issuer.example.com');
const uri = 'https://issuer.example.com/status-lists/k3v';
let es256: PrivateKey;
let rs256: PrivateKey;

beforeAll(async () => {
	es256 = await issuerKey('ES256');
	rs256 = await issuerKey('RS256');
});

const input = (rest: Partial<StatusListInput> = {}): StatusListInput => ({
	issuer,
	issuerAs: 'did',
	kid: 'key-1',
	key: es256,
	uri,
	size: 64,
	revoked: [3, 40],
	...rest,
});

describe('the bits', () => {
	test('as the specification has them: its own example', () => {
		const revoked = [0, 3, 4, 5, 7, 8, 9, 13, 15];
		const bits = statusBits(16, revoked);
		expect(bits.toString('hex')).toBe('b9a3');
		expect(encodeBits(bits)).toBe('eNrbuRgAAhcBXQ');
	});

	test.each([
		[0, '01000000'],
		[7, '80000000'],
		[8, '00010000'],
		[31, '00000080'],
	])('place %i is %s', (place, hex) => {
		expect(statusBits(32, [place]).toString('hex')).toBe(hex);
	});

	test.each([-1, 64, 1.5, Number.NaN])('there is no place %p', async (place) => {
		const error = await airErrorOf(() => statusBits(64, [place]));
		expect(error.code).toBe('AIR_STATUS_LIST_INVALID');
	});

	test('what is packed is read again, whatever it is', async () => {
		const keys = [publicJwkOf(es256, 'key-1')];
		const places = fc.uniqueArray(fc.nat({ max: 1023 }), { maxLength: 200 });
		await fc.assert(
			fc.asyncProperty(places, async (revoked) => {
				const token = await signStatusList(input({ size: 1024, revoked }), NOW);
				const read = await readStatusList(token, issuer, keys);
				expect(read.size).toBe(1024);
				expect(read.revoked).toEqual([...revoked].sort((a, b) => a - b));
			}),
			{ numRuns: 50 },
		);
	});
});

describe('the token', () => {
	test.each(['ES256', 'RS256'] as const)('is signed with %s', async (algorithm) => {
		const key = algorithm === 'ES256' ? es256 : rs256;
		const token = await signStatusList(input({ key }), NOW);
		await compactVerify(token, createPublicKey(key.keyObject), { algorithms: [algorithm] });
		expect(decodeProtectedHeader(token)).toEqual({
			alg: algorithm,
			typ: 'statuslist+jwt',
			kid: 'did:web:issuer.example.com#key-1',
		});
	});

	test('in AIR’s bare form neither expires nor says how long to keep it, and never names the partner', async () => {
		expect(decodeJwt(await signStatusList(input(), NOW))).toEqual({
			iss: 'did:web:issuer.example.com',
			sub: uri,
			iat: 1_763_999_940,
			status_list: { bits: 1, lst: encodeBits(statusBits(64, [3, 40])) },
		});
	});

	test('served by a program it is kept for an hour, and good for a day', async () => {
		const times = { ttlSeconds: LIVE_TTL_SECONDS, lifetimeSeconds: LIVE_LIFETIME_SECONDS };
		const token = await signStatusList(input({ ...times, issuerAs: 'url' }), NOW);
		expect(decodeJwt(token)).toMatchObject({
			iss: 'https://issuer.example.com',
			iat: 1_763_999_940,
			exp: 1_763_999_940 + 86_400,
			ttl: 3_600,
		});
	});

	test('a kid that makes no DID URL is refused', async () => {
		await expect(signStatusList(input({ kid: 'a b' }), NOW)).rejects.toMatchObject({
			code: 'AIR_DIRECT_KID_INVALID',
		});
	});
});

describe('reading', () => {
	const detailOf = async (token: string, keys = [publicJwkOf(es256, 'key-1')]) =>
		await readStatusList(token, issuer, keys).then(
			() => 'read',
			(error: unknown) => {
				expect(error).toMatchObject({ code: 'AIR_STATUS_LIST_INVALID' });
				return (error as { facts: { detail?: string } }).facts.detail;
			},
		);

	const signed = async (payload: object, header: object = {}) =>
		await new CompactSign(Buffer.from(JSON.stringify(payload)))
			.setProtectedHeader({
				alg: 'ES256',
				typ: 'statuslist+jwt',
				kid: issuer.keyId('key-1'),
				...header,
			})
			.sign(es256.keyObject);

	const whole = { sub: uri, iat: 1, status_list: { bits: 1, lst: encodeBits(Buffer.alloc(8)) } };

	test('all that it says', async () => {
		const token = await signStatusList(input({ ttlSeconds: 60, lifetimeSeconds: 600 }), NOW);
		expect(await readStatusList(`${token}\n`, issuer, [publicJwkOf(es256, 'key-1')])).toEqual({
			uri,
			issuedAt: 1_763_999_940,
			expiresAt: 1_764_000_540,
			ttlSeconds: 60,
			size: 64,
			revoked: [3, 40],
			keyId: 'did:web:issuer.example.com#key-1',
		});
	});

	test.each<[string, () => Promise<string> | string, string]>([
		['nothing', () => '', 'it is empty'],
		['a page', () => '<html>', 'it is not a JWT'],
		['another typ', () => signed(whole, { typ: 'JWT' }), 'its typ is not statuslist+jwt'],
		[
			'another kid',
			() => signed(whole, { kid: issuer.keyId('key-2') }),
			'the issuer does not have the key that signed it',
		],
		[
			'bits of two',
			() => signed({ ...whole, status_list: { bits: 2, lst: '' } }),
			'it has another form than AIR’s, with one bit for a place',
		],
		[
			'no sub',
			() => signed({ ...whole, sub: 1 }),
			'it has another form than AIR’s, with one bit for a place',
		],
		[
			'bits that are not packed',
			() => signed({ ...whole, status_list: { bits: 1, lst: 'AAAA' } }),
			'its bits cannot be unpacked',
		],
	])('%s is refused', async (_, make, detail) => {
		expect(await detailOf(await make())).toBe(detail);
	});

	test('a signature of another key is refused, and so is a list that was changed', async () => {
		const other = await importPrivateKey(makeKey().pem);
		const words = 'its signature is not that of the key that it names';
		const token = await signStatusList(input(), NOW);
		expect(await detailOf(token, [publicJwkOf(other, 'key-1')])).toBe(words);
		const [head, , signature] = token.split('.');
		const body = Buffer.from(JSON.stringify(whole)).toString('base64url');
		expect(await detailOf([head, body, signature].join('.'))).toBe(words);
	});
});

test('a list is in a folder, or behind what ends in an equals sign', () => {
	expect(statusListUri('https://a.example/lists', 'x')).toBe('https://a.example/lists/x');
	expect(statusListUri('https://a.example/lists/', 'x')).toBe('https://a.example/lists/x');
	expect(statusListUri('https://a.example/w?id=', 'x')).toBe('https://a.example/w?id=x');
});
