import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { decodeJwt, importJWK, jwtVerify } from 'jose';
import { DirectClient, type DirectIdentity } from '../../../../air/direct/DirectClient';
import { hideClaims } from '../../../../air/direct/hideClaims';
import { credentialId, systemRandomness } from '../../../../air/direct/randomness';
import { seal } from '../../../../air/direct/seal';
import { signCredential } from '../../../../air/direct/signCredential';
import { storeBody } from '../../../../air/direct/store';
import { webIssuer } from '../../../../air/direct/webIssuer';
import { closeDispatchers } from '../../../../air/http/dispatchers';
import { importPrivateKey } from '../../../../air/keys/privateKey';
import { limiterFor } from '../../../../air/pacing/HostLimiter';
import * as backoff from '../../../../air/pacing/backoff';
import { SecretSearch } from '../../../support/SecretSearch';
import { airErrorOf, ecKey, everythingShown, listening, rsaKey, type Listening } from '../support';
import { makeHolder, openAll } from './support';

jest.mock('../../../../air/pacing/backoff', () => {
	const real = jest.requireActual<typeof backoff>('../../../../air/pacing/backoff');
	return { ...real, pause: jest.fn() };
});
const pause = jest.mocked(backoff.pause);

interface Seen {
	readonly url: string;
	readonly headers: IncomingMessage['headers'];
	readonly body: string;
}
type Reply = (response: ServerResponse, request: IncomingMessage, body: string) => void;

/** One of AIR's two hosts; the last reply is given forever. */
class Host {
	seen: Seen[] = [];
	replies: Reply[] = [];
	server: Listening | undefined;

	async listen(): Promise<void> {
		this.server = await listening(
			createServer((request, response) => {
				let body = '';
				request.on('data', (chunk: Buffer) => (body += chunk.toString()));
				request.on('end', () => {
					this.seen.push({ url: request.url ?? '', headers: request.headers, body });
					const { length } = this.seen;
					this.replies[Math.min(length, this.replies.length) - 1]?.(response, request, body);
				});
			}),
		);
	}

	get url(): string {
		return `http://127.0.0.1:${this.server?.port ?? 0}`;
	}
}

const accounts = new Host();
const chain = new Host();
const hostile = new Host();
const holder = makeHolder();
let identity: DirectIdentity;
let people = 0;
/** Accounts are kept for the process, so each test has a person of its own. */
const somebody = () => `person-${++people}@example.com`;

const json =
	(status: number, value: unknown, headers: Record<string, string> = {}): Reply =>
	(response) => {
		response.writeHead(status, { 'content-type': 'application/json', ...headers });
		response.end(JSON.stringify(value));
	};
const answer = (status: number, headers: Record<string, string> = {}) =>
	json(status, { error: status, message: `answer ${status}` }, headers);
const reset: Reply = (_response, request) => request.socket.destroy();
const echo: Reply = (response, request, body) => {
	const heard = `${body} ${request.headers['x-partner-auth'] as string}`;
	response.writeHead(400, { 'content-type': 'application/json' });
	response.end(JSON.stringify({ error: 400, message: `bad: ${heard}` }));
};
const accountOf = (owner = holder, did = 'did:air:id:test:4Ab') =>
	json(200, {
		userId: 'u-1',
		did,
		publicKey: `0x${owner.key.hex}`,
		status: 'active',
		signingKey: { jwk: owner.binding },
	});
const STORED = { storagePath: 'dstorage://vc/0a1b2c3d/abc', state: 'stored', envelopeVersion: '1' };

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	await Promise.all(
		[accounts, chain, hostile].map(async (host) => {
			await host.listen();
		}),
	);
	const key = await importPrivateKey(ecKey().export({ type: 'pkcs8', format: 'pem' }).toString());
	identity = {
		baseUrl: `${chain.url}/v1`,
		accountUrl: accounts.url,
		partnerId: 'partner-1',
		kid: 'kid-1',
		key,
		scope: 'issue',
	};
});
afterAll(async () => {
	delete process.env.MOCA_AIR_ALLOW_PRIVATE_URLS;
	await closeDispatchers();
	await Promise.all([accounts, chain, hostile].map(async ({ server }) => await server?.close()));
});
beforeEach(() => {
	for (const host of [accounts, chain, hostile]) host.seen = [];
	accounts.replies = [accountOf()];
	chain.replies = [json(201, STORED)];
	pause.mockReset().mockResolvedValue(true);
});

