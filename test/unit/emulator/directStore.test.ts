import { SCHEMA, useDirectRig } from './directSupport';
import { ADA, BROKEN, PARTNER, reasonOf } from './support';

const rig = useDirectRig();
const control = () => rig().emulator.control;

const CONFLICT = { error: 409, message: 'Consent rejected by user or duplicate conflict.' };

async function body(over: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
	return { ...rig().draft({ account: await rig().account() }).body, ...over };
}

test('stores, and answers as documented', async () => {
	const sent = await body();
	const reply = await rig().store(sent);
	expect(reply.status).toBe(201);
	expect(reply.body).toEqual({
		storagePath: expect.stringMatching(/^dstorage:\/\/vc\/[0-9a-f]{8}\/[\w-]{22}$/) as unknown,
		state: 'stored',
		envelopeVersion: '1',
		createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown,
	});
	expect(control().counts()).toMatchObject({
		stored: 1,
		unopened: 0,
		storeRefused: 0,
		accounts: 1,
	});
	expect(control().stored()).toMatchObject([
		{ externalId: sent.externalId, recipient: ADA, storagePath: reply.body?.storagePath },
	]);
	expect(control().requests().at(-1)).toMatchObject({
		operation: 'store',
		outcome: 'stored',
		externalId: sent.externalId,
		recipient: ADA,
		bodyHash: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
	});
});

describe('refuses', () => {
	test.each([
		'holderDid',
		'schemaId',
		'expiresAt',
		'data',
		'iv',
		'authTag',
		'encryptedKey',
		'externalId',
	])('a body without %s, or with a number there', async (name) => {
		const missing = await rig().store(await body({ [name]: undefined }));
		expect(missing.body).toEqual({ error: 400, message: `Missing required field: ${name}` });
		const wrong = await rig().store(await body({ [name]: 7 }));
		expect(wrong.body).toEqual({ error: 400, message: `Invalid field: ${name} must be a string` });
	});

	test.each<[string, Record<string, unknown>, number, string]>([
		[
			'another proofType',
			{ proofType: 'JWT' },
			400,
			'Invalid field: proofType must be SD_JWT_VC or BJJ_SIG_2021',
		],
		[
			'a date without milliseconds',
			{ expiresAt: '2030-01-01T00:00:00Z' },
			400,
			'Invalid field: expiresAt must be an ISO 8601 date',
		],
		[
			'a day that does not exist',
			{ expiresAt: '2030-13-01T00:00:00.000Z' },
			400,
			'Invalid field: expiresAt must be an ISO 8601 date',
		],
		[
			'a schema that is not of this partner',
			{ schemaId: '01OTHER' },
			403,
			'Feature not enabled or schema not allowed for this partner.',
		],
		['the schema of a draft', { schemaId: 'DRAFT' }, 404, 'Schema not found'],
		['a holder that nobody knows', { holderDid: 'did:air:id:test:1' }, 404, 'Unknown user.'],
	])('%s', async (_name, over, status, message) => {
		const reply = await rig().store(await body(over));
		expect(reply.body).toEqual({ error: status, message });
		expect(control().counts()).toMatchObject({ stored: 0, storeRefused: 1 });
	});

	test('a recipient who has declined', async () => {
		control().setConsent({ partnerId: PARTNER, email: ADA });
		expect((await rig().store(await body())).body).toEqual(CONFLICT);
	});

	test('a body that is not JSON', async () => {
		expect((await rig().store('{')).body?.message).toBe('Malformed JSON body');
	});
});

