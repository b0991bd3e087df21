import { createPublicKey } from 'node:crypto';
import { jwtVerify } from 'jose';
import type { ICredentialDataDecryptedObject, IHttpRequestOptions } from 'n8n-workflow';
import { REPLACED_BY_N8N } from '../../../n8n/errors/keepMessage';
import { signRequest } from '../../../credentials/signRequest';
import { makeKey } from '../../support/keys';

const key = makeKey();
const credential: ICredentialDataDecryptedObject = {
	environment: 'custom',
	baseUrl: 'https://air.example.com/v1',
	partnerId: 'partner-1',
	privateKey: key.pem,
	kid: 'key-1',
	scope: 'issue on-behalf',
	jwtLifetime: 5,
};
const STATUS = 'https://air.example.com/v1/credentials/status';
const headers = { 'x-moca-air-recipient': 'ada@example.com' };

/** What n8n really hands over: more than its types say, in an older and a newer shape. */
type Options = Record<string, unknown>;

const sign = async (options: Options, change: ICredentialDataDecryptedObject = {}) =>
	(await signRequest(
		{ ...credential, ...change },
		options as unknown as IHttpRequestOptions,
	)) as unknown as Options & { headers: Record<string, string> };

async function errorOf(options: Options, change: ICredentialDataDecryptedObject = {}) {
	try {
		await sign(options, change);
	} catch (error) {
		if (error instanceof Error) return error;
	}
	throw new Error('it was signed');
}

const claimsOf = async (options: {
	headers: Record<string, string>;
}): Promise<Record<string, unknown>> => {
	const { payload, protectedHeader } = await jwtVerify(
		options.headers['x-partner-auth'] ?? '',
		createPublicKey(key.publicKey.export({ type: 'spki', format: 'pem' })),
	);
	return { ...payload, header: protectedHeader };
};

describe('the token', () => {
	test('verifies with the public key, and names the recipient', async () => {
		const now = Math.floor(Date.now() / 1000);
		const { header, iat, exp, ...claims } = await claimsOf(await sign({ url: STATUS, headers }));
		expect(header).toEqual({ alg: 'ES256', kid: 'key-1', typ: 'JWT' });
		expect(claims).toEqual({
			partnerId: 'partner-1',
			scope: 'issue on-behalf',
			email: 'ada@example.com',
		});
		expect(iat).toBeGreaterThanOrEqual(now - 60);
		expect(Number(exp) - Number(iat)).toBe(310);
	});

	test('scope and lifetime are the credential’s', async () => {
		const signed = await sign({ url: STATUS, headers }, { scope: 'issue', jwtLifetime: 2 });
		const { scope, iat, exp } = await claimsOf(signed);
		expect([scope, Number(exp) - Number(iat)]).toEqual(['issue', 130]);
	});

	test('each request is signed for its own recipient', async () => {
		const emails = ['ada@example.com', 'bob@example.com'];
		const signed = await Promise.all(
			emails.map(
				async (email) => await sign({ url: STATUS, headers: { 'x-moca-air-recipient': email } }),
			),
		);
		expect(await Promise.all(signed.map(async (one) => (await claimsOf(one)).email))).toEqual(
			emails,
		);
	});
});

