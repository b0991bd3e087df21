import { createPrivateKey } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import { closeDispatchers } from '../../../../air/http/dispatchers';
import { importPrivateKey } from '../../../../air/keys/privateKey';
import { checkSetup, type Finding } from '../../../../issuance/setup/checkSetup';
import { CHECKS } from '../../../../issuance/setup/checks';
import type { SetupFacts } from '../../../../issuance/setup/SetupFacts';
import type { FaultInput } from '../../../../emulator/index';
import { PARTNER_ID, startTestAir, type TestAir } from '../../../engine/air';
import { makeKey } from '../../../support/keys';
import { airErrorOf } from '../support';

let air: TestAir;
const closers: (() => Promise<void>)[] = [];

/** A setup on the internet, which no test can reach: what would have been found. */
let LIVE: SetupFacts;

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	air = await startTestAir();
	const keys = [{ kty: 'EC', ...air.key.jwk(PARTNER_ID) }];
	LIVE = {
		settings: { value: {} },
		key: { value: await importPrivateKey(air.key.pem) },
		kid: PARTNER_ID,
		issuerDid: 'did:air:id:test:engine',
		direct: undefined,
		furtherKeys: { value: [] },
		baseUrl: { value: 'https://api.sandbox.mocachain.org/v1' },
		jwksUrl: 'https://issuer.example.com/jwks.json',
		jwks: {
			location: 'public',
			answer: { value: { status: 200, headers: { 'cache-control': 'max-age=60' }, text: '' } },
			keys: { value: keys },
		},
		air: { value: true },
		clock: { aheadMs: 900, uncertaintyMs: 500 },
		feature: undefined,
	};
});

beforeEach(() => {
	air.jwks.keys = [air.key.jwk(PARTNER_ID)];
});

afterEach(async () => {
	// Whatever the setup is, checking it issues nothing and creates nobody.
	expect(air.emulator.control.counts()).toMatchObject({ issuances: 0, usersCreated: 0 });
	expect(air.emulator.control.overview().users).toEqual([]);
	air.emulator.control.reset();
	for (const close of closers.splice(0)) await close();
});

afterAll(async () => {
	await air.close();
	await closeDispatchers();
});