describe('a repeat', () => {
	test.each<[200 | 201 | 409 | 'again', number, boolean, number]>([
		[201, 201, true, 1],
		[200, 200, true, 1],
		[409, 409, false, 1],
		['again', 201, false, 2],
	])('with repeatedStore %s', async (repeatedStore, status, samePath, stored) => {
		control().setSettings({ repeatedStore });
		const sent = await body();
		const first = await rig().store(sent);
		const second = await rig().store(sent);
		expect(second.status).toBe(status);
		if (samePath) expect(second.body).toEqual(first.body);
		else expect(second.body?.storagePath).not.toBe(first.body?.storagePath);
		if (status === 409) expect(second.body).toEqual(CONFLICT);
		expect(control().stored()).toHaveLength(stored);
		const hashes = control()
			.requests()
			.filter(({ operation }) => operation === 'store')
			.map(({ bodyHash }) => bodyHash);
		expect(new Set(hashes).size).toBe(1);
		expect(control().counts()).toMatchObject({
			stored,
			storeRepeats: samePath ? 1 : 0,
			storeRefused: status === 409 ? 1 : 0,
		});
	});

	test.each<[200 | 201 | 409 | 'again']>([[200], [201], [409], ['again']])(
		'with other bytes is refused always, also with repeatedStore %s',
		async (repeatedStore) => {
			control().setSettings({ repeatedStore });
			const sent = await body();
			await rig().store(sent);
			const fresh = await body();
			for (const name of ['data', 'iv', 'authTag', 'encryptedKey', 'expiresAt'] as const) {
				const other = name === 'expiresAt' ? '2031-01-01T00:00:00.000Z' : String(fresh[name]);
				const reply = await rig().store({ ...sent, [name]: other });
				expect([name, reply.body]).toEqual([name, CONFLICT]);
			}
			expect((await rig().store({ ...sent, proofType: undefined })).status).toBe(409);
			expect((await rig().store({ ...fresh, externalId: sent.externalId })).status).toBe(409);
			expect(control().stored()).toHaveLength(1);
		},
	);

	test('with the externalId of another partner does not count', async () => {
		control().registerPartner({
			partnerId: 'partner-two',
			jwksUrl: rig().jwks.url,
			programs: [{ programId: 'c0x', issuerDid: rig().issuer.did, schemaId: SCHEMA }],
		});
		const sent = await body();
		await rig().store(sent);
		const other = { ...(await body()), externalId: sent.externalId };
		expect((await rig().store(other, { claims: { partnerId: 'partner-two' } })).status).toBe(201);
	});

	test('many at once store one', async () => {
		const sent = await body();
		const replies = await Promise.all(Array.from({ length: 20 }, () => rig().store(sent)));
		expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
		expect(control().counts()).toMatchObject({ stored: 1, storeRepeats: 19 });
	});
});

describe('settings', () => {
	test('a second credential of a schema for a user is 409, until the first has expired', async () => {
		control().setSettings({ onePerUserAndSchema: true });
		const sent = await body();
		expect((await rig().store(sent)).status).toBe(201);
		expect((await rig().store(sent)).status).toBe(201);
		expect((await rig().store(await body())).body).toEqual(CONFLICT);
		expect((await rig().issue({}, 'grace@example.com')).reply.status).toBe(201);
		control().setTime({ advanceMs: 2 * 86_400_000 });
		expect((await rig().store(await body())).status).toBe(201);
	});

	test('a 201 without storagePath, stored or not', async () => {
		const sent = await body();
		control().setSettings({ storagePath: 'lost' });
		const lost = await rig().store(sent);
		expect(lost.status).toBe(201);
		expect(lost.body).not.toHaveProperty('storagePath');
		expect(control().stored()).toHaveLength(0);
		expect(control().requests().at(-1)).toMatchObject({ outcome: 'not done' });
		control().setSettings({ storagePath: 'withheld' });
		const withheld = await rig().store(sent);
		expect(withheld.body).not.toHaveProperty('storagePath');
		expect(control().stored()).toHaveLength(1);
		control().setSettings({ storagePath: 'sent' });
		expect((await rig().store(sent)).body).toMatchObject({
			storagePath: control().stored()[0]?.storagePath,
		});
		expect(control().counts()).toMatchObject({ stored: 1, storeRepeats: 1 });
	});
});

