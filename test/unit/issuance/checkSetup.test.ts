import { createPrivateKey } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import { closeDispatchers } from '../../../air/dispatchers';
import { checkSetup, type Finding } from '../../../issuance/checkSetup';
import type { FaultInput } from '../../../emulator';
import { PARTNER_ID, startTestAir, type TestAir } from '../../engine/air';
import { makeKey } from '../../support/keys';

let air: TestAir;
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	air = await startTestAir();
});

beforeEach(() => {
	air.jwks.keys = [air.key.jwk(PARTNER_ID)];
});

afterEach(async () => {
	// Whatever the set-up is, checking it issues nothing and creates nobody.
	expect(air.emulator.control.counts()).toMatchObject({ issuances: 0, usersCreated: 0 });
	expect(air.emulator.control.counts().byOperation.issue).toBe(0);
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

const statuses = (findings: Finding[]) =>
	findings.map(({ check: name, status }) => `${name}: ${status}`);

/** What the credential test shows: the first thing to mend. */
const shown = (findings: Finding[]) => {
	const broken = findings.find(({ status }) => status === 'fail');
	return broken === undefined ? undefined : `${broken.detail}. ${broken.fix}`;
};

const privateJwk = (pem: string) => createPrivateKey(pem).export({ format: 'jwk' });

describe('good', () => {
	test('with a JWKS URL', async () => {
		const findings = await check();
		expect(statuses(findings)).toEqual(['settings: pass', 'jwks: pass', 'air: pass']);
		expect(findings.every(({ fix }) => fix === '')).toBe(true);
	});

	test('without one, the JWKS is not spoken of', async () => {
		expect(statuses(await check({ jwksUrl: '' }))).toEqual(['settings: pass', 'air: pass']);
	});

	test('asks once, for a hash that nobody has, under an address that nobody can have', async () => {
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
		expect(statuses(await check({ privateKey: rsa.pem }))).toEqual([
			'settings: pass',
			'jwks: pass',
			'air: pass',
		]);
	});

	test('among other keys, and twice under one kid', async () => {
		air.jwks.keys = [
			makeKey().jwk('old'),
			air.key.jwk(PARTNER_ID),
			makeKey().jwk(PARTNER_ID),
			air.key.jwk('new'),
		];
		expect(shown(await check())).toBeUndefined();
	});
});

describe('settings', () => {
	test.each([
		['no key', { privateKey: '' }, /private key is missing/],
		['no partner ID', { partnerId: '' }, /Partner ID is empty/],
		['no address', { baseUrl: '' }, /base URL is not valid/],
	])('%s: nothing is asked of anybody', async (_what, change, words) => {
		const findings = await check(change);
		expect(statuses(findings)).toEqual(['settings: fail']);
		expect(shown(findings)).toMatch(words);
		expect(air.emulator.control.counts().requests).toBe(0);
	});
});

describe('keys', () => {
	test('a wrong key', async () => {
		const findings = await check({ privateKey: makeKey().pem });
		expect(statuses(findings)).toEqual(['settings: pass', 'jwks: fail', 'air: fail']);
		expect(shown(findings)).toMatch(/publishes another key.*kid “engine-partner”.*Wrong key/);
	});

	test('a wrong key without a JWKS URL: AIR’s word alone', async () => {
		const findings = await check({ privateKey: makeKey().pem, jwksUrl: '' });
		expect(statuses(findings)).toEqual(['settings: pass', 'air: fail']);
		expect(shown(findings)).toMatch(/signature does not fit the key in your JWKS/);
	});

	test('an unknown kid', async () => {
		const findings = await check({ kid: 'key-2' });
		expect(statuses(findings)).toEqual(['settings: pass', 'jwks: fail', 'air: fail']);
		expect(shown(findings)).toMatch(/no key with the Key ID.*kid “key-2”.*Publish/);
	});

	test('an unknown kid without a JWKS URL: AIR’s word alone', async () => {
		expect(shown(await check({ kid: 'key-2', jwksUrl: '' }))).toMatch(
			/Your JWKS has no key with this key ID/,
		);
	});

	test('a partner that AIR does not know', async () => {
		air.jwks.keys = [air.key.jwk('somebody')];
		const findings = await check({ partnerId: 'somebody' });
		expect(statuses(findings)).toEqual(['settings: pass', 'jwks: pass', 'air: fail']);
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
			expect(statuses(findings)).toEqual(['settings: pass', 'jwks: fail', 'air: pass']);
			expect(shown(findings)).toMatch(/publishes a PRIVATE key.*new key pair now/);
			expect(JSON.stringify(findings)).not.toContain(String(privateJwk(published.pem).d));
		},
	);

	test('a shared secret in the JWKS is a leak, too', async () => {
		air.jwks.keys = [air.key.jwk(PARTNER_ID), { kty: 'oct', k: 'c2VjcmV0', kid: 'hmac' }];
		expect(shown(await check())).toMatch(/PRIVATE key/);
	});
});

describe('AIR accepts, so what the JWKS URL of the credential shows is a warning only', () => {
	const warned = ['settings: pass', 'jwks: warn', 'air: pass'];

	test.each<[string, () => Promise<string> | string, RegExp]>([
		['refused', closedPort, /JWKS URL does not serve a key set: the connection was refused/],
		[
			'of a host that does not exist',
			() => 'http://jwks.invalid/jwks.json',
			/JWKS URL does not serve a key set: the host name is unknown/,
		],
		['of a web page', async () => await somewhereElse(page), /it does not answer JSON/],
		[
			'that answers 404',
			async () =>
				await somewhereElse((_request, response) => {
					response.writeHead(404).end('{}');
				}),
			/it answers HTTP 404/,
		],
		[
			'that redirects',
			async () =>
				await somewhereElse((_request, response) => {
					response.writeHead(302, { location: air.jwks.url }).end();
				}),
			/it answers HTTP 302/,
		],
		[
			'of JSON that is no key set',
			async () =>
				await somewhereElse((_request, response) => {
					response.end('{"keys": {}}');
				}),
			/it does not answer a list of keys/,
		],
		[
			'that breaks off',
			async () =>
				await somewhereElse((request) => {
					request.socket.destroy();
				}),
			/JWKS URL does not serve a key set: the connection broke/,
		],
		['that is no URL', () => 'jwks.json', /The JWKS URL is not valid/],
		['of another scheme', () => 'ftp://issuer.example.com/jwks.json', /does not start with https/],
	])('a URL %s', async (_what, url, words) => {
		const findings = await check({ jwksUrl: await url() });
		expect(statuses(findings)).toEqual(warned);
		expect(findings[1]?.detail).toMatch(words);
		expect(findings[1]?.fix).not.toBe('');
		expect(`${findings[1]?.detail ?? ''} ${findings[1]?.fix ?? ''}`).not.toMatch(/base URL/);
	});

	test('a JWKS without this key, which AIR has cached', async () => {
		const url = await somewhereElse((_request, response) => {
			response.end(JSON.stringify({ keys: [makeKey().jwk(PARTNER_ID)] }));
		});
		const findings = await check({ jwksUrl: url });
		expect(statuses(findings)).toEqual(warned);
		expect(findings[1]?.detail).toMatch(/publishes another key/);
		expect(statuses(await check({ kid: '', jwksUrl: await somewhereElse(page) }))).toEqual(warned);
	});

	test('when AIR rejects the token, the JWKS is what there is to mend', async () => {
		const findings = await check({ kid: 'key-2', jwksUrl: await closedPort() });
		expect(statuses(findings)).toEqual(['settings: pass', 'jwks: fail', 'air: fail']);
		expect(shown(findings)).toMatch(/JWKS URL does not serve a key set/);
	});

	test('when AIR is down, the JWKS stays a warning', async () => {
		const findings = await check({ baseUrl: await closedPort(), jwksUrl: await closedPort() });
		expect(statuses(findings)).toEqual(['settings: pass', 'jwks: warn', 'air: fail']);
		expect(shown(findings)).toMatch(/^AIR could not be reached/);
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
			/AIR failed while working on the request.*502 Bad Gateway/,
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
		['403', { kind: 'answer', status: 403, body: { type: 'html' } }, /in front of AIR refused/],
		['429', { kind: 'answer', status: 429 }, /fewer/],
		['a reset', { kind: 'reset' }, /connection to AIR broke/],
	])('%s', async (_what, fault, words) => {
		air.emulator.control.injectFault(fault);
		const findings = await check();
		expect(statuses(findings)).toEqual(['settings: pass', 'jwks: pass', 'air: fail']);
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
			expect(statuses(findings)).toEqual(['settings: pass', 'jwks: warn', 'air: fail']);
			expect(shown(findings)).toMatch(/https|private network/);
			expect(air.emulator.control.counts().requests).toBe(0);
		} finally {
			process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
		}
	});

	test('a signal that is aborted: nothing is sent', async () => {
		const findings = await checkSetup(air.credential, AbortSignal.abort());
		expect(shown(findings)).toMatch(/^Cancelled/);
		expect(air.emulator.control.counts().requests).toBe(0);
	});
});
