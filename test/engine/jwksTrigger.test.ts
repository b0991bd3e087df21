import { createRemoteJWKSet, jwtVerify } from 'jose';
import type { IDataObject } from 'n8n-workflow';
import { request } from 'undici';
import { closeDispatchers } from '../../air/http/dispatchers';
import { AirClient } from '../../air/AirClient';
import { readSettings } from '../../issuance/settings/settings';
import { MocaAirJwksTrigger } from '../../nodes/MocaAirJwksTrigger/MocaAirJwksTrigger.node';
import { makeKey } from '../support/keys';
import { PARTNER_ID, startTestAir, type TestAir } from './air';
import { serveJwksNode, WEBHOOK_ID, type ServedJwks, type ServeOptions } from './serveJwksNode';

/** The node in n8n-core's contexts, behind HTTP, with the emulated AIR fetching from it. */
let air: TestAir;
let served: ServedJwks | undefined;

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	air = await startTestAir();
});

afterEach(async () => {
	await served?.close();
	served = undefined;
	air.emulator.control.reset();
});

afterAll(async () => {
	await air.close();
	await closeDispatchers();
});

const [OWN_PARTNER, OTHER_PARTNER] = [
	'954fe820-050d-49fb-b22e-884922aa6cef',
	'1c2d3e4f-050d-49fb-b22e-884922aa6cef',
];
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

async function serve(options: Partial<ServeOptions> = {}) {
	served = await serveJwksNode({ credential: air.credential, ...options });
	return served;
}

const parameters = (rest: IDataObject) => ({ parameters: rest as never });

async function createError(options: Partial<ServeOptions>) {
	const { create } = await serve(options);
	try {
		await create();
	} catch (error) {
		if (error instanceof Error) return error as Error & { description?: string };
	}
	throw new Error('it did not fail');
}

