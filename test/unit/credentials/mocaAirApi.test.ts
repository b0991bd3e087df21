import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
	NodeHelpers,
	type ICredentialDataDecryptedObject,
	type IHttpRequestOptions,
	type INodeParameters,
	type INodeProperties,
} from 'n8n-workflow';
import { closeDispatchers } from '../../../air/http/dispatchers';
import { MocaAirApi } from '../../../credentials/MocaAirApi.credentials';
import { REPLACED_BY_N8N } from '../../../n8n/errors/keepMessage';
import { PARTNER_ID, startTestAir, type TestAir } from '../../engine/air';
import { makeKey } from '../../support/keys';

const type = new MocaAirApi();
let air: TestAir;

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	air = await startTestAir();
});

afterEach(() => {
	air.emulator.control.reset();
	air.jwks.keys = [air.key.jwk(PARTNER_ID)];
});

afterAll(async () => {
	await air.close();
	await closeDispatchers();
});

const authenticate = async (
	options: IHttpRequestOptions,
	change: ICredentialDataDecryptedObject = {},
) => {
	if (typeof type.authenticate !== 'function') throw new Error('authenticate is not a function');
	return await type.authenticate({ ...air.credential, ...change }, options);
};

/** The test request as n8n hands it to `authenticate`. */
const testRequest = () => structuredClone(type.test.request) as IHttpRequestOptions;

async function messageOf(change: ICredentialDataDecryptedObject): Promise<string> {
	try {
		await authenticate(testRequest(), change);
	} catch (error) {
		if (error instanceof Error) {
			expect(error).not.toHaveProperty('code');
			expect(error).not.toHaveProperty('response');
			return error.message;
		}
	}
	throw new Error('the test passed');
}