const client = () => new DirectClient(identity);
const tokenIn = ({ body }: Seen) => (JSON.parse(body) as { partnerJwt: string }).partnerJwt;
const only = ({ seen }: Host): Seen => {
	const [first, ...more] = seen;
	if (first === undefined || more.length > 0) throw new Error(`${seen.length} requests`);
	return first;
};

async function assertToken(token: string, email: string | undefined): Promise<void> {
	const key = await importJWK(identity.key.publicJwk, 'ES256');
	const { payload, protectedHeader } = await jwtVerify(token, key);
	expect(protectedHeader).toEqual({ alg: 'ES256', kid: 'kid-1', typ: 'JWT' });
	const { iat = 0, exp = 0, ...claims } = payload;
	expect(claims).toEqual({
		partnerId: 'partner-1',
		scope: 'issue',
		...(email === undefined ? {} : { email }),
	});
	expect(exp - Date.now() / 1000).toBeLessThanOrEqual(120);
	expect(exp - iat).toBeLessThanOrEqual(130);
}

describe('the account of a person', () => {
	test('is asked for at the account host, with a token that names the address, in the body', async () => {
		const email = somebody();
		const account = await client().account(email);
		expect(account).toMatchObject({
			did: 'did:air:id:test:4Ab',
			holderKey: { hex: holder.key.hex },
			binding: holder.binding,
		});
		const request = only(accounts);
		expect(request.url).toBe('/v2/auth/initialize-user');
		expect(request.headers).toMatchObject({
			'x-partner-id': 'partner-1',
			'content-type': 'application/json',
		});
		expect(request.headers).not.toHaveProperty('x-partner-auth');
		await assertToken(tokenIn(request), email);
		expect(chain.seen).toHaveLength(0);
	});

	test('is asked for once, also by many at once, and again when it is forgotten', async () => {
		const email = somebody();
		await Promise.all(Array.from({ length: 20 }, async () => await client().account(email)));
		await client().account(email);
		expect(accounts.seen).toHaveLength(1);
		client().forgetAccount(email);
		await client().account(email);
		expect(accounts.seen).toHaveLength(2);
	});

	test('of a hostile account host, or of another key, reaches nobody else', async () => {
		const email = somebody();
		const stranger = makeHolder();
		hostile.replies = [accountOf(stranger, 'did:air:id:test:Evil')];
		const evil = new DirectClient({ ...identity, accountUrl: hostile.url });
		const first = await evil.account(email);
		const second = await client().account(email);
		expect([first.holderKey.hex, second.holderKey.hex]).toEqual([stranger.key.hex, holder.key.hex]);
		const key = await importPrivateKey(
			rsaKey().export({ type: 'pkcs8', format: 'pem' }).toString(),
		);
		await new DirectClient({ ...identity, key }).account(email);
		expect([accounts.seen.length, hostile.seen.length]).toEqual([2, 1]);
		// Nor does a token of one reach the other.
		expect(tokenIn(hostile.seen[0] ?? only(hostile))).not.toBe(
			tokenIn(accounts.seen[0] ?? only(accounts)),
		);
	});

	test.each([
		['500', answer(500)],
		['502', answer(502)],
		['408', answer(408)],
		['a lost connection', reset],
		['a page', ((response) => response.end('<html>')) satisfies Reply],
		['an account without a key', json(200, { did: 'did:air:x', publicKey: null })],
	] as [string, Reply][])('is asked for again after %s', async (_name, reply) => {
		accounts.replies = [reply, accountOf()];
		expect((await client().account(somebody())).did).toBe('did:air:id:test:4Ab');
		expect(accounts.seen).toHaveLength(2);
	});

	test.each([
		['400', answer(400), 'AIR_ACCOUNT_BAD_REQUEST', 'refused'],
		['401', answer(401), 'AIR_UNAUTHORIZED', 'refused'],
		['403', answer(403), 'AIR_ACCOUNT_FORBIDDEN', 'refused'],
		['404', answer(404), 'AIR_ACCOUNT_NO_ENDPOINT', 'refused'],
		['a redirect', answer(302, { location: 'http://127.0.0.1/' }), 'AIR_REDIRECT', 'not-sent'],
		[
			'a bad key',
			json(200, { did: 'did:air:x', publicKey: '0x04' }),
			'AIR_HOLDER_KEY_INVALID',
			'not-sent',
		],
	] as [string, Reply, string, string][])('%s is final', async (_name, reply, code, kind) => {
		accounts.replies = [reply];
		const error = await airErrorOf(() => client().account(somebody()));
		expect([error.code, error.kind, accounts.seen.length]).toEqual([code, kind, 1]);
	});

	test.each([
		['500', answer(500)],
		['a lost connection', reset],
		['a page', ((response) => response.end('<html>')) satisfies Reply],
	] as [string, Reply][])(
		'%s to the end: nothing was issued, so nothing is unknown',
		async (_name, reply) => {
			accounts.replies = [reply];
			const error = await airErrorOf(() => client().account(somebody()));
			expect([error.kind, accounts.seen.length]).toEqual(['not-sent', 4]);
			expect(error.message).not.toMatch(/not known/i);
		},
	);

	test('the cancel of one item ends the question of no other', async () => {
		const email = somebody();
		let go: (() => void) | undefined;
		accounts.replies = [
			(response, request, body) => {
				go = () => {
					accountOf()(response, request, body);
				};
			},
		];
		const cancel = new AbortController();
		const first = airErrorOf(() => client().account(email, { signal: cancel.signal }));
		const second = client().account(email, { signal: new AbortController().signal });
		while (accounts.seen.length === 0) await new Promise(setImmediate);
		cancel.abort();
		expect((await first).code).toBe('AIR_CANCELLED');
		go?.();
		expect((await second).did).toBe('did:air:id:test:4Ab');
		expect(accounts.seen).toHaveLength(1);
	});
});