describe('an answer', () => {
	test('GET: the JWKS, its type, how long to keep it, an ETag; no execution', async () => {
		const { url, returned } = await serve();
		const answer = await fetch(url);
		expect(answer.status).toBe(200);
		expect(answer.headers.get('content-type')).toBe('application/json');
		expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
		expect(answer.headers.get('etag')).toMatch(/^W\/"[^"]+"$/);
		expect(await answer.json()).toEqual({ keys: [air.key.jwk(PARTNER_ID)] });
		expect(returned).toEqual([{ noWebhookResponse: true }]);
	});

	test('HEAD: the same without a body', async () => {
		const { url } = await serve();
		const [get, head] = [await fetch(url), await fetch(url, { method: 'HEAD' })];
		for (const name of ['content-type', 'cache-control', 'etag', 'content-length']) {
			expect([name, head.headers.get(name)]).toEqual([name, get.headers.get(name)]);
		}
		expect(head.status).toBe(200);
		expect(await head.text()).toBe('');
		expect((await get.text()).length).toBe(Number(head.headers.get('content-length')));
	});

	test.each(['GET', 'HEAD'] as const)(
		'%s: 304 to a client that has it, and 200 once a key joins',
		async (method) => {
			const current = await serve();
			const etag = (await fetch(current.url)).headers.get('etag') ?? '';
			for (const known of [etag, etag.replace('W/', ''), `"other", ${etag}`, '*']) {
				// Not fetch: with If-None-Match it sends Cache-Control: no-cache, too, and so asks for a 200.
				const answer = await request(current.url, { method, headers: { 'if-none-match': known } });
				expect([known, answer.statusCode]).toEqual([known, 304]);
				expect(answer.headers.etag).toBe(etag);
				expect(await answer.body.text()).toBe('');
			}
			const other = await request(current.url, { method, headers: { 'if-none-match': '"other"' } });
			expect(other.statusCode).toBe(200);
			current.credential = {
				...current.credential,
				furtherPublicJwks: JSON.stringify(makeKey().jwk('next')),
			};
			const changed = await request(current.url, { method, headers: { 'if-none-match': etag } });
			expect(changed.statusCode).toBe(200);
			expect(changed.headers.etag).not.toBe(etag);
		},
	);

	test.each([
		[0, 'no-cache'],
		[3600, 'public, max-age=3600'],
	])('Cache For %d', async (cacheSeconds, header) => {
		const { url } = await serve({ node: parameters({ options: { cacheSeconds } }) });
		expect((await fetch(url)).headers.get('cache-control')).toBe(header);
	});

	test.each(['ES256', 'RS256'] as const)('%s: nothing private in any answer', async (alg) => {
		const key = makeKey(alg);
		const { url } = await serve({
			credential: {
				...air.credential,
				privateKey: key.pem,
				furtherPublicJwks: JSON.stringify({
					keys: [{ ...makeKey('RS256').jwk('next'), ext: true, note: 'mine' }],
				}),
			},
		});
		for (const method of ['GET', 'HEAD']) {
			const answer = await fetch(url, { method });
			const text = await answer.text();
			const shown = `${text}\n${JSON.stringify([...answer.headers])}`;
			for (const member of PRIVATE_MEMBERS) expect(shown).not.toContain(`"${member}"`);
			expect(shown).not.toContain(key.pem.split('\n')[2] ?? '');
			if (method === 'GET') {
				const { keys } = JSON.parse(text) as { keys: object[] };
				expect(keys).toHaveLength(2);
				const known = ['kty', 'n', 'e', 'crv', 'x', 'y', 'kid', 'alg', 'use'];
				for (const jwk of keys) expect(known).toEqual(expect.arrayContaining(Object.keys(jwk)));
			}
		}
	});

	test('jose’s remote JWKS client verifies our Partner JWT with it', async () => {
		const { url } = await serve();
		const { identity } = await readSettings(air.credential);
		const token = await new AirClient(identity).token('ada@example.com');
		const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(url)));
		expect(payload).toMatchObject({ partnerId: PARTNER_ID, email: 'ada@example.com' });
	});

	test('a credential that breaks meanwhile: an error for the owner, nothing for the client', async () => {
		const current = await serve();
		const { pem } = makeKey();
		current.credential = { ...current.credential, furtherPublicJwks: pem };
		const answer = await fetch(current.url);
		expect(answer.status).toBe(500);
		expect(await answer.text()).toBe('{"message":"Error in workflow"}');
		const [error] = current.returned;
		expect(error).toMatchObject({
			message: expect.stringMatching(/PRIVATE key.*Further Public Keys/) as string,
			description: expect.stringMatching(/Remove it/) as string,
		});
		expect(JSON.stringify(error)).not.toContain(pem.split('\n')[1]);
	});
});

const itemOf = ({ returned }: ServedJwks) => {
	const [first] = returned;
	if (first === undefined || first instanceof Error) throw new Error('no answer');
	return first.workflowData?.[0]?.[0]?.json;
};