/** Another server, where the base URL or the JWKS URL points by mistake. */
async function somewhereElse(answer: RequestListener): Promise<string> {
	const server = createServer(answer);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	closers.push(async () => {
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	});
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function closedPort(): Promise<string> {
	const origin = await somewhereElse(() => undefined);
	await closers.pop()?.();
	return origin;
}

const page: RequestListener = (_request, response) => {
	response.setHeader('content-type', 'text/html');
	response.end('<html><title>Welcome</title></html>');
};

const check = async (change: ICredentialDataDecryptedObject = {}) =>
	await checkSetup({ ...air.credential, ...change });

/** Of every setup where nobody asked for it. */
const notChecked = ({ code }: { readonly code?: string }) => code === 'AIR_FEATURE_NOT_CHECKED';

/**
 * What there is to say about a setup, except that the JWKS of these tests is on loopback and that
 * Issue on Behalf was not asked for.
 */
const problems = (findings: Finding[]) =>
	findings
		.filter((finding) => !notChecked(finding))
		.filter(({ check: name, status }) => status !== 'pass' && name !== 'jwksPublic')
		.map(({ check: name, status }) => `${name}: ${status}`);

const names = (findings: Finding[]) => findings.map(({ check: name }) => name);

const found = (findings: Finding[], name: string) => {
	const finding = findings.find(({ check: own }) => own === name);
	if (finding === undefined) throw new Error(`${name} was left out`);
	return finding;
};

/** What the credential test shows: the first thing to fix. */
const shown = (findings: Finding[]) => {
	const broken = findings.find(({ status }) => status === 'fail');
	return broken === undefined ? undefined : `${broken.detail}. ${broken.fix}`;
};

const privateJwk = (pem: string) => createPrivateKey(pem).export({ format: 'jwk' });

const OF_THE_CREDENTIAL = ['settings', 'privateKey', 'algorithm', 'keyId', 'issuerDid', 'baseUrl'];
const OF_THE_JWKS = [
	'jwksUrl',
	'jwksPublic',
	'jwksReachable',
	'jwksJson',
	'jwksPrivateMembers',
	'jwksKeyId',
	'jwksSameKey',
	'jwksKnownKeys',
	'jwksPurpose',
	'jwksCache',
];
const OF_AIR = ['clock', 'airAccepts', 'issueOnBehalf'];

describe('good', () => {
	test('every check is one finding, in order; nothing to fix except the address on loopback', async () => {
		const findings = await check();
		expect(names(findings)).toEqual([...OF_THE_CREDENTIAL, ...OF_THE_JWKS, ...OF_AIR]);
		expect(problems(findings)).toEqual([]);
		expect(found(findings, 'jwksPublic').status).toBe('warn');
		for (const { status, detail, fix } of findings) {
			expect(detail).not.toBe('');
			expect(fix === '').toBe(status === 'pass');
		}
	});

	test('without a JWKS URL, of the JWKS only that is said', async () => {
		const findings = await check({ jwksUrl: '' });
		expect(names(findings)).toEqual([...OF_THE_CREDENTIAL, 'jwksUrl', ...OF_AIR]);
		expect(problems(findings)).toEqual(['jwksUrl: warn']);
	});

	test('an issuer of direct issuance stands in for the issuer DID', async () => {
		const findings = await check({
			...{ issuerDid: '', directIssuer: 'issuer.example.com' },
			accountUrl: 'https://accounts.example.com',
		});
		expect(problems(findings)).toEqual(['directAccountHost: warn']);
		expect(names(findings)).not.toContain('issuerDid');
		expect(found(findings, 'directIssuer').detail).toBe(
			'Direct issuance is set up for did:web:issuer.example.com',
		);
	});

	test('asks once, about a hash that does not exist, for an address that cannot exist', async () => {
		await check();
		expect(air.emulator.control.requests()).toHaveLength(1);
		expect(air.emulator.control.requests()[0]).toMatchObject({
			operation: 'status',
			recipient: expect.stringMatching(/@example\.invalid$/) as string,
			coreClaimHash: '0'.repeat(64),
		});
	});

	test('with RSA', async () => {
		const rsa = makeKey('RS256');
		air.jwks.keys = [rsa.jwk(PARTNER_ID)];
		const findings = await check({ privateKey: rsa.pem });
		expect(problems(findings)).toEqual([]);
		expect(found(findings, 'privateKey').detail).toContain('RSA, 2048 bits');
		expect(found(findings, 'algorithm').detail).toContain('RS256');
	});

	test('beside a key that the credential knows', async () => {
		const next = makeKey();
		air.jwks.keys = [air.key.jwk(PARTNER_ID), next.jwk('next')];
		expect(problems(await check())).toEqual(['jwksKnownKeys: warn']);
		const furtherPublicJwks = next.publicKey.export({ type: 'spki', format: 'pem' }).toString();
		const findings = await check({ furtherPublicJwks });
		expect(problems(findings)).toEqual([]);
		expect(found(findings, 'furtherPublicKeys').detail).toContain('one key');
	});

	test('what is ready for the internet has nothing to fix at all', () => {
		expect(
			Object.values(CHECKS)
				.flatMap(({ judge }) => judge({ ...LIVE, air: { value: true } }) ?? [])
				.filter((verdict) => !notChecked(verdict)),
		).not.toContainEqual(expect.objectContaining({ fix: expect.stringMatching(/./) as string }));
	});
});

describe('settings', () => {
	test.each([
		['no partner ID', { partnerId: '' }, 'settings', /Partner ID is empty/],
		['no key', { privateKey: '' }, 'privateKey', /private key is missing/],
		['no address', { baseUrl: '' }, 'baseUrl', /base URL is not valid/],
	])('%s: AIR is not asked, and nothing is said about it', async (_what, change, name, words) => {
		const findings = await check(change);
		expect(problems(findings)[0]).toBe(`${name}: fail`);
		expect(shown(findings)).toMatch(words);
		expect(names(findings)).not.toEqual(expect.arrayContaining(['airAccepts']));
		expect(air.emulator.control.counts().requests).toBe(0);
	});

	test('without a readable key, the JWKS is checked anyway', async () => {
		air.jwks.keys = [{ ...air.key.jwk(PARTNER_ID), ...privateJwk(air.key.pem) }];
		const findings = await check({ privateKey: 'garbage' });
		expect(problems(findings)).toEqual([
			'privateKey: fail',
			'jwksReachable: warn',
			'jwksPrivateMembers: fail',
		]);
		expect(names(findings)).not.toEqual(
			expect.arrayContaining(['algorithm', 'jwksSameKey', 'jwksKnownKeys', 'airAccepts']),
		);
	});

	test('a private key among the further public keys is refused', async () => {
		const findings = await check({ furtherPublicJwks: makeKey().pem });
		expect(problems(findings)).toEqual(['furtherPublicKeys: fail']);
		expect(shown(findings)).toMatch(/PRIVATE key.*Further Public Keys/);
	});

	test('without an issuer DID nothing can be issued', async () => {
		const findings = await check({ issuerDid: '' });
		expect(problems(findings)).toEqual(['issuerDid: fail']);
		expect(shown(findings)).toMatch(/names no issuer DID.*Accounts → General/);
	});

	test('without an issuer DID and a JWKS URL the credential is not finished, which is a warning', async () => {
		const findings = await check({ issuerDid: '', jwksUrl: '' });
		expect(problems(findings)).toContain('issuerDid: warn');
	});
});

describe('keys', () => {
	test('a wrong key', async () => {
		const findings = await check({ privateKey: makeKey().pem });
		expect(problems(findings)).toEqual([
			'jwksReachable: warn',
			'jwksSameKey: fail',
			'airAccepts: fail',
		]);
		expect(shown(findings)).toMatch(/publishes another key.*kid “engine-partner”.*Wrong key/);
	});

	test('a wrong key without a JWKS URL: AIR’s word alone', async () => {
		const findings = await check({ privateKey: makeKey().pem, jwksUrl: '' });
		expect(problems(findings)).toEqual(['jwksUrl: warn', 'airAccepts: fail']);
		expect(shown(findings)).toMatch(/signature does not fit the key in your JWKS/);
	});

	test('an unknown kid', async () => {
		const findings = await check({ kid: 'key-2' });
		expect(problems(findings)).toEqual([
			'jwksReachable: warn',
			'jwksKeyId: fail',
			'airAccepts: fail',
		]);
		expect(shown(findings)).toMatch(
			/no key with the Key ID.*kid “key-2”; it has “engine-partner”.*Publish/,
		);
	});

	test('an unknown kid without a JWKS URL: AIR’s word alone', async () => {
		expect(shown(await check({ kid: 'key-2', jwksUrl: '' }))).toMatch(
			/Your JWKS has no key with this key ID/,
		);
	});

	test('a partner that AIR does not know', async () => {
		air.jwks.keys = [air.key.jwk('somebody')];
		const findings = await check({ partnerId: 'somebody' });
		expect(problems(findings)).toEqual(['jwksReachable: warn', 'airAccepts: fail']);
		expect(shown(findings)).toMatch(/does not know how to check your Partner JWT.*partner ID/);
	});

	test.each([
		['an EC key', () => air.key, () => ({})],
		['an EC key of somebody else', () => makeKey(), () => ({ kid: 'other' })],
		['an RSA key', () => makeKey('RS256'), () => ({ kid: 'other' })],
	])(
		'a JWKS that publishes the private half of %s fails although AIR accepts',
		async (_w, key, kid) => {
			const published = key();
			air.jwks.keys = [
				{ ...published.jwk(PARTNER_ID), ...privateJwk(published.pem), ...kid() },
				air.key.jwk(PARTNER_ID),
			];
			const findings = await check();
			expect(problems(findings)).toContain('jwksPrivateMembers: fail');
			expect(found(findings, 'airAccepts').status).toBe('pass');
			expect(shown(findings)).toMatch(/publishes a PRIVATE key.*new key pair now/);
			for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi']) {
				const value = privateJwk(published.pem)[member];
				if (typeof value === 'string') expect(JSON.stringify(findings)).not.toContain(value);
			}
		},
	);

	test('a shared secret in the JWKS is a leak, too', async () => {
		air.jwks.keys = [air.key.jwk(PARTNER_ID), { kty: 'oct', k: 'c2VjcmV0', kid: 'hmac' }];
		expect(shown(await check())).toMatch(/PRIVATE key/);
	});

	test('twice under one kid, and AIR takes the right one', async () => {
		air.jwks.keys = [air.key.jwk(PARTNER_ID), makeKey().jwk(PARTNER_ID)];
		const findings = await check();
		expect(problems(findings)).toEqual(['jwksKeyId: warn']);
		expect(found(findings, 'jwksKeyId').fix).toMatch(/^AIR accepts the Partner JWT anyway/);
	});

	test('the kid of a stranger cannot steer what is shown', async () => {
		air.jwks.keys = [
			air.key.jwk(PARTNER_ID),
			makeKey().jwk(`x\u001b[2J\u202e${'y'.repeat(500)}`),
			...Array.from({ length: 9 }, (_, i) => makeKey().jwk(`k${i}`)),
		];
		const { detail } = found(await check(), 'jwksKnownKeys');
		expect(detail).not.toMatch(/[\p{Cc}\p{Cf}]/u);
		expect(detail).toContain('5 more');
		expect(detail.length).toBeLessThan(400);
	});
});

