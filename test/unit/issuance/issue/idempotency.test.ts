import { createPrivateKey } from 'node:crypto';
import { importPrivateKey, type PrivateKey } from '../../../../air/keys/privateKey';
import { idempotencyOf, type IdempotencyMode } from '../../../../issuance/issue/idempotency';
import type { IssueRequest } from '../../../../issuance/issue/Issuing';
import { makeKey } from '../../../support/keys';

let key: PrivateKey;
let other: PrivateKey;

beforeAll(async () => {
	key = await importPrivateKey(makeKey().pem);
	other = await importPrivateKey(makeKey('RS256').pem);
});

const request: IssueRequest = {
	recipient: 'ada@example.com',
	issuerDid: 'did:web:a.example',
	credentialId: 'c1',
	credentialSubject: { tier: 'Gold', points: { b: 2, a: [1, { y: 1, x: 2 }] } },
	onDuplicate: 'revoke',
};

const content: IdempotencyMode = { mode: 'content', rememberHours: 24 };
const keyOf = (
	changes: Partial<IssueRequest>,
	mode: IdempotencyMode = content,
	ignored: string[] = [],
) => idempotencyOf(key, { ...request, ...changes }, mode, ignored).key;

describe('Same Content', () => {
	test('does not depend on the order of members', () => {
		const credentialSubject = { points: { a: [1, { x: 2, y: 1 }], b: 2 }, tier: 'Gold' };
		expect(keyOf({ credentialSubject })).toBe(keyOf({}));
	});

	test.each<[string, Partial<IssueRequest>]>([
		['recipient', { recipient: 'bob@example.com' }],
		['issuer', { issuerDid: 'did:web:b.example' }],
		['a claim', { credentialSubject: { ...request.credentialSubject, tier: 'Silver' } }],
		['the type of a claim', { credentialSubject: { tier: 'Gold', points: '2' } }],
		['one claim more', { credentialSubject: { ...request.credentialSubject, x: null } }],
	])('depends on the %s', (_name, changes) => {
		expect(keyOf(changes)).not.toBe(keyOf({}));
	});

	test('does not depend on what is done with a duplicate', () => {
		expect(keyOf({ onDuplicate: 'ignore' })).toBe(keyOf({}));
	});

	test('leaves out the attributes that were named', () => {
		const credentialSubject = { ...request.credentialSubject, tier: 'Silver' };
		expect(keyOf({ credentialSubject }, content, ['tier'])).toBe(keyOf({}, content, ['tier']));
	});

	test('holds for the hours that were set, and for this private key only', () => {
		const set = idempotencyOf(key, request, { mode: 'content', rememberHours: 2 }, []);
		expect(set.rememberMs).toBe(2 * 60 * 60 * 1000);
		expect(idempotencyOf(other, request, content, []).key).not.toBe(set.key);
	});
});