describe('what saved credentials depend on', () => {
	test('names', () => {
		expect([type.name, type.displayName]).toEqual(['mocaAirApi', 'Moca AIR Credentials API']);
	});

	test('fields: internal name, label, kind, default', () => {
		const rows = type.properties
			.filter(({ type: kind }) => kind !== 'hidden')
			.map((field) => [field.name, field.displayName, field.type, field.default]);
		expect(rows).toEqual([
			['environment', 'Environment', 'options', 'sandbox'],
			['baseUrl', 'Base URL', 'string', ''],
			['partnerId', 'Partner ID', 'string', ''],
			['issuerDid', 'Issuer DID', 'string', ''],
			['privateKey', 'Private Key', 'string', ''],
			['kid', 'Key ID', 'string', ''],
			['jwksUrl', 'JWKS URL', 'string', ''],
			[
				'directNotice',
				'Direct Issuance: who you are as the issuer of what you sign yourself. Leave Issuer Host or DID empty to use Issue on Behalf only.',
				'notice',
				'',
			],
			['directIssuer', 'Issuer Host or DID', 'string', ''],
			['directIssuerAs', 'Issuer Written As', 'options', 'did'],
			['accountUrl', 'Account URL', 'string', ''],
			['statusListUrl', 'Status List URL', 'string', ''],
			['advanced', 'Advanced', 'boolean', false],
			['ledger', 'Issuance Ledger', 'options', 'embedded'],
			['ledgerSecret', 'Connection URL', 'string', ''],
			['ledgerRetention', 'Ledger Retention', 'number', 90],
			['furtherPublicJwks', 'Further Public Keys', 'string', ''],
			['allowHandingOutJwts', 'Allow Handing Out Tokens', 'boolean', false],
			['scope', 'Scope', 'options', 'issue on-behalf'],
			[
				'scopeNotice',
				'AIR’s documents disagree on this scope: some pages say Issue, but only Issue on Behalf is known to have passed authentication. If AIR answers 401, change it back first.',
				'notice',
				'',
			],
			['jwtLifetime', 'Token Lifetime', 'number', 5],
		]);
	});

	const field = (name: string): INodeProperties | undefined =>
		type.properties.find((property) => property.name === name);
	const values = (name: string) =>
		field(name)?.options?.map((option) => ('value' in option ? option.value : undefined));

	test('values of the lists', () => {
		expect(values('environment')?.sort()).toEqual(['custom', 'production', 'sandbox']);
		expect(values('scope')?.sort()).toEqual(['issue', 'issue on-behalf']);
	});

	test('the key is hidden, in a box that keeps its lines', () => {
		expect(field('privateKey')?.typeOptions).toEqual({ password: true, rows: 6 });
	});

	test('public keys keep their lines too, and are shown', () => {
		expect(field('furtherPublicJwks')?.typeOptions).toEqual({ rows: 4 });
	});

	test('the help of Private Key leads to the key page', () => {
		expect(field('privateKey')?.description).toMatch(
			/<a href="https:\/\/[^"]+\/keygen\.html" target="_blank">/,
		);
	});

	describe('Advanced', () => {
		/** As n8n saves a form, and reads a saved credential: what is not shown is dropped. */
		const saved = (data: INodeParameters) =>
			NodeHelpers.getNodeParameters(type.properties, data, false, false, null, null);
		const RARE = {
			ledger: 'postgres',
			ledgerSecret: 'postgresql://n8n:secret@db/n8n',
			ledgerRetention: 30,
			furtherPublicJwks: '{"keys":[]}',
			allowHandingOutJwts: true,
			scope: 'issue',
			jwtLifetime: 10,
		};

		test.each([true, false])('set to %s: nothing that was set is lost', (advanced) => {
			expect(saved({ ...RARE, advanced })).toMatchObject(RARE);
			expect(saved(saved({ ...RARE, advanced: !advanced }) ?? {})).toMatchObject(RARE);
		});

		test('set by a program that knows no such switch, nothing is lost either', () => {
			expect(saved(RARE)).toMatchObject(RARE);
		});

		test('what is not shown is as secret as what is', () => {
			for (const property of type.properties.filter(({ name }) => name === 'ledgerSecret')) {
				expect(property.typeOptions).toEqual({ password: true });
			}
		});

		test('a new form shows what everybody needs, and no more', () => {
			const fresh = saved({}) ?? {};
			const shown = type.properties.filter(
				(property) =>
					!['hidden', 'notice'].includes(property.type) &&
					NodeHelpers.displayParameter(
						{ ...fresh, environment: 'sandbox', advanced: false },
						property,
						null,
						null,
					),
			);
			expect(shown.map(({ displayName }) => displayName)).toEqual([
				'Environment',
				'Partner ID',
				'Issuer DID',
				'Private Key',
				'Key ID',
				'JWKS URL',
				'Issuer Host or DID',
				'Advanced',
			]);
		});
	});

	test('the rest of direct issuance is asked for once an issuer is set', () => {
		const saved = (data: INodeParameters) =>
			NodeHelpers.getNodeParameters(type.properties, data, true, false, null, null) ?? {};
		const direct = ['directIssuer', 'directIssuerAs', 'accountUrl', 'statusListUrl'];
		const kept = (data: INodeParameters) => direct.filter((name) => name in saved(data));
		expect(kept({})).toEqual(['directIssuer']);
		expect(kept({ directIssuer: 'a.example' })).toEqual(
			direct.filter((name) => name !== 'accountUrl'),
		);
		expect(kept({ directIssuer: 'a.example', environment: 'custom' })).toEqual(direct);
	});

	test('the base URL is asked for only where it counts', () => {
		expect(field('baseUrl')?.displayOptions).toEqual({ show: { environment: ['custom'] } });
	});

	test('what the form gives when only the required fields are filled in can be read', async () => {
		const form = Object.fromEntries(
			type.properties.map(({ name, default: value }) => [name, value]),
		);
		const signed = await authenticate(
			{
				url: '/credentials/status',
				headers: { 'x-moca-air-recipient': 'ada@example.com' },
			},
			{ ...(form as ICredentialDataDecryptedObject), partnerId: 'p', privateKey: air.key.pem },
		);
		expect(signed.url).toBe('https://api.sandbox.mocachain.org/v1/credentials/status');
	});

	test('the icons are there, and differ', () => {
		const { light, dark } = type.icon as { light: string; dark: string };
		expect(light).not.toBe(dark);
		for (const icon of [light, dark]) {
			expect(existsSync(join(__dirname, '../../../credentials', icon.slice('file:'.length)))).toBe(
				true,
			);
		}
	});
});

