import { readBody, type HttpAnswer } from '../../../../air/answers/answer';
import { accountRequest, bindingOf, readAccount } from '../../../../air/direct/account';
import { resolveAccountUrl } from '../../../../air/direct/accountUrl';
import { directError, type DirectOperation } from '../../../../air/direct/directError';
import { readStored, storeBody, type StoreInput } from '../../../../air/direct/store';
import type { AirErrorKind } from '../../../../errors/errorCatalogue';
import { secretsOf } from '../../../../errors/secrets';
import { airErrorOf, ecKey } from '../support';
import { makeHolder } from './support';

const holder = makeHolder();
const jwk = ecKey().export({ format: 'jwk' });
const { x, y } = jwk;
const ACCOUNT = {
	userId: '2c5ea4c0-4067-41e9-8bad-9b1deb4d3b7d',
	did: 'did:air:id:test:4Ab',
	publicKey: `0x${holder.key.hex}`,
	status: 'active',
	signingKey: { jwk: { kty: 'EC', crv: 'P-256', x, y, use: 'sig' } },
};
const json = (value: unknown) => readBody(JSON.stringify(value));

describe('the account host', () => {
	test.each([
		['sandbox', '', 'https://air.api.sandbox.air3.com'],
		['production', 'https://elsewhere.example.com', 'https://air.api.air3.com'],
		['custom', 'https://air.example.com', 'https://air.example.com'],
		['custom', ' https://air.example.com:8443/ ', 'https://air.example.com:8443'],
		['custom', 'https://air.example.com/v2/auth/initialize-user', 'https://air.example.com'],
	] as const)('%s %j', (environment, custom, expected) => {
		expect(resolveAccountUrl(environment, custom)).toBe(expected);
	});

	test.each([
		[''],
		['air.example.com'],
		['ftp://air.example.com'],
		['https://user:pass@air.example.com'],
		['https://air.example.com?a=b'],
		['https://air.example.com/#a'],
		['https://air.example.com/elsewhere'],
	])('is refused: %j', async (custom) => {
		const error = await airErrorOf(() => resolveAccountUrl('custom', custom));
		expect([error.code, error.message]).toEqual([
			'AIR_ACCOUNT_URL_INVALID',
			expect.stringMatching(/^Account URL is not valid: /),
		]);
		expect(error.message).not.toContain('pass');
	});
});

describe('initialize-user', () => {
	test('the token is in the body, the partner in a header', () => {
		expect(accountRequest('partner-1', 'h.p.s')).toEqual({
			headers: { 'x-partner-id': 'partner-1' },
			body: '{"partnerJwt":"h.p.s"}',
		});
	});

	test.each([
		['as documented', ACCOUNT],
		['inside data', { code: 80_000_000, msg: 'OK', data: ACCOUNT }],
		['with members that nobody knows', { ...ACCOUNT, more: { deep: [1] } }],
	])('reads an account %s', (_name, answer) => {
		expect(readAccount(json(answer))).toMatchObject({
			did: ACCOUNT.did,
			holderKey: { hex: holder.key.hex },
			binding: { kty: 'EC', crv: 'P-256', x, y },
			userId: ACCOUNT.userId,
			status: 'active',
		});
		expect(readAccount(json(answer))?.binding).not.toHaveProperty('use');
	});

	test.each([
		['null', { ...ACCOUNT, userId: null, status: null }],
		['left out', { did: ACCOUNT.did, publicKey: ACCOUNT.publicKey }],
		['of another type', { ...ACCOUNT, userId: 7, status: {} }],
	])('what is not needed may be %s', (_name, answer) => {
		expect(readAccount(json(answer))).toMatchObject({ did: ACCOUNT.did, userId: undefined });
	});

	test.each([
		['no DID', { ...ACCOUNT, did: null }, 'AIR_ACCOUNT_INCOMPLETE'],
		['a DID that is none', { ...ACCOUNT, did: 'x' }, 'AIR_ACCOUNT_INCOMPLETE'],
		['no key', { ...ACCOUNT, publicKey: null }, 'AIR_ACCOUNT_INCOMPLETE'],
		['no key member', { did: ACCOUNT.did }, 'AIR_ACCOUNT_INCOMPLETE'],
		['a bad key', { ...ACCOUNT, publicKey: '0x04a1' }, 'AIR_HOLDER_KEY_INVALID'],
		[
			'a bad signing key',
			{ ...ACCOUNT, signingKey: { jwk: { kty: 'EC' } } },
			'AIR_HOLDER_BINDING_INVALID',
		],
	] as const)('with %s nothing is issued', async (_name, answer, code) => {
		const error = await airErrorOf(() => readAccount(json(answer)));
		expect([error.code, error.kind]).toEqual([code, 'not-sent']);
	});

	test.each([[{}], [[]], ['text'], [null], [{ did: 7 }], [{ code: 1, msg: 'no', data: ACCOUNT }]])(
		'%j is not an account',
		(answer) => {
			expect(readAccount(json(answer))).toBeUndefined();
		},
	);

	test('without a signing key, only items with Unbound continue', async () => {
		for (const signingKey of [null, undefined, { jwk: null }]) {
			const account = readAccount(json({ ...ACCOUNT, signingKey }));
			if (account === undefined) throw new Error('no account');
			expect(bindingOf(account, true)).toBe('unbound');
			const error = await airErrorOf(() => bindingOf(account, false));
			expect([error.code, error.kind]).toEqual(['AIR_HOLDER_UNBOUND', 'not-sent']);
		}
		const bound = readAccount(json(ACCOUNT));
		expect(bound && bindingOf(bound, true)).toEqual({ kty: 'EC', crv: 'P-256', x, y });
	});
});

