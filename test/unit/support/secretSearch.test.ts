import { createPrivateKey, createPublicKey } from 'node:crypto';
import { inspect } from 'node:util';
import { makeKey } from '../../support/keys';
import { SecretSearch } from '../../support/SecretSearch';

/** The tests of secrets stand and fall with this. */
describe.each(['ES256', 'RS256'] as const)('a key for %s', (alg) => {
	const { pem } = makeKey(alg);
	const key = createPrivateKey(pem);
	const der = key.export({ format: 'der', type: 'pkcs8' });
	const jwk = key.export({ format: 'jwk' });
	const search = new SecretSearch().addKey(pem);
	const secretLine = pem.split('\n')[alg === 'ES256' ? 1 : 8] ?? '';
	const scalar = Buffer.from(jwk.d ?? '', 'base64url');

	test.each<[string, unknown]>([
		['the PEM', pem],
		['with escaped ends of lines', { key: JSON.stringify(pem) }],
		['one line of its body', `cannot read ${secretLine}`],
		['16 characters of it', `… ${secretLine.slice(-16)} …`],
		['the DER in Base64', der.toString('base64')],
		['the DER in hex', der.toString('hex').toUpperCase().toLowerCase()],
		['the DER as a Buffer', { nested: { der } }],
		['a Buffer, printed', inspect(scalar)],
		['the JWK', { error: { cause: new Error(JSON.stringify(jwk)) } }],
		['a member of the JWK', `d=${jwk.d?.slice(5, 30) ?? ''}`],
		['inside of other Base64', Buffer.from(`{"d":"${jwk.d ?? ''}"}`).toString('utf8')],
		['the message of an error', new Error(pem)],
		['a cause', new Error('failed', { cause: { pem } })],
	])('is found: %s', (_what, value) => {
		expect(search.findIn(value)).toContain('a private key');
	});

	test.each<[string, unknown]>([
		['its public half', createPublicKey(key).export({ format: 'jwk' })],
		['its public half as PEM', createPublicKey(key).export({ format: 'pem', type: 'spki' })],
		['another key', makeKey(alg).pem],
		['what every PEM begins with', pem.slice(0, 50)],
		['ordinary text', 'The private key cannot be read (AIR_KEY_UNREADABLE), see docs/errors.md'],
	])('is not found in %s', (_what, value) => {
		expect(search.findIn(value)).toBeUndefined();
	});
});

test('of a token, claims and signature are found, and the header is not', () => {
	const [header, claims, signature] = [
		'{"alg":"ES256","typ":"JWT"}',
		'{"email":"a@b.example"}',
		'0123456789abcdef',
	].map((part) => Buffer.from(part).toString('base64url'));
	const search = new SecretSearch().addToken([header, claims, signature].join('.'));
	expect(search.find(`x ${header ?? ''} x`)).toBeUndefined();
	expect(search.find(`x ${claims ?? ''} x`)).toContain('a Partner JWT');
	expect(search.find(`x ${signature ?? ''} x`)).toContain('a Partner JWT');
});

test('words are found as they are', () => {
	const search = new SecretSearch().addWord('the password', 'canary');
	expect(search.findIn({ url: 'postgres://u:canary@h/d' })).toContain('the password');
	expect(search.findIn({ url: 'postgres://u@h/d' })).toBeUndefined();
});