describe('where it may go', () => {
	test.each<[string, Options, string]>([
		['an absolute address', { url: STATUS }, STATUS],
		['an upper-case host', { url: 'HTTPS://AIR.Example.COM/v1/x' }, 'https://air.example.com/v1/x'],
		[
			'the port spelt out',
			{ url: 'https://air.example.com:443/v1/x' },
			'https://air.example.com/v1/x',
		],
		['a query', { url: `${STATUS}?coreClaimHash=ab&x=1` }, `${STATUS}?coreClaimHash=ab&x=1`],
		['a relative one', { url: '/credentials/status' }, STATUS],
		['a relative one without slash', { url: 'credentials/status' }, STATUS],
		[
			'a relative one with baseURL',
			{ url: '/x', baseURL: 'https://air.example.com/v1/' },
			'https://air.example.com/v1/x',
		],
		[
			'an absolute one with a foreign baseURL',
			{ url: STATUS, baseURL: 'https://evil.example' },
			STATUS,
		],
		[
			'baseURL only',
			{ url: '', baseURL: 'https://air.example.com/v1' },
			'https://air.example.com/v1',
		],
		['an empty baseURL', { url: '/credentials/status', baseURL: '' }, STATUS],
		['the older shape', { uri: STATUS }, STATUS],
		['the older shape, relative', { uri: '/credentials/status' }, STATUS],
		['both shapes', { url: STATUS, uri: STATUS }, STATUS],
		['an empty url beside uri', { url: '', uri: STATUS }, STATUS],
		['a URL object', { url: new URL(STATUS) }, STATUS],
		['a URL object in the older shape', { uri: new URL(STATUS) }, STATUS],
		// The same host, whatever it looks like: a path.
		['backslashes', { url: '\\\\evil.example\\x' }, 'https://air.example.com/v1///evil.example/x'],
		[
			'a scheme without slashes',
			{ url: 'https:evil.example' },
			'https://air.example.com/v1/https:evil.example',
		],
		[
			'a scheme with backslashes',
			{ url: 'https:\\\\evil.example' },
			'https://air.example.com/v1/https://evil.example',
		],
		[
			'@ in a relative one',
			{ url: '@evil.example/x' },
			'https://air.example.com/v1/@evil.example/x',
		],
	])('%s', async (_what, target, href) => {
		const signed = await sign({ ...target, headers });
		expect(String(signed.url)).toBe(href);
		if ('uri' in target) expect(signed.uri).toBe(href);
		// Nobody joins it to anything any more.
		expect(signed).not.toHaveProperty('baseURL');
		expect(new URL(String(signed.url)).origin).toBe('https://air.example.com');
	});

	test.each<[string, Options]>([
		['another origin', { url: 'https://evil.example/v1' }],
		['another origin in the older shape', { uri: 'https://evil.example/v1' }],
		['another origin as a URL object', { url: new URL('https://evil.example/v1') }],
		['another port', { url: 'https://air.example.com:8443/v1' }],
		['another scheme', { url: 'http://air.example.com/v1' }],
		['a scheme that is none', { url: 'ftp://air.example.com/v1' }],
		['a sub-domain', { url: 'https://x.air.example.com/v1' }],
		['the name as a prefix', { url: 'https://air.example.com.evil.example/v1' }],
		['the name as a suffix', { url: 'https://evilair.example.com/v1' }],
		['a trailing dot', { url: 'https://air.example.com./v1' }],
		['a look-alike', { url: 'https://аir.example.com/v1' }],
		['a full-width look-alike of another', { url: 'https://ｅvil.example/v1' }],
		['a user name', { url: 'https://me@air.example.com/v1' }],
		['a password alone', { url: 'https://:secret@air.example.com/v1' }],
		['the name as a user name', { url: 'https://air.example.com@evil.example/v1' }],
		['a backslash before @', { url: 'https://evil.example\\@air.example.com/v1' }],
		['no scheme', { url: '//evil.example/v1' }],
		['no scheme, the own host', { url: '//air.example.com/v1' }],
		['a relative one with a foreign baseURL', { url: '/x', baseURL: 'https://evil.example' }],
		['a foreign baseURL only', { url: '', baseURL: 'https://evil.example' }],
		['a baseURL that is none', { url: '/x', baseURL: 'evil' }],
		['url foreign, uri own', { url: 'https://evil.example/', uri: STATUS }],
		['url own, uri foreign', { url: STATUS, uri: 'https://evil.example/' }],
		['url empty, uri foreign', { url: '', uri: 'https://evil.example/' }],
		['an address that is not an address', { url: 'https://' }],
		['a proxy', { url: STATUS, proxy: 'http://proxy.example:3128' }],
		['a proxy as an object', { url: STATUS, proxy: { host: 'evil.example', port: 1 } }],
	])('not: %s', async (_what, target) => {
		const error = await errorOf({ ...target, headers });
		expect(error.message).toMatch(/^The credential only signs requests to its own AIR base URL/);
		expect(error.message).not.toContain('secret');
	});

	test('an empty proxy counts as none', async () => {
		for (const proxy of ['', undefined, null]) {
			expect((await sign({ url: STATUS, headers, proxy })).url).toBe(STATUS);
		}
	});

	test('an IDN is compared as it is sent', async () => {
		const change = { baseUrl: 'https://bücher.example' };
		const signed = await sign({ url: 'https://xn--bcher-kva.example/v1/x', headers }, change);
		expect(signed.url).toBe('https://xn--bcher-kva.example/v1/x');
		expect((await sign({ url: 'https://BÜCHER.example/v1/x', headers }, change)).url).toBe(
			signed.url,
		);
		expect(
			(await errorOf({ url: 'https://bucher.example/v1/x', headers }, change)).message,
		).toMatch(/only signs requests to its own/);
	});

	test('the own origin is the environment’s, not a custom URL left behind', async () => {
		const change = { environment: 'sandbox' };
		const signed = await sign({ url: '/credentials/status', headers }, change);
		expect(signed.url).toBe('https://api.sandbox.mocachain.org/v1/credentials/status');
		expect((await errorOf({ url: STATUS, headers }, change)).message).toMatch(/only signs/);
	});

	test('agent options cannot move the connection elsewhere, nor drop the check of certificates', async () => {
		const { agentOptions } = await sign({
			url: STATUS,
			headers,
			agentOptions: {
				ca: 'CA of the company',
				cert: 'client certificate',
				key: 'client key',
				passphrase: 'p',
				host: 'evil.example',
				port: 1,
				path: '/var/run/evil.sock',
				socketPath: '/var/run/evil.sock',
				lookup: () => undefined,
				rejectUnauthorized: false,
				checkServerIdentity: () => undefined,
			},
		});
		expect(agentOptions).toEqual({
			ca: 'CA of the company',
			cert: 'client certificate',
			key: 'client key',
			passphrase: 'p',
		});
	});
});