describe('what a JWKS says of its keys and of caching', () => {
	const published = (members: Record<string, unknown>) => ({
		...air.key.jwk(PARTNER_ID),
		...members,
	});

	test.each([
		['another algorithm', { alg: 'RS256' }, /“engine-partner” says "alg": “RS256”/],
		['another use', { use: 'enc' }, /says "use": “enc”/],
		['other operations', { key_ops: ['sign'] }, /"key_ops" without verify/],
	])('%s', async (_what, members, words) => {
		air.jwks.keys = [published(members)];
		expect(found(await check(), 'jwksPurpose').detail).toMatch(words);
	});

	test('neither algorithm nor use', async () => {
		air.jwks.keys = [published({ alg: undefined, use: undefined })];
		expect(problems(await check())).toEqual(['jwksPurpose: warn']);
	});

	test('operations that fit', async () => {
		air.jwks.keys = [published({ key_ops: ['verify'] })];
		expect(problems(await check())).toEqual([]);
	});

	test.each([
		[undefined, /there is no Cache-Control/],
		['', /there is no Cache-Control/],
		['no-store', /forbids caching/],
		['private, max-age=60', /forbids caching/],
		['max-age=0, must-revalidate', /forbids caching/],
		['public', /no max-age/],
		['public, max-age=604800', /more than a day/],
		['public, max-age=60, s-maxage=604800', /more than a day/],
		['public, max-age=300', undefined],
		['Public, Max-Age="86400"', undefined],
		['max-age=60, stale-while-revalidate=600', undefined],
	])('Cache-Control %j', async (header, words) => {
		const jwksUrl = await somewhereElse((_request, response) => {
			if (header !== undefined) response.setHeader('cache-control', header);
			response.end(JSON.stringify({ keys: air.jwks.keys }));
		});
		const { status, detail } = found(await check({ jwksUrl }), 'jwksCache');
		expect(status).toBe(words === undefined ? 'pass' : 'warn');
		if (words !== undefined) expect(detail).toMatch(words);
	});
});

