import { ADA, DID, PARTNER, PROGRAM, newSigner, okBody, useRig } from './support';

const rig = useRig();
const SECOND = 'c0program0two000000000';

test('issues, and answers as documented', async () => {
	const first = await rig().issue();
	expect(first.status).toBe(200);
	expect(first.headers.get('content-type')).toBe('application/json; charset=utf-8');
	expect(first.body).toEqual({
		coreClaimHash: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
		credentialId: PROGRAM,
		userUuid: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
	});
	const other = await rig().issue({ email: 'grace@example.com' });
	const capital = await rig().issue({ email: 'Ada@example.com' });
	const again = await rig().issue();
	expect(again.body?.userUuid).toBe(first.body?.userUuid);
	expect(new Set([first, other, capital].map(({ body }) => body?.userUuid)).size).toBe(3);
	expect(rig().emulator.control.counts()).toMatchObject({ issuances: 4, usersCreated: 3 });
});

describe('refuses', () => {
	test.each<[string, Record<string, unknown>, number, string]>([
		['no issuerDid', { issuerDid: undefined }, 400, 'Missing required field: issuerDid'],
		['an empty credentialId', { credentialId: '' }, 400, 'Missing required field: credentialId'],
		[
			'no subject',
			{ credentialSubject: undefined },
			400,
			'Missing required field: credentialSubject',
		],
		[
			'a list as subject',
			{ credentialSubject: [] },
			400,
			'Invalid field: credentialSubject must be an object',
		],
		['a numeric issuerDid', { issuerDid: 7 }, 400, 'Invalid field: issuerDid must be a string'],
		[
			'another onDuplicate',
			{ onDuplicate: 'fail' },
			400,
			'Invalid field: onDuplicate must be ignore or revoke',
		],
		['an unknown program', { credentialId: 'c9' }, 404, 'Unknown issuer DID or issuance program.'],
		[
			'an unknown DID',
			{ issuerDid: 'did:air:id:test:no' },
			404,
			'Unknown issuer DID or issuance program.',
		],
		[
			'a DID that does not own the program',
			{ credentialId: 'c0other0did00000000000' },
			403,
			'Feature not enabled or schema not allowed for this partner.',
		],
		['a draft', { credentialId: 'c0draft000000000000000' }, 404, 'Schema not found'],
	])('%s', async (_name, body, status, message) => {
		const reply = await rig().issue({ body });
		expect(reply.body).toEqual({ error: status, message });
		expect(reply.status).toBe(status);
	});

	test.each<[string, Record<string, unknown>, string]>([
		[
			'an extra attribute',
			{ age: 1, extra: 1 },
			'Invalid credentialSubject: unknown attribute extra',
		],
		[
			'an attribute named as a built-in',
			{ age: 1, toString: 1 },
			'Invalid credentialSubject: unknown attribute toString',
		],
		['a missing attribute', {}, 'Missing required field: credentialSubject.age'],
		['null', { age: null }, 'Invalid credentialSubject: age must be integer'],
		['a fraction', { age: 1.5 }, 'Invalid credentialSubject: age must be integer'],
		['a number as text', { age: '25' }, 'Invalid credentialSubject: age must be integer'],
		[
			'text for a number',
			{ age: 1, score: '1.5' },
			'Invalid credentialSubject: score must be number',
		],
		['a number for text', { age: 1, city: 5 }, 'Invalid credentialSubject: city must be string'],
		[
			'text for a boolean',
			{ age: 1, isMember: 'true' },
			'Invalid credentialSubject: isMember must be boolean',
		],
		[
			'a list for an object',
			{ age: 1, address: [] },
			'Invalid credentialSubject: address must be object',
		],
		[
			'a date-time for a date',
			{ age: 1, memberSince: '2026-01-19T00:00:00Z' },
			'Invalid credentialSubject: memberSince must be date',
		],
		[
			'a day that is not',
			{ age: 1, memberSince: '2026-02-31' },
			'Invalid credentialSubject: memberSince must be date',
		],
		[
			'a date for a date-time',
			{ age: 1, verifiedAt: '2026-01-19' },
			'Invalid credentialSubject: verifiedAt must be date-time',
		],
		[
			'a date-time without zone',
			{ age: 1, verifiedAt: '2026-01-19T07:18:45' },
			'Invalid credentialSubject: verifiedAt must be date-time',
		],
		...[
			ADA,
			'',
			'ada',
			'//example.com/ada',
			'did:',
			':x',
			'did: x',
			5,
			null,
			['did:example:ada'],
			{},
		].map((id): [string, Record<string, unknown>, string] => [
			`the id ${JSON.stringify(id)}, which is not a URI`,
			{ age: 1, id },
			'Error create w3c credential must match format "uri"',
		]),
	])('a subject with %s', async (_name, credentialSubject, message) => {
		const reply = await rig().issue({ body: { credentialSubject } });
		expect(reply.body).toEqual({ error: 400, message });
	});

	test.each([
		'did:pkh:eip155:1:0xab16a96D359eC26a11e2C2b3d8f8B8942d5Bfcdb',
		'did:web:example.com',
		'urn:uuid:0b9a6ff4-1f6e-4d7e-9f43-2f9f5f0c1a11',
		'https://example.com/ada',
		'mailto:ada@example.com',
	])(
		'not a subject whose id is the URI %s: the holder is still the recipient of the token',
		async (id) => {
			const reply = await rig().issue({ body: { credentialSubject: { age: 1, id } } });
			expect(reply.status).toBe(200);
			expect(rig().emulator.control.issuances()).toMatchObject([{ recipient: ADA }]);
		},
	);

	test('not a subject without the id that its schema calls required: AIR fills it in', async () => {
		rig().emulator.control.registerProgram({
			partnerId: PARTNER,
			programId: PROGRAM,
			issuerDid: DID,
			schemaId: 'SCHEMA1',
			subject: { id: { type: 'string', required: true }, age: { type: 'integer', required: true } },
		});
		const reply = await rig().issue({ body: { credentialSubject: { age: 1 } } });
		expect(reply.status).toBe(200);
	});

	test('an invalid e-mail address', async () => {
		const reply = await rig().issue({ email: 'ada' });
		expect(reply.body).toEqual({ error: 400, message: 'Invalid email address' });
	});

	test('everything while the feature is off', async () => {
		rig().emulator.control.setFeature({ partnerId: PARTNER, enabled: false });
		const reply = await rig().issue();
		expect(reply.body).toEqual({ error: 403, message: 'issueOnBehalf is not allowed' });
		rig().emulator.control.setFeature({ partnerId: PARTNER, enabled: true });
		expect((await rig().issue()).status).toBe(200);
	});

	test('those who declined, and nobody else', async () => {
		const { control } = rig().emulator;
		control.setConsent({ partnerId: PARTNER, email: ADA });
		const reply = await rig().issue();
		expect(reply.body).toEqual({
			error: 409,
			message: 'Consent rejected by user or duplicate conflict.',
		});
		expect((await rig().issue({ email: 'grace@example.com' })).status).toBe(200);
		control.setConsent({ partnerId: PARTNER, email: ADA, declined: false });
		expect((await rig().issue()).status).toBe(200);
	});

	test("another partner's program", async () => {
		const { signer, jwks, emulator } = rig();
		emulator.control.registerPartner({ partnerId: 'partner-two', jwksUrl: jwks.url });
		const reply = await rig().issue({ signer, claims: { partnerId: 'partner-two' } });
		expect(reply.status).toBe(403);
	});
});