describe('dstorage/vcs', () => {
	const input: StoreInput = {
		holderDid: ACCOUNT.did,
		schemaId: '01K0',
		expiresAt: 1_795_536_000,
		id: 'urn:uuid:2c5ea4c0-4067-41e9-8bad-9b1deb4d3b7d',
		envelope: { data: 'ZGF0YQ==', iv: 'aXY=', authTag: 'dGFn', encryptedKey: 'a2V5' },
	};

	test('the body names everything as the API spells it', () => {
		expect(JSON.parse(storeBody(input))).toEqual({
			holderDid: ACCOUNT.did,
			proofType: 'SD_JWT_VC',
			schemaId: '01K0',
			expiresAt: '2026-11-24T16:00:00.000Z',
			data: 'ZGF0YQ==',
			iv: 'aXY=',
			authTag: 'dGFn',
			encryptedKey: 'a2V5',
			externalId: input.id,
		});
		expect(storeBody(input)).toBe(storeBody({ ...input }));
	});

	test('no larger than 64 KiB', async () => {
		const rest = storeBody({ ...input, envelope: { ...input.envelope, data: '' } }).length;
		const data = (size: number) => ({
			...input,
			envelope: { ...input.envelope, data: 'x'.repeat(size) },
		});
		expect(storeBody(data(65_536 - rest))).toHaveLength(65_536);
		const error = await airErrorOf(() => storeBody(data(65_537 - rest)));
		expect([error.code, error.kind]).toEqual(['AIR_DIRECT_TOO_LARGE', 'input']);
	});

	const STORED = {
		storagePath: 'dstorage://vc/0a1b2c3d/abcdefghijklmnopqrstuv',
		state: 'stored',
		envelopeVersion: 1,
		createdAt: '2026-11-28T00:00:00.000Z',
	};

	test.each([
		['as documented', STORED],
		['inside data', { data: STORED }],
		['with the path alone', { storagePath: STORED.storagePath }],
		['with other members', { ...STORED, state: {}, more: 1 }],
	])('reads an answer %s', (_name, answer) => {
		expect(readStored(json(answer))?.storagePath).toBe(STORED.storagePath);
	});

	test.each([
		[{}],
		[{ storagePath: '' }],
		[{ storagePath: null }],
		[{ storagePath: 'a b' }],
		[{ storagePath: 'x'.repeat(501) }],
		[{ code: 1, msg: 'no', data: STORED }],
	])('%j does not say where', (answer) => {
		expect(readStored(json(answer))).toBeUndefined();
	});
});

const TOKEN = `${'h'.repeat(20)}.${'p'.repeat(40)}.${'s'.repeat(40)}`;
const air = (status: number, message: string): HttpAnswer => ({
	status,
	headers: {},
	text: JSON.stringify({ error: status, message }),
});
const page = (status: number): HttpAnswer => ({
	status,
	headers: {},
	text: '<html><title>Nope</title></html>',
});
const errorOf = (answer: HttpAnswer, operation: DirectOperation) =>
	directError(answer, readBody(answer.text, secretsOf(TOKEN)), { operation, now: 0 });

type Case = [DirectOperation, string, HttpAnswer, string, AirErrorKind];
const retryAfter = (answer: HttpAnswer): HttpAnswer => ({ ...answer, retryAfterMs: 2_000 });

