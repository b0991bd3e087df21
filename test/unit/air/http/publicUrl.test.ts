import { whyNotPublic } from '../../../../air/http/publicUrl';

test.each([
	'https://issuer.example.com/.well-known/jwks.json',
	'https://8.8.8.8/jwks.json',
	'https://[2606:4700::1111]/jwks.json',
	'https://internal.example.com/jwks.json',
])('nothing speaks against %s', (url) => {
	expect(whyNotPublic(url)).toBeUndefined();
});

test.each([
	['http://issuer.example.com/jwks.json', /does not begin with https/],
	['ftp://issuer.example.com/jwks.json', /does not begin with https/],
	['https://localhost/jwks.json', /localhost is in a private network/],
	['https://n8n:5678/jwks.json', /n8n is in a private network/],
	['https://n8n.internal/jwks.json', /private network/],
	['https://192.168.1.4/jwks.json', /192\.168\.1\.4 is in a private network/],
	['https://[::1]/jwks.json', /private network/],
	['https://[fd00::1]/jwks.json', /private network/],
	['jwks.json', /not a complete URL/],
	['', /not a complete URL/],
])('%s: why', (url, reason) => {
	expect(whyNotPublic(url)).toMatch(reason);
});

test('what the operator allows for this network does not reach AIR', () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	expect(whyNotPublic('https://10.0.0.1/jwks.json')).toBeDefined();
	delete process.env.MOCA_AIR_ALLOW_PRIVATE_URLS;
});