async function sealedBody(): Promise<{ body: string; credential: string }> {
	const expiresAt = Math.floor(Date.now() / 1000) + 3600;
	const id = credentialId(systemRandomness);
	const credential = await signCredential(
		{
			issuer: webIssuer('did:web:issuer.example.com'),
			kid: identity.kid,
			key: identity.key,
			holderDid: 'did:air:id:test:4Ab',
			vct: 'Membership',
			id,
			nonce: '42',
			expiresAt,
			binding: holder.binding,
			claims: hideClaims({ tier: 'Gold' }, { disclosable: 'all' }, systemRandomness),
		},
		Date.now(),
	);
	const envelope = seal(credential, holder.key, systemRandomness);
	const body = storeBody({
		holderDid: 'did:air:id:test:4Ab',
		schemaId: '01K',
		expiresAt,
		id,
		envelope,
	});
	return { body, credential };
}

describe('the store', () => {
	test('gets the sealed credential, which its holder opens, and a token that names nobody', async () => {
		const { body, credential } = await sealedBody();
		expect(await client().store(body)).toEqual(STORED);
		const request = only(chain);
		expect([request.url, request.body]).toEqual(['/v1/dstorage/vcs', body]);
		await assertToken(String(request.headers['x-partner-auth']), undefined);
		expect(request.headers).not.toHaveProperty('x-partner-id');
		const [opened] = await openAll(holder, [JSON.parse(request.body) as ReturnType<typeof seal>], {
			'did:web:issuer.example.com#kid-1': identity.key.publicJwk,
		});
		expect(opened).toMatchObject({ credential, claims: { tier: 'Gold' } });
		expect(accounts.seen).toHaveLength(0);
	});

	test.each([
		['200', json(200, STORED)],
		['201 inside data', json(201, { data: STORED })],
	] as [string, Reply][])('%s with a path is stored', async (_name, reply) => {
		chain.replies = [reply];
		expect((await client().store('{}')).storagePath).toBe(STORED.storagePath);
	});

	test.each([
		['201 without a path', json(201, { state: 'stored' }), 'AIR_STORE_NO_PATH', 'outcome-unknown'],
		['400', answer(400), 'AIR_STORE_BAD_REQUEST', 'refused'],
		['401', answer(401), 'AIR_UNAUTHORIZED', 'refused'],
		['403', answer(403), 'AIR_STORE_FORBIDDEN', 'refused'],
		[
			'404 user',
			json(404, { error: 404, message: 'unknown user' }),
			'AIR_STORE_HOLDER_UNKNOWN',
			'refused',
		],
		['404', answer(404), 'AIR_STORE_NOT_FOUND', 'refused'],
		['409', answer(409), 'AIR_STORE_CONFLICT', 'refused'],
		['429', answer(429), 'AIR_RATE_LIMITED', 'not-sent'],
		['500', answer(500), 'AIR_SERVER_FAILURE', 'outcome-unknown'],
		['503 later', answer(503, { 'retry-after': '1' }), 'AIR_UNAVAILABLE', 'not-sent'],
		['a lost connection', reset, 'AIR_CONNECTION_LOST', 'outcome-unknown'],
		['a redirect', answer(307, { location: 'http://127.0.0.1/' }), 'AIR_REDIRECT', 'refused'],
	] as [string, Reply, string, string][])('is asked once: %s', async (_name, reply, code, kind) => {
		chain.replies = [reply];
		const error = await airErrorOf(() => client().store('{}'));
		expect([error.code, error.kind, chain.seen.length]).toEqual([code, kind, 1]);
	});

	test('is not asked after a cancel', async () => {
		const error = await airErrorOf(() => client().store('{}', { signal: AbortSignal.abort() }));
		expect([error.code, chain.seen.length]).toEqual(['AIR_CANCELLED', 0]);
	});
});