test.each<Case>([
	['account', '400', air(400, 'partnerJwt must be a string'), 'AIR_ACCOUNT_BAD_REQUEST', 'refused'],
	['account', '400 address', air(400, 'Invalid email address'), 'AIR_EMAIL_REFUSED', 'refused'],
	['account', '400 field', air(400, 'email is required'), 'AIR_ACCOUNT_BAD_REQUEST', 'refused'],
	['account', '401', air(401, 'no'), 'AIR_UNAUTHORIZED', 'refused'],
	['account', '401 kid', air(401, 'kid not found'), 'AIR_UNAUTHORIZED_KID', 'refused'],
	['account', '403', air(403, 'no'), 'AIR_ACCOUNT_FORBIDDEN', 'refused'],
	['account', '403 feature', air(403, 'Feature not enabled'), 'AIR_ACCOUNT_FORBIDDEN', 'refused'],
	['account', '404', air(404, 'no such partner'), 'AIR_ACCOUNT_NO_ENDPOINT', 'refused'],
	['account', '404 user', air(404, 'User not found'), 'AIR_ACCOUNT_NO_ENDPOINT', 'refused'],
	['account', '404 page', page(404), 'AIR_ACCOUNT_NO_ENDPOINT', 'refused'],
	['account', '409', air(409, 'conflict'), 'AIR_REFUSED', 'refused'],
	['account', '413', air(413, 'large'), 'AIR_REFUSED', 'refused'],
	['account', '429', air(429, 'slow'), 'AIR_RATE_LIMITED', 'not-sent'],
	['account', '500', air(500, 'oh'), 'AIR_SERVER_FAILURE', 'outcome-unknown'],
	['account', '200 page', page(200), 'AIR_ACCOUNT_UNREADABLE', 'outcome-unknown'],
	['store', '400', air(400, 'schemaId must be a string'), 'AIR_STORE_BAD_REQUEST', 'refused'],
	['store', '400 field', air(400, 'schemaId is required'), 'AIR_STORE_BAD_REQUEST', 'refused'],
	['store', '401', air(401, 'no'), 'AIR_UNAUTHORIZED', 'refused'],
	['store', '403', air(403, 'no'), 'AIR_STORE_FORBIDDEN', 'refused'],
	['store', '403 schema', air(403, 'schema not allowed'), 'AIR_STORE_FORBIDDEN', 'refused'],
	['store', '403 page', page(403), 'AIR_FORBIDDEN_GATEWAY', 'outcome-unknown'],
	['store', '404', air(404, 'Program unknown'), 'AIR_STORE_NOT_FOUND', 'refused'],
	['store', '404 schema', air(404, 'Schema not found'), 'AIR_STORE_NOT_FOUND', 'refused'],
	['store', '404 user', air(404, 'User not found'), 'AIR_STORE_HOLDER_UNKNOWN', 'refused'],
	[
		'store',
		'404 holder',
		{ ...page(404), text: '{"message":"unknown holderDid"}' },
		'AIR_STORE_HOLDER_UNKNOWN',
		'refused',
	],
	['store', '404 page', page(404), 'AIR_STORE_NO_ENDPOINT', 'refused'],
	[
		'store',
		'404 route',
		air(404, 'Cannot POST /v1/dstorage/vcs'),
		'AIR_STORE_NO_ENDPOINT',
		'refused',
	],
	['store', '409', air(409, 'Conflict'), 'AIR_STORE_CONFLICT', 'refused'],
	['store', '409 duplicate', air(409, 'already exists'), 'AIR_STORE_CONFLICT', 'refused'],
	['store', '409 consent', air(409, 'consent rejected'), 'AIR_STORE_CONFLICT', 'refused'],
	['store', '413', air(413, 'large'), 'AIR_TOO_LARGE', 'refused'],
	['store', '429', air(429, 'slow'), 'AIR_RATE_LIMITED', 'not-sent'],
	['store', '503 later', retryAfter(page(503)), 'AIR_UNAVAILABLE', 'not-sent'],
	['store', '503', page(503), 'AIR_UNAVAILABLE_GATEWAY', 'outcome-unknown'],
	['store', '500', air(500, 'oh'), 'AIR_SERVER_FAILURE', 'outcome-unknown'],
	['store', '201 without a path', air(201, 'ok'), 'AIR_STORE_NO_PATH', 'outcome-unknown'],
	[
		'store',
		'201 empty',
		{ status: 201, headers: {}, text: '' },
		'AIR_STORE_NO_PATH',
		'outcome-unknown',
	],
	['store', '302', page(302), 'AIR_REDIRECT', 'outcome-unknown'],
])('%s: %s', (operation, _name, answer, code, kind) => {
	const error = errorOf(answer, operation);
	expect([error.code, error.kind, error.httpStatus]).toEqual([code, kind, answer.status]);
	expect(error.advice).not.toMatch(/issue on behalf|keep existing|revoke and reissue/i);
});

test('AIR’s words are shown, and nothing of the token', () => {
	const error = errorOf(air(400, `bad ${TOKEN} here`), 'store');
	expect(error.airMessage).toMatch(/^bad .*here$/);
	expect(error.description).not.toMatch(/p{16}|s{16}/);
});