describe('AIR accepts, so what the JWKS URL of the credential shows is a warning only', () => {
	test.each<[string, () => Promise<string> | string, string, RegExp]>([
		[
			'refused',
			closedPort,
			'jwksReachable',
			/does not serve a key set: the connection was refused/,
		],
		[
			'of a host that does not exist',
			() => 'https://jwks.invalid/jwks.json',
			'jwksReachable',
			/does not serve a key set: the host name is unknown/,
		],
		['of a web page', async () => await somewhereElse(page), 'jwksJson', /it does not answer JSON/],
		[
			'that answers 404',
			async () =>
				await somewhereElse((_request, response) => {
					response.writeHead(404).end('{}');
				}),
			'jwksReachable',
			/it answers HTTP 404/,
		],
		[
			'that redirects',
			async () =>
				await somewhereElse((_request, response) => {
					response.writeHead(302, { location: air.jwks.url }).end();
				}),
			'jwksReachable',
			/it answers HTTP 302/,
		],
		[
			'of JSON that is not a key set',
			async () =>
				await somewhereElse((_request, response) => {
					response.end('{"keys": {}}');
				}),
			'jwksJson',
			/it does not answer a list of keys/,
		],
		[
			'of an endless answer',
			async () =>
				await somewhereElse((_request, response) => {
					response.end(' '.repeat(65 * 1024));
				}),
			'jwksReachable',
			/larger than 64 kB/,
		],
		[
			'that breaks off',
			async () =>
				await somewhereElse((request) => {
					request.socket.destroy();
				}),
			'jwksReachable',
			/does not serve a key set: the connection broke/,
		],
		['that is not a URL', () => 'jwks.json', 'jwksUrl', /The JWKS URL is not valid/],
		[
			'with a password in it',
			() => 'https://me:secret@issuer.example.invalid/jwks.json',
			'jwksUrl',
			/The JWKS URL is not valid/,
		],
		[
			'of another scheme',
			() => 'ftp://jwks.invalid/jwks.json',
			'jwksPublic',
			/does not start with https/,
		],
		[
			'over http',
			() => 'http://jwks.invalid/jwks.json',
			'jwksPublic',
			/JWKS URL does not start with https/,
		],
	])('a URL %s', async (_what, url, name, words) => {
		const findings = await check({ jwksUrl: await url() });
		expect(found(findings, 'airAccepts').status).toBe('pass');
		expect(shown(findings)).toBeUndefined();
		expect(problems(await check({ jwksUrl: await url() })).length).toBeLessThanOrEqual(1);
		const { status, detail, fix } = found(findings, name);
		expect([status, detail]).toEqual(['warn', expect.stringMatching(words)]);
		expect(fix).toMatch(/^AIR accepts the Partner JWT anyway/);
		expect(`${detail} ${fix}`).not.toMatch(/base URL|secret/);
	});

	test('a JWKS without this key, which AIR has cached', async () => {
		const url = await somewhereElse((_request, response) => {
			response.setHeader('cache-control', 'max-age=60');
			response.end(JSON.stringify({ keys: [makeKey().jwk(PARTNER_ID)] }));
		});
		const findings = await check({ jwksUrl: url });
		expect(problems(findings)).toEqual(['jwksSameKey: warn']);
		expect(found(findings, 'jwksSameKey').detail).toMatch(/publishes another key/);
	});

	test('when AIR rejects the token, the JWKS is what there is to fix', async () => {
		const findings = await check({ kid: 'key-2', jwksUrl: await closedPort() });
		expect(problems(findings)).toEqual(['jwksReachable: fail', 'airAccepts: fail']);
		expect(shown(findings)).toMatch(/JWKS URL does not serve a key set/);
	});

	test('when AIR is down, nothing outweighs what is wrong with the JWKS', async () => {
		const findings = await check({ baseUrl: await closedPort(), jwksUrl: await closedPort() });
		expect(problems(findings)).toEqual(['jwksReachable: fail', 'airAccepts: fail']);
		expect(names(findings)).not.toContain('clock');
	});
});

