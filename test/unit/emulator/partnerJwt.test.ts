import { newSigner, token, useRig, type Call, type Rig } from './support';

const rig = useRig();
const now = (): number => Math.floor(Date.now() / 1000);
const stranger = newSigner();
const rsa = newSigner('RS256');

describe('Partner JWT', () => {
	const general = 'Invalid or expired Partner JWT, or JWKS mismatch.';

	test.each<[string, () => Call, string]>([
		['no token', () => ({ auth: null }), 'Invalid x-partner-auth'],
		['something that is not a JWT', () => ({ auth: 'hello' }), 'Invalid x-partner-auth'],
		[
			'a Bearer prefix',
			() => ({ auth: `Bearer ${token(rig().signer)}` }),
			'Invalid x-partner-auth',
		],
		['no partnerId', () => ({ claims: { partnerId: undefined } }), 'Invalid x-partner-auth'],
		['an unknown partner', () => ({ claims: { partnerId: 'who' } }), 'Invalid x-partner-auth'],
		['alg none', () => ({ header: { alg: 'none' }, forge: 'none' }), 'JWT verification failed'],
		['HS256', () => ({ header: { alg: 'HS256' }, forge: 'HS256' }), 'JWT verification failed'],
		[
			'PS256',
			() => ({ header: { alg: 'PS256' }, signer: rsa, forge: 'PS256' }),
			'JWT verification failed',
		],
		['ES256K', () => ({ header: { alg: 'ES256K' } }), 'JWT verification failed'],
		[
			'an alg that is not the key type',
			() => ({ header: { alg: 'RS256' } }),
			'JWT verification failed',
		],
		['no typ', () => ({ header: { typ: undefined } }), 'Missing typ header'],
		['another typ', () => ({ header: { typ: 'at+jwt' } }), 'Missing typ header'],
		['no kid', () => ({ header: { kid: undefined } }), 'kid not found'],
		['an unpublished kid', () => ({ header: { kid: 'key-2' } }), 'kid not found'],
		['a key that is not the published one', () => ({ signer: stranger }), 'Invalid signature'],
		['no signature', () => ({ forge: 'none' }), 'Invalid signature'],
		['no exp', () => ({ claims: { exp: undefined } }), 'JWT verification failed'],
		[
			'an exp in the past',
			() => ({ claims: { iat: now() - 400, exp: now() - 1 } }),
			'Token expired',
		],
		[
			'a lifetime over 15 minutes',
			() => ({ claims: { exp: now() + 1000 } }),
			'JWT verification failed',
		],
		[
			'the same without iat',
			() => ({ claims: { iat: undefined, exp: now() + 1000 } }),
			'JWT verification failed',
		],
		['an iat in the future', () => ({ claims: { iat: now() + 90 } }), 'JWT verification failed'],
		['another scope', () => ({ claims: { scope: 'verify' } }), general],
		['no scope', () => ({ claims: { scope: undefined } }), general],
		['no email', () => ({ claims: { email: undefined } }), general],
	])('with %s is refused', async (_name, call, message) => {
		const reply = await rig().issue(call());
		expect(reply.body).toEqual({ error: 401, message });
		expect(reply.status).toBe(401);
		expect(rig().emulator.control.issuances()).toEqual([]);
		expect(rig().emulator.control.requests()[0]).toMatchObject({ outcome: 'refused', status: 401 });
	});

	test.each<[string, () => Call]>([
		['the scope issue', () => ({ claims: { scope: 'issue' } })],
		['no iat', () => ({ claims: { iat: undefined } })],
		['an iat that is a little ahead', () => ({ claims: { iat: now() + 30 } })],
		['a lifetime of 15 minutes', () => ({ claims: { iat: now(), exp: now() + 900 } })],
	])('with %s is accepted', async (_name, call) => {
		expect((await rig().issue(call())).status).toBe(200);
	});

	test('with RS256 is accepted if that is the published key', async () => {
		rig().jwks.publish({ ...rsa.publicJwk, kid: 'key-1' });
		expect((await rig().issue({ signer: rsa })).status).toBe(200);
	});

	test('accepts only the scopes set for the partner', async () => {
		const { control } = rig().emulator;
		const [registered] = control.overview().partners;
		if (registered === undefined) throw new Error('no partner');
		const { partnerId, jwksUrl, programs } = registered;
		control.registerPartner({ partnerId, jwksUrl, programs, scopes: ['issue'] });
		expect((await rig().issue({ claims: { scope: 'issue on-behalf' } })).status).toBe(401);
		expect((await rig().issue({ claims: { scope: 'issue' } })).status).toBe(200);
	});

	test('is refused on the status endpoint in its own words', async () => {
		const reply = await rig().status('ab', { claims: { scope: 'verify' } });
		expect(reply.body).toEqual({ error: 401, message: 'Invalid or expired Partner JWT.' });
	});

	test('without an email asks for a status, unless it is set that AIR wants one', async () => {
		const hash = await rig().issued();
		const ask = async () => await rig().status(hash, { claims: { email: undefined } });
		expect((await ask()).status).toBe(200);
		rig().emulator.control.setSettings({ statusNeedsEmail: true });
		expect(await ask()).toMatchObject({
			status: 401,
			body: { error: 401, message: 'Invalid or expired Partner JWT.' },
		});
		expect((await rig().status(hash)).status).toBe(200);
		expect((await rig().issue({ claims: { email: undefined } })).status).toBe(401);
	});

	test('may lie ahead with its iat for as long as is set', async () => {
		const ahead = async (seconds: number) =>
			(await rig().issue({ claims: { iat: now() + seconds } })).status;
		rig().emulator.control.setSettings({ iatToleranceSeconds: 0 });
		expect([await ahead(5), await ahead(0)]).toEqual([401, 200]);
		rig().emulator.control.setSettings({ iatToleranceSeconds: 10 });
		expect([await ahead(5), await ahead(30)]).toEqual([200, 401]);
	});

	test('is judged by the skewed clock, which the Date header shows', async () => {
		rig().emulator.control.setTime({ jwtSkewMs: 600_000 });
		const reply = await rig().issue();
		expect(reply.body).toMatchObject({ message: 'Token expired' });
		const date = Date.parse(reply.headers.get('date') ?? '');
		expect(Math.abs(date - Date.now() - 600_000)).toBeLessThan(5_000);
	});
});

