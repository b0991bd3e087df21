import { BASE_URLS, resolveBaseUrl } from '../../../air/baseUrl';
import { airErrorOf, everythingShown } from './support';

test('the environments have the newest documented addresses', () => {
	expect(resolveBaseUrl('sandbox')).toBe('https://api.sandbox.mocachain.org/v1');
	expect(resolveBaseUrl('production')).toBe('https://mocachain-mainnet.api.air3.com/v1');
	expect(resolveBaseUrl('sandbox', 'https://ignored.example.com')).toBe(BASE_URLS.sandbox);
});

test.each([
	['https://air.example.com', 'https://air.example.com/v1'],
	['https://air.example.com/', 'https://air.example.com/v1'],
	['https://air.example.com///', 'https://air.example.com/v1'],
	['https://air.example.com/v1', 'https://air.example.com/v1'],
	['https://air.example.com/v1/', 'https://air.example.com/v1'],
	['https://air.example.com/v1//', 'https://air.example.com/v1'],
	['https://air.example.com/v2', 'https://air.example.com/v2'],
	['https://air.example.com/air/v1', 'https://air.example.com/air/v1'],
	['https://air.example.com/air', 'https://air.example.com/air/v1'],
	['https://air.example.com/v1/credentials/issue-on-behalf', 'https://air.example.com/v1'],
	['https://air.example.com/v1/credentials/issue-on-behalf/', 'https://air.example.com/v1'],
	['https://air.example.com/v1/credentials/status', 'https://air.example.com/v1'],
	['https://air.example.com/v1/credentials', 'https://air.example.com/v1'],
	['https://air.example.com/credentials/status', 'https://air.example.com/v1'],
	['  https://air.example.com/v1\n', 'https://air.example.com/v1'],
	['HTTPS://AIR.Example.COM/v1', 'https://air.example.com/v1'],
	['https://air.example.com:443/v1', 'https://air.example.com/v1'],
	['https://air.example.com:8443', 'https://air.example.com:8443/v1'],
	['http://127.0.0.1:3000', 'http://127.0.0.1:3000/v1'],
	['https://[::1]:3000/', 'https://[::1]:3000/v1'],
	['https://münchen.example', 'https://xn--mnchen-3ya.example/v1'],
])('%j becomes %s', (text, url) => {
	expect(resolveBaseUrl('custom', text)).toBe(url);
	expect(resolveBaseUrl('custom', url)).toBe(url);
});

test.each([
	['', 'it is empty'],
	['   ', 'it is empty'],
	[undefined, 'it is empty'],
	['air.example.com', 'it is not a complete address'],
	['//air.example.com/v1', 'it is not a complete address'],
	['https://', 'it is not a complete address'],
	['https://air .example.com', 'it is not a complete address'],
	['https://air.example.com:99999', 'it is not a complete address'],
	['ftp://air.example.com', 'it must start with https://'],
	['file:///etc/passwd', 'it must start with https://'],
	['javascript:alert(1)', 'it must start with https://'],
	['ws://air.example.com', 'it must start with https://'],
	['localhost:3000', 'it must start with https://'],
	['https://me@air.example.com', 'it must not hold a user name, a query or a fragment'],
	['https://me:secret@air.example.com', 'it must not hold a user name, a query or a fragment'],
	['https://air.example.com/v1?x=1', 'it must not hold a user name, a query or a fragment'],
	['https://air.example.com/v1?', 'it must not hold a user name, a query or a fragment'],
	['https://air.example.com/v1#x', 'it must not hold a user name, a query or a fragment'],
])('%j is refused', async (text, detail) => {
	const error = await airErrorOf(() => resolveBaseUrl('custom', text));
	expect(error.code).toBe('AIR_BASE_URL_INVALID');
	expect(error.facts.detail).toBe(detail);
	expect(everythingShown(error)).not.toContain('secret');
});