describe('the clock', () => {
	test.each([
		[600_000, '10 minutes behind AIR’s'],
		[-45_000, 'seconds ahead of AIR’s'],
		[-10_800_000, '3 hours ahead of AIR’s'],
	])('of AIR is %d ms ahead', async (jwtSkewMs, words) => {
		air.emulator.control.setTime({ jwtSkewMs });
		const findings = await check();
		expect(found(findings, 'clock').detail).toContain(words);
		expect(found(findings, 'clock').fix).toMatch(/NTP/);
	});

	test('that is off, but not so far that AIR minds, is a warning', async () => {
		air.emulator.control.injectFault({ kind: 'headers', dateSkewMs: 45_000 });
		expect(problems(await check())).toEqual(['clock: warn']);
	});

	test('that is off so far that AIR rejects the token is what there is to fix', async () => {
		air.emulator.control.setTime({ jwtSkewMs: 600_000 });
		const findings = await check();
		expect(problems(findings)).toEqual(['jwksReachable: warn', 'clock: fail', 'airAccepts: fail']);
		expect(shown(findings)).toMatch(/clock of this machine is wrong/);
	});

	test('cannot be read without a date: then nothing is said', async () => {
		air.emulator.control.injectFault({ kind: 'headers', headers: { date: 'today' } });
		expect(names(await check())).not.toContain('clock');
	});
});