test('takes a subject of all types', async () => {
	const credentialSubject = {
		age: 25,
		score: 1.5,
		city: '',
		isMember: false,
		address: { city: 'Rome' },
		memberSince: '2024-02-29',
		verifiedAt: '2026-01-19T07:18:45.123+02:00',
	};
	expect((await rig().issue({ body: { credentialSubject } })).status).toBe(200);
});

describe('a duplicate', () => {
	test.each([[undefined], ['revoke']])(
		'under %s takes the place of the first',
		async (onDuplicate) => {
			const first = await rig().issued();
			const second = await rig().issued({ body: { onDuplicate } });
			expect(second).not.toBe(first);
			expect((await rig().status(first)).body).toMatchObject({ vcStatus: 'REMOVE' });
			const { control } = rig().emulator;
			expect(control.issuances()).toMatchObject([
				{ coreClaimHash: first, revokedBy: second, vcStatus: 'REMOVE' },
				{ coreClaimHash: second, recipient: ADA, vcStatus: 'WAIT_ONCHAIN' },
			]);
			expect(control.counts()).toMatchObject({ issuances: 2, revoked: 1 });
		},
	);

	test('under ignore is answered with the first', async () => {
		const first = await rig().issue();
		const second = await rig().issue({ body: { onDuplicate: 'ignore' } });
		expect(second.body).toEqual(first.body);
		expect(rig().emulator.control.counts()).toMatchObject({ issuances: 1, revoked: 0 });
		expect(rig().emulator.control.requests()[1]?.outcome).toBe('existing');
	});

	test('under ignore is 409 if so set', async () => {
		const { control } = rig().emulator;
		const [before] = control.overview().partners;
		control.registerPartner({
			partnerId: PARTNER,
			jwksUrl: before?.jwksUrl,
			programs: before?.programs,
			ignoredDuplicate: 409,
		});
		await rig().issued({ body: { onDuplicate: 'ignore' } });
		const reply = await rig().issue({ body: { onDuplicate: 'ignore' } });
		expect(reply.status).toBe(409);
		expect(control.counts().issuances).toBe(1);
	});

	test.each([
		['program', false],
		['schema', true],
	] as const)(
		'by %s: another program of the same schema is one: %s',
		async (duplicateKey, isOne) => {
			const { control } = rig().emulator;
			const [before] = control.overview().partners;
			control.registerPartner({
				partnerId: PARTNER,
				jwksUrl: before?.jwksUrl,
				programs: before?.programs,
				duplicateKey,
			});
			const first = await rig().issued();
			const body = { credentialId: SECOND, credentialSubject: {}, onDuplicate: 'ignore' };
			const second = await rig().issued({ body });
			expect(second === first).toBe(isOne);
		},
	);

	test('is none if the first is gone', async () => {
		const first = await rig().issued();
		rig().emulator.control.setStatus({ coreClaimHash: first, vcStatus: 'EXPIRE' });
		const second = await rig().issued({ body: { onDuplicate: 'ignore' } });
		expect(second).not.toBe(first);
		expect(rig().emulator.control.counts().revoked).toBe(0);
	});

	test('of many at once under ignore leaves one issuance', async () => {
		const body = { onDuplicate: 'ignore' };
		const hashes = await Promise.all(Array.from({ length: 20 }, () => rig().issued({ body })));
		expect(new Set(hashes).size).toBe(1);
		expect(rig().emulator.control.counts().issuances).toBe(1);
	});
});

