import { resolveProxyUrl } from '@n8n/backend-network/proxy';
import fc from 'fast-check';
import { proxyFor } from '../../../../air/http/proxy';
import { airErrorOf, everythingShown } from '../support';
import { withProxyVariables } from './proxyVariables';

const P = 'http://proxy.example:3128';
const Q = 'http://other.example:3128';
const HTTPS = 'https://api.example.com/v1';
const HTTP = 'http://api.example.com/v1';

const chosen = (target: string, variables: Record<string, string>) =>
	withProxyVariables(variables, () => proxyFor(new URL(target))?.href);
const href = (address: string | undefined) =>
	address === undefined ? undefined : new URL(address).href;

describe('which variable counts', () => {
	test.each<[string, Record<string, string>, string | undefined]>([
		[HTTPS, {}, undefined],
		[HTTPS, { HTTPS_PROXY: P }, P],
		[HTTPS, { https_proxy: P }, P],
		[HTTPS, { https_proxy: P, HTTPS_PROXY: Q }, P],
		[HTTPS, { HTTP_PROXY: P }, undefined],
		[HTTPS, { http_proxy: P }, undefined],
		[HTTPS, { ALL_PROXY: P }, P],
		[HTTPS, { all_proxy: P }, P],
		[HTTPS, { ALL_PROXY: Q, HTTPS_PROXY: P }, P],
		[HTTP, { HTTP_PROXY: P }, P],
		[HTTP, { HTTPS_PROXY: P }, undefined],
		[HTTP, { ALL_PROXY: P }, P],
		[HTTP, { http_proxy: P, HTTP_PROXY: Q }, P],
		// An empty variable is none, so that the upper-case one, or ALL_PROXY, counts.
		[HTTPS, { HTTPS_PROXY: '' }, undefined],
		[HTTPS, { HTTPS_PROXY: '', ALL_PROXY: P }, P],
		[HTTPS, { https_proxy: '', HTTPS_PROXY: P }, P],
		[HTTP, { http_proxy: '', HTTP_PROXY: P }, P],
		[HTTPS, { https_proxy: '', HTTPS_PROXY: '', all_proxy: '', ALL_PROXY: P }, P],
		// As npm and npx set them for what they start.
		[HTTPS, { npm_config_https_proxy: P, HTTPS_PROXY: Q }, P],
	])('%s with %j', (target, variables, proxy) => {
		expect(chosen(target, variables)).toBe(href(proxy));
	});
});

describe('NO_PROXY', () => {
	test.each<[string, string, boolean]>([
		['https://example.com/', 'example.com', false],
		['https://api.example.com/', 'example.com', true],
		['https://api.example.com/', '.example.com', false],
		['https://example.com/', '.example.com', true],
		['https://api.example.com/', '*.example.com', false],
		['https://api.example.com/', '*example.com', false],
		['https://api.example.com/', '*', false],
		['https://api.example.com/', 'other, *', false],
		['https://api.example.com/', 'API.example.COM', false],
		['https://api.example.com/', 'api.example.com:443', false],
		['https://api.example.com/', 'api.example.com:8443', true],
		['https://api.example.com:8443/', 'api.example.com:8443', false],
		['http://api.example.com/', 'api.example.com:80', false],
		['https://[2001:db8::1]/', '[2001:db8::1]', false],
		['https://[2001:db8::1]/', '2001:db8::1', true],
		['https://10.1.2.3/', '10.1.2.3', false],
		['https://10.1.2.3/', '10.0.0.0/8', true],
		['https://b.example/', 'a.example,b.example', false],
		['https://b.example/', ' a.example ,  b.example ', false],
		['https://b.example/', 'a.example b.example', false],
		['https://b.example/', ',,', true],
		['https://b.example/', '', true],
		['https://b.example/', ' ', true],
	])('%s with %j: through the proxy %s', (target, list, proxied) => {
		const both = { HTTPS_PROXY: P, HTTP_PROXY: P };
		expect(chosen(target, { ...both, NO_PROXY: list })).toBe(proxied ? href(P) : undefined);
		expect(chosen(target, { ...both, no_proxy: list })).toBe(proxied ? href(P) : undefined);
	});

	test('an empty lower-case one does not hide the other', () => {
		const variables = { HTTPS_PROXY: P, no_proxy: '', NO_PROXY: 'api.example.com' };
		expect(chosen(HTTPS, variables)).toBeUndefined();
	});
});

