import { signed, useDirectRig } from './directSupport';
import { ADA, newSigner, PARTNER } from './support';

const rig = useDirectRig();
const control = () => rig().emulator.control;

describe('initialize-user', () => {
	test('answers as documented, makes an account once, and counts it', async () => {
		const first = await rig().initialize();
		expect(first.status).toBe(200);
		expect(first.body).toEqual({
			userId: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
			did: expect.stringMatching(/^did:air:id:test:[1-9A-HJ-NP-Za-km-z]{44}$/) as unknown,
			publicKey: expect.stringMatching(/^0x302a300506032b656e032100[0-9a-f]{64}$/) as unknown,
			status: 'active',
			signingKey: {
				jwk: {
					kty: 'EC',
					crv: 'P-256',
					x: expect.stringMatching(/^[\w-]{43}$/) as unknown,
					y: expect.stringMatching(/^[\w-]{43}$/) as unknown,
				},
			},
		});
		expect((await rig().initialize()).body).toEqual(first.body);
		const grace = await rig().initialize({ email: 'grace@example.com' });
		expect(grace.body?.did).not.toBe(first.body?.did);
		expect(control().counts()).toMatchObject({
			accounts: 2,
			usersCreated: 2,
			byOperation: { account: 3, store: 0 },
		});
		expect(control().requests()[0]).toMatchObject({
			operation: 'account',
			outcome: 'account',
			recipient: ADA,
			partnerId: PARTNER,
		});
		expect(JSON.stringify(control().requests())).not.toContain('partnerJwt');
	});

	test.each<[string, Parameters<ReturnType<typeof rig>['initialize']>[0], number, string]>([
		['no x-partner-id', { partnerId: null }, 400, 'Missing required field: x-partner-id'],
		['no partnerJwt', { body: {} }, 400, 'Missing required field: partnerJwt'],
		['a partnerJwt that is none', { body: { partnerJwt: 7 } }, 401, 'Invalid x-partner-auth'],
		[
			'another partner in the header',
			{ partnerId: 'partner-two' },
			401,
			'Invalid or expired Partner JWT, or JWKS mismatch.',
		],
		['an invalid e-mail address', { email: 'ada' }, 400, 'Invalid email address'],
		['no e-mail', { claims: { email: undefined } }, 400, 'Invalid email address'],
		[
			'the scope of Issue on Behalf',
			{ claims: { scope: 'issue on-behalf' } },
			401,
			'Invalid or expired Partner JWT, or JWKS mismatch.',
		],
		['no typ', { header: { typ: undefined } }, 401, 'Missing typ header'],
		['an expired token', { claims: { exp: 1_700_000_000 } }, 401, 'Token expired'],
	])('refuses %s, and makes no account', async (_name, call, status, message) => {
		const reply = await rig().initialize(call);
		expect(reply.body).toEqual({ error: status, message });
		expect(reply.status).toBe(status);
		expect(control().counts().accounts).toBe(0);
	});

	test('refuses a token of another key', async () => {
		expect((await rig().initialize({ signer: newSigner() })).body?.message).toBe(
			'Invalid signature',
		);
	});

	test('gives any field as null: for all, or for one account', async () => {
		control().setSettings({ accountNulls: ['userId', 'status'] });
		control().setAccount({ email: ADA, nulls: ['signingKey', 'publicKey'] });
		expect((await rig().initialize()).body).toMatchObject({
			userId: null,
			status: null,
			signingKey: null,
			publicKey: null,
		});
		const grace = await rig().initialize({ email: 'grace@example.com' });
		expect(grace.body).toMatchObject({ userId: null, did: expect.anything() as unknown });
		expect(grace.body?.signingKey).not.toBeNull();
		expect(control().counts().accounts).toBe(1);
	});

	test('leaves out 0x, and gives another account for the same address', async () => {
		control().setSettings({ hexPrefix: false });
		const before = await rig().account();
		expect(before.publicKey).toMatch(/^302a/);
		control().setAccount({ email: ADA, replace: true });
		const after = await rig().account();
		expect(after.did).not.toBe(before.did);
		expect(after.publicKey).not.toBe(before.publicKey);
		const { body } = rig().draft({ account: before });
		expect((await rig().store(body)).body).toEqual({ error: 404, message: 'Unknown user.' });
	});

	test('is on its own host, and that host has nothing else', async () => {
		const { emulator } = rig();
		const origin = new URL(emulator.baseUrl).origin;
		for (const url of [
			`${origin}/v2/auth/initialize-user`,
			`${origin}/v1/auth/initialize-user`,
			`${emulator.accountUrl}/v1/dstorage/vcs`,
			`${emulator.accountUrl}/v1/credentials/issue-on-behalf`,
			`${emulator.accountUrl}/__control/reset`,
		]) {
			const { status } = await fetch(url, { method: 'POST' });
			expect([url, status]).toEqual([url, 404]);
		}
	});
});