test('each host has a limiter of its own', async () => {
	accounts.replies = [answer(429, { 'retry-after': '60' })];
	const error = await airErrorOf(() =>
		client().account(somebody(), { repeat: { attempts: 1, withinMs: 0 } }),
	);
	expect(error.code).toBe('AIR_RATE_LIMITED');
	expect(limiterFor(identity.accountUrl).pauseMs).toBeGreaterThan(50_000);
	expect(limiterFor(identity.baseUrl).pauseMs).toBe(0);
	expect((await client().store('{}')).storagePath).toBe(STORED.storagePath);
});

test('a target in a private network is refused unless the operator allows it', async () => {
	delete process.env.MOCA_AIR_ALLOW_PRIVATE_URLS;
	try {
		for (const call of [() => client().account(somebody()), () => client().store('{}')]) {
			const error = await airErrorOf(call);
			expect(error.kind).toBe('input');
		}
		expect([accounts.seen.length, chain.seen.length]).toEqual([0, 0]);
	} finally {
		process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	}
});

test('what AIR echoes shows no part of tokens, keys or the credential', async () => {
	accounts.replies = [echo];
	chain.replies = [echo];
	const { body, credential } = await sealedBody();
	const errors = [
		await airErrorOf(() => client().account(somebody())),
		await airErrorOf(() => client().store(body)),
	];
	const search = new SecretSearch()
		.addKey(ecKey().export({ type: 'pkcs8', format: 'pem' }).toString())
		.addToken(tokenIn(only(accounts)))
		.addToken(String(only(chain).headers['x-partner-auth']))
		.addToken(credential.split('~')[0] ?? '');
	for (const error of errors) expect(search.find(everythingShown(error))).toBeUndefined();
	expect(decodeJwt(tokenIn(only(accounts)))).toHaveProperty('email');
});