describe('headers', () => {
	test('what the user gave as token or host is replaced, in whatever case', async () => {
		const signed = await sign({
			url: STATUS,
			headers: {
				...headers,
				'X-Partner-Auth': 'mine',
				'x-PARTNER-auth': 'mine',
				Host: 'evil.example',
				Accept: 'text/plain',
			},
		});
		expect(Object.keys(signed.headers).sort()).toEqual(['Accept', 'x-partner-auth']);
		expect((await claimsOf(signed)).email).toBe('ada@example.com');
	});

	test.each(['x-moca-air-recipient', 'X-Moca-Air-Recipient', 'X-MOCA-AIR-RECIPIENT'])(
		'%s names the recipient and goes no further',
		async (name) => {
			const signed = await sign({ url: STATUS, headers: { [name]: ' ada@example.com ' } });
			expect(Object.keys(signed.headers)).toEqual(['x-partner-auth']);
			expect((await claimsOf(signed)).email).toBe('ada@example.com');
		},
	);

	test.each<[string, Options, RegExp]>([
		['no headers', { url: STATUS }, /does not say who the recipient is.*x-moca-air-recipient/],
		['no recipient', { url: STATUS, headers: {} }, /does not say who the recipient is/],
		['an empty recipient', { url: STATUS, headers: { 'x-moca-air-recipient': '' } }, /it is empty/],
		[
			'no address',
			{ url: STATUS, headers: { 'x-moca-air-recipient': 'SECRET' } },
			/not a valid e-mail address: it has no @/,
		],
		[
			'two addresses',
			{ url: STATUS, headers: { 'x-moca-air-recipient': 'a@example.com, b@example.com' } },
			/more than one address/,
		],
		[
			'a list',
			{ url: STATUS, headers: { 'x-moca-air-recipient': ['a@example.com'] } },
			/it is a list/,
		],
		[
			'two headers that disagree',
			{
				url: STATUS,
				headers: {
					'x-moca-air-recipient': 'a@example.com',
					'X-Moca-Air-Recipient': 'b@example.com',
				},
			},
			/more than one address/,
		],
	])('%s: nothing is signed', async (_what, options, words) => {
		const error = await errorOf(options);
		expect(error.message).toMatch(words);
		expect(error.message).not.toContain('SECRET');
	});

	test('the same recipient twice is one recipient', async () => {
		const signed = await sign({
			url: STATUS,
			headers: { ...headers, 'X-Moca-Air-Recipient': 'ada@example.com' },
		});
		expect((await claimsOf(signed)).email).toBe('ada@example.com');
	});
});