describe('tokens', () => {
	test('direct issuance and Issue on Behalf can be switched off one by one', async () => {
		control().setFeature({ partnerId: PARTNER, enabled: false, feature: 'directIssuance' });
		const { reply } = await rig().issue();
		expect(reply.body).toEqual({
			error: 403,
			message: 'Feature not enabled or schema not allowed for this partner.',
		});
		expect(control().overview().partners[0]).toMatchObject({ issueOnBehalf: true });
	});

	test('an e-mail in the token of dstorage is recorded, and refused if so set', async () => {
		const { body } = rig().draft({ account: await rig().account() });
		expect((await rig().store(body)).status).toBe(201);
		expect((await rig().store(body, { claims: { email: 'eve@example.com' } })).status).toBe(201);
		const [, first, second] = control().requests();
		expect(first).toMatchObject({ emailInToken: false, recipient: ADA });
		expect(second).toMatchObject({ emailInToken: true, recipient: ADA, outcome: 'repeated' });
		control().setSettings({ storeRefusesEmail: true });
		expect((await rig().store(body, { claims: { email: ADA } })).status).toBe(401);
		expect((await rig().store(body)).status).toBe(201);
	});

	test.each<[string, Parameters<ReturnType<typeof rig>['store']>[1]]>([
		['no typ', { header: { typ: undefined } }],
		['no scope', { claims: { scope: undefined } }],
		['another scope', { claims: { scope: 'verify' } }],
		['a lifetime of a year', { claims: { exp: Math.floor(Date.now() / 1000) + 31_536_000 } }],
		['no exp', { claims: { exp: undefined } }],
		['a DID URL as kid', { header: { kid: 'did:web:example.com#key-1' } }],
	])('with %s is refused, but taken by a tolerant AIR', async (_name, call) => {
		const { body } = rig().draft({ account: await rig().account() });
		expect((await rig().store(body, call)).status).toBe(401);
		control().setSettings({ tolerantTokens: true });
		expect((await rig().store(body, call)).status).toBe(201);
		expect((await rig().store(body, { ...call, signer: newSigner() })).status).toBe(401);
	});

	test('a tolerant AIR still refuses what has expired', async () => {
		control().setSettings({ tolerantTokens: true });
		const { body } = rig().draft({ account: await rig().account() });
		const reply = await rig().store(body, { claims: { exp: 1_700_000_000 } });
		expect(reply.body?.message).toBe('Token expired');
	});

	test('a credential or a status list is not a Partner JWT, not even for a tolerant AIR', async () => {
		control().setSettings({ tolerantTokens: true });
		const account = await rig().account();
		const { compact, body } = rig().draft({ account, claims: {}, open: { email: ADA } });
		const [jwt = ''] = compact.split('~');
		const list = signed(
			rig().signer,
			{ alg: 'ES256', typ: 'statuslist+jwt', kid: `${rig().issuer.did}#key-1` },
			{
				sub: 'https://x.example/1',
				iat: 1_700_000_000,
				status_list: { bits: 1, lst: 'eNrbuRgAAhcBXQ' },
			},
		);
		for (const auth of [compact, jwt, list]) {
			expect((await rig().store(body, { auth })).status).toBe(401);
			expect((await rig().initialize({ body: { partnerJwt: auth } })).status).toBe(401);
		}
		expect(control().counts()).toMatchObject({ stored: 0, accounts: 1 });
	});

	test('a credential that names the partner in the open is one for a tolerant AIR: that is the danger', async () => {
		const account = await rig().account();
		const { compact, body } = rig().draft({
			account,
			claims: {},
			open: { partnerId: PARTNER, email: 'eve@example.com' },
		});
		const [auth = ''] = compact.split('~');
		expect((await rig().store(body, { auth })).status).toBe(401);
		control().setSettings({ tolerantTokens: true });
		expect((await rig().store(body, { auth })).status).toBe(201);
		expect((await rig().initialize({ body: { partnerJwt: auth } })).status).toBe(200);
	});

	test('RS256 is taken as well', async () => {
		const rsa = newSigner('RS256');
		rig().publish(rsa);
		const account = await rig().initialize({ signer: rsa });
		expect(account.status).toBe(200);
	});
});
