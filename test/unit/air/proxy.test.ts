import { proxyFor } from '../../../air/proxy';

const P = 'http://proxy.example:3128';
const Q = 'http://other.example:3128';

test.each<[string, Record<string, string>, string | undefined]>([
	['https:', {}, undefined],
	['https:', { HTTPS_PROXY: P }, P],
	['https:', { https_proxy: P }, P],
	['https:', { https_proxy: P, HTTPS_PROXY: Q }, P],
	['https:', { HTTP_PROXY: P }, undefined],
	['https:', { http_proxy: P }, undefined],
	['https:', { ALL_PROXY: P }, P],
	['https:', { all_proxy: P }, P],
	['https:', { ALL_PROXY: Q, HTTPS_PROXY: P }, P],
	['https:', { HTTPS_PROXY: '' }, undefined],
	['https:', { HTTPS_PROXY: '  ' }, undefined],
	['https:', { HTTPS_PROXY: '', ALL_PROXY: P }, P],
	// An empty lower-case variable switches a proxy off for a process, the upper-case one included.
	['https:', { https_proxy: '', HTTPS_PROXY: P }, undefined],
	['https:', { HTTPS_PROXY: ` ${P} ` }, P],
	['https:', { HTTPS_PROXY: 'proxy.example:3128' }, P],
	[
		'https:',
		{ HTTPS_PROXY: 'user:word@proxy.example:3128' },
		'http://user:word@proxy.example:3128',
	],
	['https:', { HTTPS_PROXY: 'HTTPS://proxy.example' }, 'HTTPS://proxy.example'],
	['http:', { HTTP_PROXY: P }, P],
	['http:', { HTTPS_PROXY: P }, undefined],
	['http:', { ALL_PROXY: P }, P],
	['http:', { http_proxy: P, HTTP_PROXY: Q }, P],
])('%s with %j', (protocol, env, proxy) => {
	expect(proxyFor(protocol, env)).toBe(proxy);
});