describe('the test in the credential form', () => {
	test('asks for a status and nothing else', () => {
		expect(type.test.request).toMatchObject({
			method: 'GET',
			url: `/credentials/status?coreClaimHash=${'0'.repeat(64)}`,
			ignoreHttpStatusErrors: true,
		});
	});

	test('good: the request that n8n then sends is signed, and shows no part of the marker', async () => {
		const signed = await authenticate(testRequest());
		expect(signed.url).toBe(
			`${air.emulator.baseUrl}/credentials/status?coreClaimHash=${'0'.repeat(64)}`,
		);
		expect(Object.keys(signed.headers ?? {})).toEqual(['x-partner-auth']);
		expect(air.emulator.control.counts()).toMatchObject({ issuances: 0, usersCreated: 0 });
		expect(air.emulator.control.requests()).toHaveLength(1);
	});

	test('a JWKS URL that does not answer fails it, also while AIR accepts a copy', async () => {
		expect(await messageOf({ jwksUrl: 'http://jwks.invalid/' })).toMatch(
			/does not serve a key set: the host name is unknown\. AIR accepts .* anyway/,
		);
	});

	test('no issuer DID fails it', async () => {
		expect(await messageOf({ issuerDid: '' })).toMatch(
			/^The credential names no issuer DID.*Issuer Host or DID.*Accounts → General/,
		);
	});

	test('with an issuer of direct issuance no issuer DID is needed', async () => {
		const data = {
			issuerDid: '',
			directIssuer: 'issuer.example.com',
			accountUrl: 'https://a.example',
		};
		expect(await authenticate(testRequest(), data)).toBeTruthy();
	});

	test('an invalid issuer of direct issuance fails it', async () => {
		expect(await messageOf({ directIssuer: 'did:key:z6Mk' })).toMatch(
			/issuer DID of direct issuance is not valid: Issuer Host or DID: .*Set Issuer Host or DID/,
		);
	});

	describe('before the JWKS is registered', () => {
		/** Another partner, whose JWKS URL AIR does not know. */
		const unregistered = { partnerId: 'new-partner', kid: '' };

		test('with JWKS URL empty it passes: n8n may have to serve the JWKS of this very credential', async () => {
			expect(await authenticate(testRequest(), { ...unregistered, jwksUrl: '' })).toBeTruthy();
		});

		test('and so it does without an issuer, as the quick start saves it: its address is known only later', async () => {
			const data = { ...unregistered, jwksUrl: '', issuerDid: '', directIssuer: '' };
			expect(await authenticate(testRequest(), data)).toBeTruthy();
		});

		test.each<[string, () => ICredentialDataDecryptedObject, RegExp]>([
			['with JWKS URL filled in', () => unregistered, /no key with the Key ID/],
			[
				'another mistake',
				() => ({ ...unregistered, jwksUrl: '', issuerDid: 'new-partner' }),
				/must start with did:/,
			],
			[
				'a key that AIR refuses',
				() => ({ jwksUrl: '', privateKey: makeKey().pem }),
				/signature does not fit/,
			],
		])('%s fails it', async (_what, change, words) => {
			expect(await messageOf(change())).toMatch(words);
		});
	});

	test.each<[string, () => ICredentialDataDecryptedObject, RegExp]>([
		['a wrong key', () => ({ privateKey: makeKey().pem }), /another key.*Wrong key/],
		['an unknown kid', () => ({ kid: 'key-2' }), /no key with the Key ID.*key-2/],
		['an unknown partner', () => ({ partnerId: 'x', kid: PARTNER_ID }), /partner ID/],
		['no key', () => ({ privateKey: '' }), /private key is missing/],
		[
			'a private key among the public ones',
			() => ({ furtherPublicJwks: makeKey().pem }),
			/PRIVATE key, and only public keys belong here: in Further Public Keys.*Remove it/,
		],
		['a refused port', () => ({ baseUrl: 'http://127.0.0.1:1' }), /connection was refused/],
		[
			'a host that does not exist',
			() => ({ baseUrl: 'http://air.invalid' }),
			/host name is unknown/,
		],
		[
			'a private address over http that is not allowed',
			() => ({ baseUrl: 'http://example.com' }),
			/./,
		],
	])('%s: in words that say what to do', async (_what, change, words) => {
		if (change().baseUrl === 'http://example.com') delete process.env.MOCA_AIR_ALLOW_PRIVATE_URLS;
		const message = await messageOf(change());
		process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
		expect(message).toMatch(words);
		expect(message).toMatch(/^[A-Z].*\. [A-Z]/s);
		expect(air.emulator.control.counts()).toMatchObject({ issuances: 0, usersCreated: 0 });
	});

	test('words of AIR that n8n would replace by a stock text are kept from it', async () => {
		air.emulator.control.injectFault({
			kind: 'answer',
			status: 401,
			body: { type: 'air', message: 'JWKS fetch: connect ECONNREFUSED, EAI_AGAIN, bad gateway' },
		});
		const message = await messageOf({});
		expect(message.replaceAll('\u2060', '')).toContain('ECONNREFUSED, EAI_AGAIN, bad gateway');
		for (const word of REPLACED_BY_N8N) expect(message.toUpperCase()).not.toContain(word);
	});
});

describe('the marker of the test request', () => {
	const marker =
		Object.keys(type.test.request.headers ?? {}).find((name) => name.endsWith('test')) ?? '';

	test.each([
		['no marker', {}],
		['a marker of one’s own', { [marker]: 'true' }],
		['an empty marker', { [marker]: '' }],
		['a marker of another process', { [marker]: '6b17704e-0000-4000-8000-000000000000' }],
	])('%s: no setup check is started', async (_what, headers) => {
		const signed = await authenticate({
			url: '/credentials/status',
			headers: { ...headers, 'x-moca-air-recipient': 'ada@example.com' },
		});
		expect(signed.headers).toHaveProperty('x-partner-auth');
		expect(air.emulator.control.counts().requests).toBe(0);
	});

	test('cannot be guessed, and is the same for all instances of the class in a process', () => {
		const value = type.test.request.headers?.[marker];
		expect(value).toMatch(/^[\da-f-]{36}$/);
		expect(new MocaAirApi().test.request.headers?.[marker]).toBe(value);
	});

	test('the request that is signed for the test is still only for the own origin', async () => {
		await expect(authenticate({ ...testRequest(), url: 'https://evil.example/' })).rejects.toThrow(
			/only signs requests to its own/,
		);
	});
});
