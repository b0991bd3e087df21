import { decodeJwt } from 'jose';
import fc from 'fast-check';
import type { IHttpRequestOptions } from 'n8n-workflow';
import { signRequest } from '../../../credentials/signRequest';
import { makeKey } from '../../support/keys';
import { badInput } from '../BadInput';
import { must } from '../expecting';
import { anything, NASTY, textOf } from '../pieces';

const key = makeKey();
const credential = {
	environment: 'custom',
	baseUrl: 'https://air.example/v1',
	partnerId: 'partner',
	privateKey: key.pem,
};

const address = fc.oneof(
	{
		weight: 6,
		arbitrary: textOf(
			[
				'https:',
				'//',
				'air.example',
				'/v1',
				'/credentials',
				'?x=1',
				'evil.example',
				'@',
				':443',
				'.',
			],
			6,
		),
	},
	{
		weight: 3,
		arbitrary: fc.constantFrom<unknown>(
			'https://air.example/v1/credentials/status',
			'/credentials/status',
			'https://evil.example/',
			'//evil.example/',
			new URL('https://evil.example/'),
			new URL('https://air.example/v1/x'),
			'http://air.example/v1',
			'https://air.example:8443/',
		),
	},
	{ weight: 1, arbitrary: anything },
);
const maybe = (of: fc.Arbitrary<unknown>) => fc.option(of, { nil: undefined });
const headers = fc.dictionary(
	fc.constantFrom(
		'x-moca-air-recipient',
		'X-Moca-AIR-Recipient',
		'x-partner-auth',
		'X-PARTNER-AUTH',
		'Host',
		'accept',
		'authorization',
	),
	fc.oneof(fc.constantFrom('ada@example.com', 'bob@example.com', ...NASTY), anything),
);

const inputs = fc.record(
	{
		url: maybe(address),
		uri: maybe(address),
		baseURL: maybe(address),
		proxy: maybe(fc.oneof(fc.constantFrom('', 'http://evil.example:1'), anything)),
		headers: fc.oneof({ weight: 6, arbitrary: headers }, { weight: 1, arbitrary: anything }),
		agentOptions: maybe(anything),
		followRedirect: maybe(fc.boolean()),
		maxRedirects: maybe(fc.nat(30)),
		skipSslCertificateValidation: maybe(fc.boolean()),
		rejectUnauthorized: maybe(fc.boolean()),
	},
	{ requiredKeys: ['headers'] },
);
type Options = Record<string, unknown>;

const recipient = { 'x-moca-air-recipient': 'ada@example.com' };

export const signedRequests = badInput<Options>({
	name: 'Requests of the HTTP Request node',
	share: 800,
	inputs: fc.oneof(
		inputs,
		inputs.map((options) => ({ ...options, headers: recipient, proxy: '' })),
	),
	corpus: [
		{ url: '/credentials/status', headers: recipient },
		{ url: '/x', uri: 'https://evil.example/', headers: recipient },
		{ url: '/x', baseURL: `https://air.example${'/'.repeat(200_000)}x`, headers: recipient },
		{ url: '', baseURL: 'https://evil.example/', headers: recipient },
		{ url: '/x', headers: { ...recipient, HOST: 'evil.example' } },
		{ url: '/x', headers: recipient, agentOptions: { host: 'evil.example', servername: 'x' } },
	],
	check: async (options) => {
		let signed: Options & { headers: Record<string, unknown> };
		try {
			signed = (await signRequest(
				credential,
				options as unknown as IHttpRequestOptions,
			)) as unknown as typeof signed;
		} catch (error) {
			must(error instanceof Error && error.constructor === Error, 'n8n shows a plain error');
			must(!('code' in error) && !('response' in error), 'n8n keeps its words');
			must(!/eyJ|-----BEGIN/.test(`${error.message}${String(error.stack)}`), 'it shows no secret');
			return 'refused';
		}
		for (const target of [signed.url, signed.uri].filter((one) => one !== undefined)) {
			must(typeof target === 'string', 'an address is text');
			const { origin, username, password } = new URL(target);
			must(origin === 'https://air.example', 'a token goes to AIR only');
			must(username + password === '', 'no user name goes along');
		}
		must(signed.url !== undefined && !('baseURL' in signed), 'nothing is joined to it any more');
		must(
			signed.followRedirect === false && signed.maxRedirects === 0,
			'no redirect takes it along',
		);
		must(
			signed.disableFollowRedirect === true && signed.followAllRedirects === false,
			'none at all',
		);
		must(signed.rejectUnauthorized === true, 'certificates are checked');
		must(signed.skipSslCertificateValidation === false, 'and not left out');
		must(signed.proxy === undefined || signed.proxy === '' || signed.proxy === null, 'no proxy');
		const agent = Object.keys(signed.agentOptions ?? {});
		must(
			agent.every((name) => ['ca', 'cert', 'key', 'passphrase'].includes(name)),
			'no other host',
		);
		const names = Object.keys(signed.headers).map((name) => name.toLowerCase());
		must(!names.includes('host') && !names.includes('x-moca-air-recipient'), 'ours are taken off');
		must(names.filter((name) => name === 'x-partner-auth').length === 1, 'there is one token');
		const { email, partnerId } = decodeJwt(String(signed.headers['x-partner-auth']));
		const named = Object.entries((options.headers ?? {}) as Options)
			.filter(([name]) => name.toLowerCase() === 'x-moca-air-recipient')
			.map(([, value]) => String(value).trim());
		must(named.length > 0 && named.every((one) => one === email), 'it names who was named');
		must(partnerId === 'partner', 'and the partner of the credential');
		return 'taken';
	},
});