describe('how the address of a proxy is written', () => {
	test.each([
		['proxy.example:3128', 'https://proxy.example:3128/'],
		['me:word@proxy.example:3128', 'https://me:word@proxy.example:3128/'],
		[` ${P} `, `${P}/`],
		['HTTPS://proxy.example', 'https://proxy.example/'],
		['http://[2001:db8::1]:3128', 'http://[2001:db8::1]:3128/'],
	])('%j', (address, proxy) => {
		expect(chosen(HTTPS, { HTTPS_PROXY: address })).toBe(proxy);
	});

	test('without a scheme it has that of the target', () => {
		expect(chosen(HTTP, { HTTP_PROXY: 'proxy.example:3128' })).toBe('http://proxy.example:3128/');
	});

	test.each(['socks5', 'socks5h', 'socks4', 'socks', 'SOCKS5', 'ftp'])(
		'%s:// is refused in words, before anything is sent',
		async (scheme) => {
			const error = await airErrorOf(() =>
				chosen(HTTPS, { ALL_PROXY: `${scheme}://me:secret@proxy.example:1080` }),
			);
			expect([error.code, error.kind, error.retryable]).toEqual([
				'AIR_PROXY_ADDRESS',
				'not-sent',
				false,
			]);
			expect(error.message).toContain(`${scheme.toLowerCase()}: is not supported`);
			expect(everythingShown(error)).not.toMatch(/secret|proxy\.example:1080/);
		},
	);

	test.each(['not a url', 'http://', 'http://:3128', '  ', 'http://me:secret@:1', '://'])(
		'%j is not an address',
		async (address) => {
			const error = await airErrorOf(() => chosen(HTTPS, { ALL_PROXY: address }));
			expect([error.code, error.retryable]).toEqual(['AIR_PROXY_ADDRESS', false]);
			expect(everythingShown(error)).not.toContain('secret');
		},
	);

	test('what NO_PROXY lists does not mind it', () => {
		const variables = { ALL_PROXY: 'socks5://proxy.example', NO_PROXY: 'api.example.com' };
		expect(chosen(HTTPS, variables)).toBeUndefined();
	});
});

test('whatever the variables are, the choice is that of n8n', () => {
	const host = fc.constantFrom(
		'example.com',
		'api.example.com',
		'xn--bcher-kva.example',
		'10.0.0.1',
		'[2001:db8::1]',
		'example.com.',
	);
	const target = fc
		.tuple(fc.constantFrom('http', 'https'), host, fc.constantFrom('', ':80', ':443', ':8443'))
		.map(([scheme, name, port]) => `${scheme}://${name}${port}/v1/credentials`);
	const address = fc.constantFrom(
		'',
		P,
		Q,
		'https://secure.example',
		'proxy.example:3128',
		'me:w%20rd@proxy.example',
	);
	const entry = fc
		.tuple(
			fc.constantFrom('', '.', '*.', '*'),
			fc.oneof(host, fc.constantFrom('com', '', 'EXAMPLE.com', '2001:db8::1')),
			fc.constantFrom('', ':443', ':80', ':8443', ':0'),
		)
		.map((parts) => parts.join(''));
	const list = fc
		.array(fc.tuple(entry, fc.constantFrom(',', ' ', ', ', ',,', '\t')), { maxLength: 4 })
		.map((entries) => entries.flat().join(''));
	const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
	const variables = fc.record({
		http_proxy: maybe(address),
		HTTP_PROXY: maybe(address),
		https_proxy: maybe(address),
		HTTPS_PROXY: maybe(address),
		all_proxy: maybe(address),
		ALL_PROXY: maybe(address),
		no_proxy: maybe(list),
		NO_PROXY: maybe(list),
		npm_config_https_proxy: maybe(address),
		npm_config_no_proxy: maybe(list),
	});
	fc.assert(
		fc.property(target, variables, (url, env) => {
			withProxyVariables(env, () => {
				expect(proxyFor(new URL(url))?.href).toBe(href(resolveProxyUrl(url)));
			});
		}),
		{ numRuns: 3_000 },
	);
});