describe('the request', () => {
	test('with malformed JSON is 400', async () => {
		const reply = await rig().issue({ rawBody: '{"issuerDid":' });
		expect(reply.body).toEqual({ error: 400, message: 'Malformed JSON body' });
	});

	test('without the JSON content type has no fields', async () => {
		const reply = await rig().issue({ contentType: 'text/plain' });
		expect(reply.body).toEqual({ error: 400, message: 'Missing required field: issuerDid' });
	});

	test('over the size limit is 413 from the gateway', async () => {
		rig().emulator.control.setSettings({ bodyLimitBytes: 100 });
		const reply = await rig().issue({ body: { credentialSubject: { city: 'x'.repeat(200) } } });
		expect([reply.status, reply.body]).toEqual([413, { message: 'Request Entity Too Large' }]);
	});

	test.each([
		['GET', '/credentials/issue-on-behalf'],
		['POST', '/credentials/status'],
		['GET', '/v1/credentials/status'],
		['GET', '/'],
	])('%s %s is not one of AIR', async (method, path) => {
		const reply = await fetch(rig().emulator.baseUrl + path, { method });
		expect(reply.status).toBe(404);
		expect(await reply.json()).toEqual({ message: 'Not Found' });
	});

	test('is recorded, but never its token', async () => {
		const reply = await rig().issue();
		const { control } = rig().emulator;
		expect(control.requests()).toMatchObject([
			{
				operation: 'issue',
				recipient: ADA,
				partnerId: PARTNER,
				kid: 'key-1',
				alg: 'ES256',
				body: okBody,
				outcome: 'issued',
				status: 200,
				coreClaimHash: reply.body?.coreClaimHash,
				tokenHash: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
				userAgent: 'node',
			},
		]);
		expect(JSON.stringify(control.requests())).not.toContain('eyJ');
	});

	test('is recorded without its body if so set', async () => {
		rig().emulator.control.setSettings({ recordBodies: false });
		await rig().issue();
		expect(rig().emulator.control.requests()[0]?.body).toBeUndefined();
	});

	test('of an issuer DID of one partner by a stranger stays refused', async () => {
		const reply = await rig().issue({ signer: newSigner(), body: { issuerDid: DID } });
		expect(reply.status).toBe(401);
	});
});