describe('the documents of an issuer', () => {
	const DID = `did:web:n8n.example.com:webhook:${WEBHOOK_ID}`;
	const ON = parameters({ issuerDocuments: true });
	const at = ({ origin, paths }: ServedJwks, index: number) => `${origin}${paths[index] ?? ''}`;

	test.each([
		['', WEBHOOK_ID],
		['my-company/.well-known/jwks.json', 'my-company'],
		['/a/b/jwks.json/', 'a/b'],
		['keys', 'keys'],
		['jwks.json', 'jwks.json'],
	])('Path %j: they are in %s', async (path, folder) => {
		const { paths } = await serve({ node: parameters({ path, issuerDocuments: true }) });
		expect(paths.slice(1)).toEqual([
			`/webhook/${folder}/did.json`,
			`/webhook/${folder}/air-partner-info`,
			`/webhook/${folder}/status-list`,
			`/webhook/${folder}/revocation-status/:number`,
		]);
	});

	test('did.json names the DID that fits the address, and each key once', async () => {
		const next = makeKey('RS256').jwk('next');
		const credential = { ...air.credential, furtherPublicJwks: JSON.stringify(next) };
		const current = await serve({ node: ON, credential });
		expect(await current.create()).toBe(true);
		expect(current.log).toEqual([]);
		const answer = await fetch(at(current, 1), { headers: { origin: 'https://verifier.example' } });
		expect(answer.status).toBe(200);
		expect(answer.headers.get('content-type')).toBe('application/did+ld+json');
		expect(answer.headers.get('access-control-allow-origin')).toBe('*');
		expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
		expect(await answer.json()).toMatchObject({
			id: DID,
			verificationMethod: [
				{ id: `${DID}#${PARTNER_ID}`, controller: DID, publicKeyJwk: air.key.jwk(PARTNER_ID) },
				{ id: `${DID}#next`, controller: DID, publicKeyJwk: next },
			],
			assertionMethod: [`${DID}#${PARTNER_ID}`, `${DID}#next`],
			service: [
				{ serviceEndpoint: `https://n8n.example.com/webhook/${WEBHOOK_ID}/air-partner-info` },
			],
		});
	});

	test('air-partner-info names the partner', async () => {
		const answer = await fetch(at(await serve({ node: ON }), 2));
		expect(answer.headers.get('content-type')).toBe('application/json');
		expect(await answer.json()).toEqual({ partnerId: PARTNER_ID });
	});

	test('HEAD and 304, as for the JWKS', async () => {
		const current = await serve({ node: ON });
		const head = await fetch(at(current, 1), { method: 'HEAD' });
		expect([head.status, await head.text()]).toEqual([200, '']);
		expect(head.headers.get('content-type')).toBe('application/did+ld+json');
		const etag = head.headers.get('etag') ?? '';
		const known = await request(at(current, 1), { headers: { 'if-none-match': etag } });
		expect(known.statusCode).toBe(304);
		expect(await known.body.text()).toBe('');
	});

	test('off: they answer 404 and never HTML, while the JWKS is there', async () => {
		const current = await serve();
		for (const index of [1, 2]) {
			const answer = await fetch(at(current, index));
			expect([answer.status, answer.headers.get('content-type')]).toEqual([
				404,
				'application/json',
			]);
			expect(await answer.text()).toMatch(/^\{"message":"Serve Issuer Documents is off/);
		}
		expect((await fetch(current.url)).status).toBe(200);
	});

	test('the editor hides their addresses while it is off, and shows that of did.json when on', () => {
		const [jwks, did, partnerInfo] = new MocaAirJwksTrigger().description.webhooks ?? [];
		expect(jwks?.ndvHideUrl).toBeUndefined();
		expect(did?.ndvHideUrl).toBe('={{ !$parameter["issuerDocuments"] }}');
		expect(partnerInfo?.ndvHideUrl).toBe(true);
		for (const webhook of [jwks, did, partnerInfo]) {
			expect(webhook).toMatchObject({ httpMethod: 'GET,HEAD', isFullPath: true });
		}
	});

	test('a test event says which DID is to be registered', async () => {
		const current = await serve({ node: ON, mode: 'manual' });
		await fetch(at(current, 1));
		expect(itemOf(current)).toMatchObject({
			statusCode: 200,
			url: `https://n8n.example.com/webhook/${WEBHOOK_ID}/did.json`,
			issuerDid: DID,
			warning: null,
		});
	});

	test('the credential’s own issuer counts; if resolvers look elsewhere, there is a warning', async () => {
		const credential = { ...air.credential, directIssuer: 'issuer.example.com' };
		const current = await serve({ node: ON, mode: 'manual', credential });
		expect(await (await fetch(at(current, 1))).json()).toMatchObject({
			id: 'did:web:issuer.example.com',
		});
		const words =
			/resolvers look for did:web:issuer\.example\.com at https:\/\/issuer\.example\.com\/\.well-known\/did\.json, which has to lead here/;
		expect(itemOf(current)?.warning).toMatch(words);
		expect(await current.create()).toBe(true);
		expect(current.log).toEqual([
			{ level: 'warn', message: expect.stringMatching(words) as string },
		]);
	});

	test('the did.json of this address as the credential’s issuer is that of the address', async () => {
		const directIssuer = `https://n8n.example.com/webhook/${WEBHOOK_ID}/did.json`;
		const current = await serve({ node: ON, credential: { ...air.credential, directIssuer } });
		expect(await current.create()).toBe(true);
		expect(current.log).toEqual([]);
		expect(await (await fetch(at(current, 1))).json()).toMatchObject({ id: DID });
	});

	test('an issuer that became bad leaves the JWKS alone', async () => {
		const current = await serve({ node: ON });
		current.credential = { ...current.credential, directIssuer: 'http://a.example' };
		expect((await fetch(current.url)).status).toBe(200);
		const answer = await fetch(at(current, 1));
		expect([answer.status, await answer.text()]).toEqual([500, '{"message":"Error in workflow"}']);
	});

	test.each<[string, Partial<ServeOptions>, RegExp]>([
		[
			'n8n without https',
			{ webhookBaseUrl: 'http://n8n.example.com/webhook' },
			/No issuer DID fits the address of this node: its document needs an https address/,
		],
		[
			'n8n at an IP address',
			{ webhookBaseUrl: 'https://10.0.0.5/webhook' },
			/No issuer DID fits .*not an IP address/,
		],
		[
			'a path with a tilde',
			{ node: parameters({ issuerDocuments: true, path: 'a~b/jwks.json' }) },
			/No issuer DID fits .*a part of the path/,
		],
		[
			'a switch that is none',
			{ node: parameters({ issuerDocuments: 'yes' }) },
			/Serve Issuer Documents must be true or false/,
		],
	])(
		'%s: the workflow is not published, and the error says what to do',
		async (_what, options, words) => {
			const error = await createError({ node: ON, ...options });
			expect(error.message).toMatch(words);
			expect(error.description).toMatch(/^[A-Z]/);
		},
	);

	test('a Key ID that no DID URL takes keeps them from being published, not the JWKS', async () => {
		const credential = { ...air.credential, kid: 'my key' };
		const error = await createError({ node: ON, credential });
		expect(error.message).toMatch(/Key ID \(kid\) cannot be used for direct issuance/);
		await served?.close();
		const current = await serve({ credential });
		expect(await current.create()).toBe(true);
		expect((await fetch(current.url)).status).toBe(200);
	});
});

describe('an execution', () => {
	test('is started by a test event, which says where to register what', async () => {
		const current = await serve({ mode: 'manual' });
		await fetch(current.url, { headers: { 'user-agent': 'AIR/1.0' } });
		expect(itemOf(current)).toEqual({
			fetchedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
			method: 'GET',
			userAgent: 'AIR/1.0',
			statusCode: 200,
			keyIds: [PARTNER_ID],
			url: `https://n8n.example.com/webhook/${WEBHOOK_ID}/.well-known/jwks.json`,
			issuerDid: null,
			warning: null,
		});
	});

	test.each([
		['http://n8n.example.com/webhook', /does not begin with https/],
		['https://localhost:5678/webhook', /localhost is in a private network/],
		['https://10.0.0.5/webhook', /10\.0\.0\.5 is in a private network/],
		['https://n8n.local/webhook', /n8n\.local is in a private network/],
	])('warns when n8n is at %s, and so does the log', async (webhookBaseUrl, warning) => {
		const current = await serve({ mode: 'manual', webhookBaseUrl });
		await fetch(current.url);
		expect(itemOf(current)?.warning).toMatch(warning);
		expect(await current.create()).toBe(true);
		expect(current.log).toEqual([
			{ level: 'warn', message: expect.stringMatching(warning) as string },
		]);
	});

	test('Start Executions: each fetch, with what it got, and no secret that came along', async () => {
		const current = await serve({ node: parameters({ options: { startExecutions: true } }) });
		const token = `eyJhbGciOiJFUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(40)}`;
		await fetch(current.url, {
			method: 'HEAD',
			headers: { 'user-agent': `x ${token} ${'y'.repeat(60)}`, authorization: 'Bearer secret' },
		});
		const item = itemOf(current);
		expect(item).toMatchObject({ method: 'HEAD', statusCode: 200 });
		expect(item?.userAgent).toMatch(/^x \[removed\]/);
		expect(JSON.stringify(current.returned)).not.toMatch(/secret|eyJ/);
	});
});

describe('before n8n serves', () => {
	test('all is well: nothing logged', async () => {
		const { create, log } = await serve();
		expect(await create()).toBe(true);
		expect(log).toEqual([]);
	});

	test('nothing is waited for: it is served although ledger and AIR cannot be reached', async () => {
		const credential = {
			...air.credential,
			baseUrl: 'http://127.0.0.1:1/v1',
			ledger: 'postgres',
			ledgerSecret: 'postgresql://n8n:secret@127.0.0.1:1/n8n',
		};
		const current = await serve({ credential });
		expect(await current.create()).toBe(true);
		expect((await fetch(current.url)).status).toBe(200);
	});

	test.each<[string, () => Partial<ServeOptions>, RegExp]>([
		[
			'a key that cannot be read',
			() => ({ credential: { ...air.credential, privateKey: 'x' } }),
			/private key cannot be read/,
		],
		[
			'a private key among the public ones',
			() => ({ credential: { ...air.credential, furtherPublicJwks: makeKey().pem } }),
			/PRIVATE key, and only public keys belong here/,
		],
		[
			'two keys under one kid',
			() => ({
				credential: {
					...air.credential,
					furtherPublicJwks: JSON.stringify(makeKey().jwk(PARTNER_ID)),
				},
			}),
			/same Key ID/,
		],
		[
			'another partner',
			() => ({
				node: parameters({ path: `${OTHER_PARTNER}/jwks.json` }),
				credential: { ...air.credential, partnerId: OWN_PARTNER },
			}),
			/path and the credential name different partner IDs/,
		],
		['no path', () => ({ node: parameters({ path: ' / ' }) }), /path of the JWKS is not valid/],
		['a path with a parameter', () => ({ node: parameters({ path: ':a/jwks.json' }) }), /path/],
		['a path upwards', () => ({ node: parameters({ path: 'a/../jwks.json' }) }), /path/],
		['a path with a query', () => ({ node: parameters({ path: 'jwks.json?a=b' }) }), /path/],
		[
			'an option out of range',
			() => ({ node: parameters({ options: { cacheSeconds: -1 } }) }),
			/Cache For/,
		],
		[
			'no webhook ID',
			() => ({ node: { webhookId: undefined as never } }),
			/served at another address/,
		],
	])('%s is refused, in words that say what to do', async (_what, options, words) => {
		const error = await createError(options());
		expect(error.message).toMatch(words);
		expect(error.description).toMatch(
			/^[A-Z].*[.a-z]( <a href="[^"]+" target="_blank">[^<]+<\/a>)?$/,
		);
	});

	test.each([
		`${OWN_PARTNER}/.well-known/jwks.json`,
		`keys/${OWN_PARTNER.toUpperCase()}/jwks.json`,
		`${OTHER_PARTNER}/${OWN_PARTNER}/jwks.json`,
	])('the credential’s own partner ID in the path: %s', async (path) => {
		const credential = { ...air.credential, partnerId: OWN_PARTNER };
		expect(await (await serve({ credential, node: parameters({ path }) })).create()).toBe(true);
	});

	test('the path that n8n’s editor gives a duplicate: its own webhook ID', async () => {
		const node = { ...parameters({ path: WEBHOOK_ID }), webhookId: WEBHOOK_ID };
		expect(await (await serve({ node })).create()).toBe(true);
	});

	test.each(['', '/a/jwks.json/', 'a', 'a.b/c-d_e~f/jwks.json'])(
		'the path %s will do',
		async (path) => {
			expect(await (await serve({ node: parameters({ path }) })).create()).toBe(true);
		},
	);
});
