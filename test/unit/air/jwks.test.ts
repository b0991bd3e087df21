import { createServer } from 'node:http';
import { createPublicKey } from 'node:crypto';
import { closeDispatchers } from '../../../air/http/dispatchers';
import { privateMembers } from '../../../air/keys/jwk';
import { fetchJwks, readJwks } from '../../../air/jwks';
import { airErrorOf, ecKey, everythingShown, listening, rsaKey, type Listening } from './support';

let server: Listening;
let url: string;
let status = 200;
let body = '';
beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	server = await listening(
		createServer((_incoming, response) => {
			response.writeHead(status, { location: '/elsewhere' }).end(body);
		}),
	);
	url = `http://127.0.0.1:${server.port}/.well-known/jwks.json`;
});
afterAll(async () => {
	delete process.env.MOCA_AIR_ALLOW_PRIVATE_URLS;
	await closeDispatchers();
	await server.close();
});

const publicJwk = createPublicKey(ecKey()).export({ format: 'jwk' });
const privateJwk = ecKey().export({ format: 'jwk' });

test('the keys are given as published', async () => {
	status = 200;
	const keys = [{ ...publicJwk, kid: 'a', use: 'sig', alg: 'ES256', more: 1 }, publicJwk];
	body = JSON.stringify({ keys, more: true });
	expect(readJwks(await fetchJwks(url, 1000))).toEqual(keys);
});

test.each([
	[404, '', 'it answers HTTP 404'],
	[302, '', 'it answers HTTP 302'],
	[200, '<html>', 'it does not answer JSON'],
	[200, '', 'it does not answer JSON'],
	[200, '{}', 'it does not answer a list of keys'],
	[200, 'null', 'it does not answer a list of keys'],
	[200, JSON.stringify({ keys: {} }), 'it does not answer a list of keys'],
	[200, JSON.stringify({ keys: [null] }), 'it does not answer a list of keys'],
	[200, JSON.stringify([privateJwk]), 'it does not answer a list of keys'],
])('%d %j is not a key set', async (code, text, detail) => {
	status = code;
	body = text;
	const error = await airErrorOf(async () => readJwks(await fetchJwks(url, 1000)));
	expect([error.code, error.facts.detail]).toEqual(['AIR_JWKS_UNREADABLE', detail]);
	expect(everythingShown(error)).not.toContain(privateJwk.d);
});

test('it uses the same egress as every other request', async () => {
	expect((await airErrorOf(() => fetchJwks('jwks.json', 1000))).code).toBe('AIR_JWKS_URL_INVALID');
	expect((await airErrorOf(() => fetchJwks('http://8.8.8.8/', 1000))).code).toBe(
		'AIR_TARGET_NOT_HTTPS',
	);
	expect((await airErrorOf(() => fetchJwks(url, 1000, AbortSignal.abort()))).code).toBe(
		'AIR_CANCELLED',
	);
	status = 200;
	body = `{"keys":[]}${' '.repeat(64 * 1024)}`;
	expect((await airErrorOf(() => fetchJwks(url, 1000))).code).toBe('AIR_ANSWER_TOO_LARGE');
});

test.each([
	['public EC', publicJwk, []],
	['public RSA', createPublicKey(rsaKey()).export({ format: 'jwk' }), []],
	['private EC', privateJwk, ['d']],
	['private RSA', rsaKey().export({ format: 'jwk' }), ['d', 'p', 'q', 'dp', 'dq', 'qi']],
	['shared secret', { kty: 'oct', k: 'x' }, ['k']],
])('private members of a %s key', (_name, jwk, members) => {
	expect(privateMembers({ kty: 'EC', ...jwk })).toEqual(members);
});