describe('the same private key, written down in another way, recognizes what was issued with it', () => {
	const numberOf = (base64url: string) =>
		BigInt(`0x${Buffer.from(base64url, 'base64url').toString('hex')}`);
	const textOf = (number: bigint) => {
		const hex = number.toString(16);
		return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString(
			'base64url',
		);
	};
	/** The number whose product with this one leaves 1. */
	const inverse = (number: bigint, modulus: bigint): bigint => {
		let [a, b, x, y] = [number % modulus, modulus, 1n, 0n];
		while (b > 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y];
		return ((x % modulus) + modulus) % modulus;
	};
	const jwkOf = (pem: string): Record<string, string> =>
		createPrivateKey(pem).export({ format: 'jwk' }) as Record<string, string>;
	const member = (jwk: Record<string, string>, name: string) => jwk[name] ?? '';

	/** Some tools leave the public half out of an EC key: OpenSSL computes it. */
	const withoutPublicHalf = (pem: string): string => {
		const scalar = Buffer.from(member(jwkOf(pem), 'd'), 'base64url');
		const der = Buffer.concat([
			Buffer.from('30310201010420', 'hex'),
			scalar,
			Buffer.from('a00a06082a8648ce3d030107', 'hex'),
		]);
		return `-----BEGIN EC PRIVATE KEY-----\n${der.toString('base64')}\n-----END EC PRIVATE KEY-----`;
	};

	/** Nothing says which of the two primes comes first. */
	const withPrimesSwapped = (pem: string): string => {
		const jwk = jwkOf(pem);
		const [p, q] = [numberOf(member(jwk, 'p')), numberOf(member(jwk, 'q'))];
		const swapped = { p: jwk.q, q: jwk.p, dp: jwk.dq, dq: jwk.dp, qi: textOf(inverse(p, q)) };
		return JSON.stringify({ ...jwk, ...swapped });
	};

	/** The private exponent may be reduced or not; both sign alike. */
	const withOtherExponent = (pem: string): string => {
		const jwk = jwkOf(pem);
		const [p, q, e] = ['p', 'q', 'e'].map((name) => numberOf(member(jwk, name)));
		const phi = ((p ?? 0n) - 1n) * ((q ?? 0n) - 1n);
		return JSON.stringify({ ...jwk, d: textOf(inverse(e ?? 0n, phi)) });
	};

	test.each([
		['EC as a JWK', 'ES256', (pem: string) => JSON.stringify(jwkOf(pem))],
		['EC without its public half', 'ES256', withoutPublicHalf],
		['RSA as a JWK', 'RS256', (pem: string) => JSON.stringify(jwkOf(pem))],
		['RSA with its primes in the other order', 'RS256', withPrimesSwapped],
		['RSA with the private exponent that is not reduced', 'RS256', withOtherExponent],
	] as const)('%s', async (_name, algorithm, rewritten) => {
		const { pem } = makeKey(algorithm);
		const [one, two] = [await importPrivateKey(pem), await importPrivateKey(rewritten(pem))];
		expect(two.thumbprint).toBe(one.thumbprint);
		expect(idempotencyOf(two, request, content, [])).toEqual(
			idempotencyOf(one, request, content, []),
		);
	});
});

describe('Event ID', () => {
	test.each([
		['evt_1', 'event:evt_1'],
		['  evt_1\n', 'event:evt_1'],
		[42, 'event:42'],
	])('%j', (eventId, expected) => {
		expect(keyOf({}, { mode: 'event', eventId })).toBe(expected);
	});

	test.each([
		[''],
		['  '],
		[undefined],
		[null],
		[{}],
		[[]],
		[true],
		['x'.repeat(501)],
		[NaN],
		[2 ** 53],
		['x\ud83d'],
		['x\0y'],
	])('%j is refused', (eventId) => {
		expect(() => keyOf({}, { mode: 'event', eventId })).toThrow(
			expect.objectContaining({ code: 'AIR_EVENT_ID_INVALID' }) as Error,
		);
	});

	test('holds as long as the row, and notices another subject', () => {
		const mode: IdempotencyMode = { mode: 'event', eventId: 'e' };
		const first = idempotencyOf(key, request, mode, []);
		const changed = { ...request, credentialSubject: { tier: 'Silver' } };
		expect(first.rememberMs).toBeNull();
		expect(idempotencyOf(key, changed, mode, []).subjectHmac).not.toBe(first.subjectHmac);
	});
});

test('Off never meets anything', () => {
	expect(keyOf({}, { mode: 'off' })).not.toBe(keyOf({}, { mode: 'off' }));
});

test('modes do not meet each other', () => {
	const position = ['n8n', 'w', 'n', '1', 0, 0];
	const keys = [content, { mode: 'execution', position } as const].map((mode) => keyOf({}, mode));
	expect(keys[1]).toBe('execution:["n8n","w","n","1",0,0]');
	expect(new Set(keys).size).toBe(2);
});