describe('whether Issue on Behalf is enabled', () => {
	const OWN = 'me@example.com';
	const ask = async (ownAddress: unknown, change: ICredentialDataDecryptedObject = {}) =>
		await checkSetup({ ...air.credential, ...change }, { ownAddress });
	const posts = () =>
		air.emulator.control.requests().filter(({ operation }) => operation === 'issue');

	test('is not asked unless wished', async () => {
		const { status, detail, fix } = found(await check(), 'issueOnBehalf');
		expect([status, detail]).toEqual(['warn', 'Not checked: whether Issue on Behalf is enabled']);
		expect(fix).toMatch(/Switch on Check Issue on Behalf.*your own address/);
		expect(posts()).toEqual([]);
	});

	test('enabled: the documented 400 to an empty body', async () => {
		expect(found(await ask(OWN), 'issueOnBehalf')).toMatchObject({ status: 'pass', fix: '' });
		expect(posts()).toMatchObject([{ recipient: OWN, body: {}, status: 400, outcome: 'refused' }]);
	});

	test('not enabled', async () => {
		air.emulator.control.setFeature({ partnerId: PARTNER_ID, enabled: false });
		const { status, detail, fix } = found(await ask(OWN), 'issueOnBehalf');
		expect(status).toBe('fail');
		expect(detail).toMatch(/not enabled for your partner account/);
		expect(fix).toMatch(/issueOnBehalf is not allowed.*Accounts → General/);
		expect(posts()).toHaveLength(1);
	});

	test.each<[string, FaultInput]>([
		['an HTML 400', { kind: 'answer', status: 400, body: { type: 'html' } }],
		[
			'a 400 about something else',
			{ kind: 'answer', status: 400, body: { type: 'air', message: 'Invalid email address' } },
		],
		[
			'a 400 of a gateway',
			{
				kind: 'answer',
				status: 400,
				body: { type: 'text', text: '{"message":"issuerDid"}' },
				contentType: 'application/json',
			},
		],
		['a page with 403', { kind: 'answer', status: 403, body: { type: 'html' } }],
		[
			'a 403 about the schema',
			{ kind: 'answer', status: 403, body: { type: 'air', message: 'schema not allowed' } },
		],
		['401', { kind: 'answer', status: 401, body: { type: 'air', message: 'Invalid scope' } }],
		['404', { kind: 'answer', status: 404, body: { type: 'text', text: 'no' } }],
		['429', { kind: 'answer', status: 429 }],
		['500', { kind: 'answer', status: 500 }],
		['200', { kind: 'answer', status: 200, body: { type: 'text', text: '{}' } }],
		['a redirect', { kind: 'redirect', location: 'https://login.example.com/' }],
		['a reset', { kind: 'reset' }],
	])('%s: not known, and asked once only', async (_what, fault) => {
		air.emulator.control.injectFault({ ...fault, operation: 'issue' });
		const { status, detail, fix } = found(await ask(OWN), 'issueOnBehalf');
		expect([status, detail]).toEqual(['warn', expect.stringMatching(/Could not find out whether/)]);
		expect(fix).toMatch(/Accounts → General/);
		expect(air.emulator.control.counts().byOperation.issue).toBe(1);
	});

	test.each([[''], ['me'], [undefined], [null]])(
		'no address %j: nothing is posted',
		async (own) => {
			const finding = (await ask(own)).find(({ check: name }) => name === 'issueOnBehalf');
			expect(finding?.status).toBe(own === undefined ? 'warn' : 'fail');
			expect(posts()).toEqual([]);
		},
	);

	test('is not asked when AIR rejects the token', async () => {
		expect(found(await ask(OWN, { kid: 'key-2' }), 'issueOnBehalf')).toMatchObject({
			status: 'warn',
			detail: expect.stringMatching(/^Not checked.*AIR has to accept/) as string,
		});
		expect(posts()).toEqual([]);
	});
});