describe('faults', () => {
	test('a lost answer after the work, for one recipient, and nothing is undone', async () => {
		const grace = 'grace@example.com';
		control().injectFault({ kind: 'reset', operation: 'store', afterWork: true, recipient: grace });
		expect((await rig().store(await body())).status).toBe(201);
		const account = await rig().account(grace);
		const sent = rig().draft({ account }).body;
		expect(await reasonOf(rig().store(sent))).toMatch(BROKEN);
		expect((await rig().store(sent)).status).toBe(201);
		const hashes = control()
			.requests()
			.slice(-2)
			.map(({ bodyHash }) => bodyHash);
		expect(hashes).toEqual([control().stored()[1]?.bodyHash, control().stored()[1]?.bodyHash]);
		expect(control().stored()).toHaveLength(2);
		expect(control().counts()).toMatchObject({ stored: 2, storeRepeats: 1, faults: 1 });
	});

	test('an account is made although the answer is lost', async () => {
		control().injectFault({
			kind: 'answer',
			operation: 'account',
			status: 502,
			body: { type: 'html' },
			afterWork: true,
			recipient: ADA,
		});
		expect((await rig().initialize()).status).toBe(502);
		expect((await rig().initialize()).status).toBe(200);
		expect(control().counts()).toMatchObject({ accounts: 1, byOperation: { account: 2 } });
	});

	test('before the work nothing is stored, and any hits every call', async () => {
		const sent = await body();
		control().injectFault({ kind: 'answer', status: 503, retryAfter: { seconds: 3 }, times: 2 });
		const reply = await rig().store(sent);
		expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '3']);
		expect((await rig().initialize()).status).toBe(503);
		expect((await rig().store(sent)).status).toBe(201);
		expect(control().counts()).toMatchObject({ stored: 1, storeRepeats: 0 });
	});

	test('an echo shows the token: of an account, it is in the body', async () => {
		control().injectFault({ kind: 'echo', operation: 'account' });
		control().injectFault({ kind: 'echo', operation: 'store' });
		expect((await rig().initialize()).body?.request).toMatchObject({
			headers: { 'x-partner-id': PARTNER },
			body: expect.stringMatching(/partnerJwt":"ey/) as unknown,
		});
		expect((await rig().store(await body())).body?.request).toEqual({
			headers: expect.objectContaining({
				'x-partner-auth': expect.stringMatching(/^ey/) as unknown,
			}) as unknown,
		});
	});

	test('fields are dropped, put in and delayed', async () => {
		control().injectFault({ kind: 'dropField', operation: 'store', fields: ['storagePath'] });
		control().injectFault({
			kind: 'setField',
			operation: 'account',
			fields: { publicKey: '0x04' },
		});
		expect((await rig().initialize()).body?.publicKey).toBe('0x04');
		const sent = await body();
		expect((await rig().store(sent)).body).not.toHaveProperty('storagePath');
		control().injectFault({ kind: 'delay', operation: 'store', delayMs: 50 });
		expect((await rig().store(sent)).status).toBe(201);
	});
});

test('an envelope can wait for somebody to look at it', async () => {
	control().setSettings({ openAtOnce: false });
	await rig().store(await body({ authTag: Buffer.alloc(16).toString('base64') }));
	await rig().store(await body());
	expect(control().counts()).toMatchObject({ stored: 2, unopened: 0 });
	expect((await control().wallet()).map(({ opened }) => opened)).toEqual([false, true]);
});

test('an envelope that does not open is stored anyway, and counted', async () => {
	const reply = await rig().store(await body({ authTag: Buffer.alloc(16).toString('base64') }));
	expect(reply.status).toBe(201);
	expect(control().counts()).toMatchObject({ stored: 1, unopened: 1 });
	expect(control().requests().at(-1)).toMatchObject({
		outcome: 'stored',
		reason: 'it does not open: other key, other IV, or changed bytes',
	});
});