describe('what comes back', () => {
	test('redirects are off in all four ways, and certificates are checked', async () => {
		const signed = await sign({
			url: STATUS,
			headers,
			disableFollowRedirect: false,
			maxRedirects: 21,
			followRedirect: true,
			followAllRedirects: true,
			skipSslCertificateValidation: true,
			rejectUnauthorized: false,
		});
		expect(signed).toMatchObject({
			disableFollowRedirect: true,
			maxRedirects: 0,
			followRedirect: false,
			followAllRedirects: false,
			skipSslCertificateValidation: false,
			rejectUnauthorized: true,
		});
	});

	test('everything else goes through', async () => {
		const body = { credentialId: 'c1' };
		const abortSignal = new AbortController().signal;
		const signed = await sign({
			url: STATUS,
			headers,
			method: 'POST',
			body,
			qs: { a: '1' },
			json: true,
			timeout: 5000,
			returnFullResponse: true,
			abortSignal,
		});
		expect(signed).toMatchObject({
			method: 'POST',
			qs: { a: '1' },
			json: true,
			timeout: 5000,
			returnFullResponse: true,
		});
		expect(signed.body).toBe(body);
		expect(signed.abortSignal).toBe(abortSignal);
	});

	test('what n8n handed over is not changed', async () => {
		const options = Object.freeze({
			url: '/credentials/status',
			baseURL: 'https://air.example.com/v1',
			headers: Object.freeze({ ...headers, 'X-Partner-Auth': 'mine' }),
		});
		const before = structuredClone(options);
		await sign(options);
		expect(options).toEqual(before);
	});

	test('signed once more, as n8n does after a 401, it is for the same recipient', async () => {
		const first = await sign({ url: '/credentials/status', headers });
		const second = await sign(first);
		const third = await sign(second);
		expect((await claimsOf(second)).email).toBe('ada@example.com');
		expect((await claimsOf(third)).email).toBe('ada@example.com');
		expect(third.url).toBe(STATUS);
		expect(Object.keys(third.headers)).toEqual(['x-partner-auth']);
	});

	test('another request without a recipient does not inherit one', async () => {
		const first = await sign({ url: STATUS, headers });
		expect((await errorOf({ ...first })).message).toMatch(/does not say who/);
	});

	test('what was signed before is not sent elsewhere because it was signed before', async () => {
		const first = await sign({ url: STATUS, headers });
		first.url = 'https://evil.example/';
		expect((await errorOf(first)).message).toMatch(/only signs/);
	});
});

describe('errors are shown by n8n as they are', () => {
	test.each<[string, Options, ICredentialDataDecryptedObject]>([
		['another origin', { url: 'https://evil.example/', headers }, {}],
		['an origin that n8n would read a code in', { url: 'https://eaccess.example/', headers }, {}],
		['no recipient', { url: STATUS }, {}],
		['a bad recipient', { url: STATUS, headers: { 'x-moca-air-recipient': 'x' } }, {}],
		['no key', { url: STATUS, headers }, { privateKey: '' }],
		['a bad key', { url: STATUS, headers }, { privateKey: 'enoent' }],
		['no partner ID', { url: STATUS, headers }, { partnerId: '' }],
		['a bad lifetime', { url: STATUS, headers }, { jwtLifetime: 99 }],
		['no base URL', { url: STATUS, headers }, { baseUrl: '' }],
		['a baseURL that is not text', { url: '/x', baseURL: 5, headers }, {}],
		['headers that are none', { url: STATUS, headers: 'x' }, {}],
	])('%s', async (_what, options, change) => {
		const error = await errorOf(options, change);
		expect(Object.getPrototypeOf(error)).toBe(Error.prototype);
		expect(error).not.toHaveProperty('code');
		expect(error).not.toHaveProperty('response');
		expect(error.message).toMatch(/^[A-Z].*\. [A-Z]/s);
		for (const word of REPLACED_BY_N8N) expect(error.message.toUpperCase()).not.toContain(word);
	});
});