describe('the way to AIR', () => {
	test('a refused port', async () => {
		expect(shown(await check({ baseUrl: await closedPort() }))).toMatch(
			/connection was refused.*base URL and port/,
		);
	});

	test('a name that does not exist', async () => {
		expect(shown(await check({ baseUrl: 'http://air.invalid' }))).toMatch(
			/host name is unknown.*spelling of the base URL/,
		);
	});

	test.each<[string, FaultInput, RegExp]>([
		[
			'an HTML 502',
			{ kind: 'answer', status: 502, body: { type: 'html', title: '502 Bad Gateway' } },
			/AIR, or a gateway in front of it, failed while working on the request.*502 Bad Gateway/,
		],
		['a 503', { kind: 'answer', status: 503, body: { type: 'html' } }, /not available/],
		[
			'a redirect',
			{ kind: 'redirect', location: 'https://login.example.com/' },
			/redirects to somewhere else.*final address/,
		],
		[
			'a 404 of somebody else',
			{ kind: 'answer', status: 404, body: { type: 'text', text: '404 page not found' } },
			/no such AIR endpoint at this address.*base URL/,
		],
		[
			'a 404 of somebody else in JSON',
			{
				kind: 'answer',
				status: 404,
				body: { type: 'text', text: '{"message":"Not Found"}' },
				contentType: 'application/json',
			},
			/no such AIR endpoint/,
		],
		[
			'an HTML 404',
			{ kind: 'answer', status: 404, body: { type: 'html' } },
			/no such AIR endpoint/,
		],
		['a page with 200', { kind: 'answer', status: 200, body: { type: 'html' } }, /cannot be read/],
		[
			'403',
			{ kind: 'answer', status: 403, body: { type: 'html' } },
			/in front of AIR answered 403/,
		],
		['429', { kind: 'answer', status: 429 }, /fewer/],
		['a reset', { kind: 'reset' }, /connection to AIR broke/],
	])('%s', async (_what, fault, words) => {
		air.emulator.control.injectFault(fault);
		const findings = await check();
		expect(problems(findings)).toEqual(['jwksReachable: warn', 'airAccepts: fail']);
		expect(shown(findings)).toMatch(words);
		// The test in the credential form must answer soon: nothing is repeated.
		expect(air.emulator.control.counts().requests).toBe(1);
	});

	test('an address that is not AIR’s', async () => {
		expect(shown(await check({ baseUrl: await somewhereElse(page) }))).toMatch(/cannot be read/);
	});

	test('a private address, where the operator does not allow it', async () => {
		try {
			delete process.env.MOCA_AIR_ALLOW_PRIVATE_URLS;
			const findings = await check();
			expect(problems(findings)).toEqual(['baseUrl: fail', 'airAccepts: fail']);
			expect(shown(findings)).toMatch(/https|private network/);
			expect(air.emulator.control.counts().requests).toBe(0);
		} finally {
			process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
		}
	});

	test.each([
		'https://developers.sandbox.air3.com/dashboard',
		'https://air.api.sandbox.air3.com',
		'https://credential-testnet.api.sandbox.air3.com',
		'https://api.mocachain.org/v1',
	])('%s is another API of AIR', (baseUrl) => {
		const verdict = CHECKS.baseUrl?.judge({ ...LIVE, baseUrl: { value: baseUrl } });
		expect(verdict).toMatchObject({
			status: 'fail',
			detail: expect.stringMatching(/not look like/) as string,
		});
	});

	test('a signal that is aborted: nothing is sent', async () => {
		const aborted = checkSetup(air.credential, { signal: AbortSignal.abort() });
		expect((await airErrorOf(async () => await aborted)).code).toBe('AIR_CANCELLED');
		expect(air.emulator.control.counts().requests).toBe(0);
	});
});