describe('JWKS', () => {
	const unreachable = { error: 401, message: 'JWKS endpoint unreachable' };

	test.each<[string, (rig: Rig) => void]>([
		['answers 404', ({ jwks }) => void (jwks.status = 404)],
		['redirects', ({ jwks }) => void (jwks.status = 302)],
		['is not JSON', ({ jwks }) => void (jwks.body = '<html>')],
		['has no keys member', ({ jwks }) => void (jwks.body = '{}')],
		[
			'is not there',
			({ emulator }) =>
				void emulator.control.registerPartner({
					partnerId: 'partner-one',
					jwksUrl: 'http://127.0.0.1:1/jwks.json',
				}),
		],
		[
			'is on plain http elsewhere',
			({ emulator }) =>
				void emulator.control.registerPartner({
					partnerId: 'partner-one',
					jwksUrl: 'http://jwks.example/jwks.json',
				}),
		],
		[
			'is made to fail',
			({ emulator }) => {
				emulator.control.injectFault({ kind: 'answer', operation: 'jwks', status: 503 });
			},
		],
	])('that %s is unreachable', async (_name, arrange) => {
		arrange(rig());
		expect((await rig().issue()).body).toEqual(unreachable);
		expect(rig().emulator.control.counts()).toMatchObject({ jwksFetches: 1, jwksFetchFailures: 1 });
	});

	test('was never registered', async () => {
		rig().emulator.control.registerPartner({ partnerId: 'partner-one' });
		expect((await rig().issue()).body).toEqual({ error: 401, message: 'Invalid x-partner-auth' });
	});

	test('with private members works, but is counted', async () => {
		rig().jwks.publish({ ...rig().signer.privateJwk, kid: 'key-1' });
		expect((await rig().issue()).status).toBe(200);
		expect(rig().emulator.control.counts().jwksWithPrivateMembers).toBe(1);
	});

	test('with another key under the same kid takes effect at once', async () => {
		expect((await rig().issue()).status).toBe(200);
		rig().jwks.publish({ ...stranger.publicJwk, kid: 'key-1' });
		expect((await rig().issue({ signer: stranger })).status).toBe(200);
		expect((await rig().issue()).body).toMatchObject({ message: 'Invalid signature' });
	});

	test('of a bad key makes the token fail', async () => {
		rig().jwks.publish({ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'key-1' });
		expect((await rig().issue()).body).toMatchObject({ message: 'JWT verification failed' });
	});

	test('is fetched for each request without a cache', async () => {
		await rig().issue();
		await rig().issue();
		expect(rig().emulator.control.counts().jwksFetches).toBe(2);
	});

	test('is fetched once with a cache, also by many at once', async () => {
		rig().emulator.control.setSettings({ jwksCacheSeconds: 60 });
		await Promise.all(Array.from({ length: 10 }, () => rig().issue()));
		expect(rig().emulator.control.counts().jwksFetches).toBe(1);
		rig().emulator.control.setTime({ advanceMs: 61_000 });
		await rig().issue();
		expect(rig().emulator.control.counts().jwksFetches).toBe(2);
	});

	test.each([
		[true, 200],
		[false, 401],
	])('with refetchOnUnknownKid %s a rotated key gets %i', async (refetchOnUnknownKid, status) => {
		rig().emulator.control.setSettings({ jwksCacheSeconds: 60, refetchOnUnknownKid });
		await rig().issue();
		rig().jwks.publish({ ...stranger.publicJwk, kid: 'key-2' });
		const reply = await rig().issue({ signer: stranger, header: { kid: 'key-2' } });
		expect(reply.status).toBe(status);
	});
});
