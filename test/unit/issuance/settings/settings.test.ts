import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readSettings } from '../../../../issuance/settings/settings';
import { makeKey } from '../../../support/keys';
import { SecretSearch } from '../../../support/SecretSearch';
import { airErrorOf, everythingShown } from '../support';

const { pem } = makeKey();
const given = { partnerId: 'partner-1', privateKey: pem };

describe('defaults', () => {
	test('a credential with partner ID and key only is one of the sandbox', async () => {
		const { identity, issuerDid, jwksUrl } = await readSettings(given);
		expect(identity).toMatchObject({
			baseUrl: 'https://api.sandbox.mocachain.org/v1',
			partnerId: 'partner-1',
			kid: 'partner-1',
			scope: 'issue on-behalf',
			lifetimeSeconds: 300,
		});
		expect(identity.key.algorithm).toBe('ES256');
		expect([issuerDid, jwksUrl]).toEqual(['', '']);
		expect((await readSettings(given)).furtherPublicKeys).toEqual([]);
	});

	test('what the form leaves empty is taken as not given', async () => {
		const { identity } = await readSettings({ ...given, kid: ' ', baseUrl: '', issuerDid: '' });
		expect(identity.kid).toBe('partner-1');
	});

	test('fields of n8n’s own that come along do not matter', async () => {
		const settings = await readSettings({ ...given, allowedHttpRequestDomains: 'all', extra: {} });
		expect(settings.identity.partnerId).toBe('partner-1');
	});

	test('a custom address is read only for the environment Custom URL', async () => {
		const left = { ...given, environment: 'production', baseUrl: 'https://old.example.com' };
		expect((await readSettings(left)).identity.baseUrl).toBe(
			'https://mocachain-mainnet.api.air3.com/v1',
		);
		expect((await readSettings({ ...left, environment: 'custom' })).identity.baseUrl).toBe(
			'https://old.example.com/v1',
		);
	});
});

test('space around fields is dropped: they are pasted', async () => {
	const settings = await readSettings({
		environment: 'custom',
		baseUrl: ' https://air.example.com/v1/ ',
		partnerId: '\tpartner-1\n',
		privateKey: `\n${pem}\n`,
		kid: ' key-1 ',
		issuerDid: ' did:air:id:test:1 ',
		jwksUrl: ' https://issuer.example.com/jwks.json\n',
	});
	expect(settings).toMatchObject({
		identity: { baseUrl: 'https://air.example.com/v1', partnerId: 'partner-1', kid: 'key-1' },
		issuerDid: 'did:air:id:test:1',
		jwksUrl: 'https://issuer.example.com/jwks.json',
	});
});

describe('token lifetime', () => {
	test.each([
		[1, 60],
		[15, 900],
		[1.5, 90],
		['10', 600],
	])('%j minutes', async (jwtLifetime, seconds) => {
		expect((await readSettings({ ...given, jwtLifetime })).identity.lifetimeSeconds).toBe(seconds);
	});

	test('a node’s own overrides the credential’s, and undefined does not', async () => {
		const data = { ...given, jwtLifetime: 10 };
		const of = async (lifetimeMinutes: number | undefined) =>
			(await readSettings(data, { lifetimeMinutes })).identity.lifetimeSeconds;
		expect(await of(2)).toBe(120);
		expect(await of(undefined)).toBe(600);
	});

	test('a node’s own fixes a bad one in the credential, and is checked itself', async () => {
		const bad = { ...given, jwtLifetime: 60 };
		expect((await readSettings(bad, { lifetimeMinutes: 5 })).identity.lifetimeSeconds).toBe(300);
		expect((await airErrorOf(() => readSettings(given, { lifetimeMinutes: 16 }))).message).toMatch(
			/Token Lifetime/,
		);
	});
});

describe('a key in a field that is sent to AIR or published is refused, and not shown', () => {
	const { pem } = makeKey();
	const der = pem.replace(/-----[^-]+-----/g, '').replace(/\s/g, '');
	const jwk = JSON.stringify(createPrivateKey(pem).export({ format: 'jwk' }));
	const fields = [
		...['kid', 'issuerDid', 'jwksUrl', 'baseUrl', 'partnerId'],
		...['directIssuer', 'accountUrl'],
	];
	test.each(fields.flatMap((field) => [pem, der, jwk].map((key) => [field, key] as const)))(
		'%s',
		async (field, key) => {
			const error = await airErrorOf(() => readSettings({ ...given, [field]: key }));
			expect(error.code).toBe('AIR_SETTING_INVALID');
			expect(error.message).toMatch(
				field === 'partnerId' ? /Partner ID/ : /holds a key, which belongs in Private Key/,
			);
			expect(new SecretSearch().addKey(pem).findIn(error)).toBeUndefined();
		},
	);

	test('what merely looks a little like one is taken', async () => {
		const kids = ['MIIB', 'key-1', 'M'.repeat(43), '2026-01-19T07:18:45Z', 'a'.repeat(120)];
		for (const kid of kids) {
			expect((await readSettings({ ...given, kid })).identity.kid).toBe(kid);
		}
	});
});

describe('what is refused, by its name in the form', () => {
	const SECRET = 'SECRET-VALUE';
	test.each<[string, Record<string, unknown>, RegExp]>([
		['an unknown environment', { environment: SECRET }, /Environment is not as expected/],
		['an environment that is not text', { environment: 5 }, /Environment is not as expected/],
		['no partner ID', { partnerId: undefined }, /Partner ID is not as expected/],
		['an empty partner ID', { partnerId: ' ' }, /Partner ID is empty/],
		['a partner ID that is a number', { partnerId: 42 }, /Partner ID is not as expected/],
		['a very long partner ID', { partnerId: SECRET.repeat(20) }, /Partner ID is too long/],
		['a key ID that is not text', { kid: { SECRET } }, /Key ID is not as expected/],
		['an issuer DID that is not text', { issuerDid: [SECRET] }, /Issuer DID is not as expected/],
		['a JWKS URL that is not text', { jwksUrl: null }, /JWKS URL is not as expected/],
		['a base URL that is not text', { baseUrl: 5 }, /Base URL is not as expected/],
		['an unknown scope', { scope: SECRET }, /Scope is not as expected/],
		[
			'an issuer host that is not text',
			{ directIssuer: 5 },
			/Issuer Host or DID is not as expected/,
		],
		['an unknown form', { directIssuerAs: SECRET }, /Issuer Written As is not as expected/],
		['an account URL that is not text', { accountUrl: [] }, /Account URL is not as expected/],
		['no lifetime', { jwtLifetime: 0 }, /Token Lifetime is below 1 minute/],
		['an emptied lifetime', { jwtLifetime: '' }, /Token Lifetime is below 1 minute/],
		['a lifetime of 16', { jwtLifetime: 16 }, /Token Lifetime is above 15 minutes/],
		[
			'a lifetime that is not a number',
			{ jwtLifetime: SECRET },
			/Token Lifetime is not as expected/,
		],
		['a lifetime without end', { jwtLifetime: Infinity }, /Token Lifetime/],
		['a key that is not text', { privateKey: { SECRET } }, /Private Key is not as expected/],
	])('%s', async (_what, data, reason) => {
		const error = await airErrorOf(() => readSettings({ ...given, ...data }));
		expect(error.code).toBe('AIR_SETTING_INVALID');
		expect(error.message).toMatch(reason);
		expect(everythingShown(error)).not.toContain(SECRET);
	});

	test.each<[string, Record<string, unknown>, string]>([
		['no key', { privateKey: '' }, 'AIR_KEY_EMPTY'],
		['a field that was never filled in', { privateKey: undefined }, 'AIR_KEY_EMPTY'],
		['a password', { privateKey: `${SECRET}!` }, 'AIR_KEY_UNREADABLE'],
		['a custom URL that is empty', { environment: 'custom' }, 'AIR_BASE_URL_INVALID'],
		[
			'a custom URL with a password',
			{ environment: 'custom', baseUrl: `https://me:${SECRET}@air.example.com` },
			'AIR_BASE_URL_INVALID',
		],
	])('%s', async (_what, data, code) => {
		const error = await airErrorOf(() => readSettings({ ...given, ...data }));
		expect(error.code).toBe(code);
		expect(everythingShown(error)).not.toContain(SECRET);
	});

	test.each([undefined, null, 'text', 5, [], {}])('no credential at all: %j', async (data) => {
		const error = await airErrorOf(() => readSettings(data));
		expect(error.code).toBe('AIR_SETTING_INVALID');
	});
});

describe('further public keys', () => {
	const [next, last] = [makeKey(), makeKey('RS256')];
	const publicPem = next.publicKey.export({ type: 'spki', format: 'pem' }).toString();
	const of = async (furtherPublicJwks: string) =>
		(await readSettings({ ...given, furtherPublicJwks })).furtherPublicKeys;

	test('PEMs and JWKs, as typed public keys', async () => {
		const found = await of(`${publicPem}\n${JSON.stringify(last.jwk('old'))}\n`);
		expect(found).toEqual([
			{ ...next.jwk(found[0]?.kid ?? ''), kid: expect.stringMatching(/^[\w-]{43}$/) as string },
			last.jwk('old'),
		]);
	});

	test('a whole JWKS', async () => {
		const keys = [next.jwk('a'), last.jwk('b')];
		expect(await of(JSON.stringify({ keys }))).toEqual(keys);
	});

	test.each([
		['a private PEM', next.pem, 'AIR_PUBLIC_KEY_IS_PRIVATE'],
		['a private JWK', JSON.stringify({ ...next.jwk('a'), d: 'AA' }), 'AIR_PUBLIC_KEY_IS_PRIVATE'],
		['no key', 'SECRET-VALUE! '.repeat(6), 'AIR_PUBLIC_KEY_UNREADABLE'],
	])('%s is refused, by the name of the field, each time', async (_what, text, code) => {
		for (let times = 0; times < 2; times++) {
			const error = await airErrorOf(() => of(text));
			expect(error.code).toBe(code);
			expect(error.message).toMatch(/: in Further Public Keys of the credential$/);
			expect(everythingShown(error)).not.toContain(text.slice(30, 60));
		}
	});

	test('what else is known stays in the message', async () => {
		const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
		const short = publicKey.export({ type: 'spki', format: 'pem' }).toString();
		const { code, message } = await airErrorOf(() => of(short));
		expect(code).toBe('AIR_KEY_RSA_SHORT');
		expect(message).toMatch(/1024 bits, in Further Public Keys/);
	});
});

describe('keys are kept', () => {
	test('the same text is read once', async () => {
		const first = await readSettings(given);
		const second = await readSettings({ ...given, partnerId: 'other' });
		expect(second.identity.key).toBe(first.identity.key);
	});

	test('another key is another key, however much the credentials are alike', async () => {
		const other = makeKey();
		const [a, b] = await Promise.all([
			readSettings(given),
			readSettings({ ...given, privateKey: other.pem }),
		]);
		expect(b.identity.key.thumbprint).not.toBe(a.identity.key.thumbprint);
	});

	test('a failure is not kept, and fails again in the same words', async () => {
		const bad = { ...given, privateKey: 'no key' };
		const first = await airErrorOf(() => readSettings(bad));
		const second = await airErrorOf(() => readSettings(bad));
		expect(second.code).toBe(first.code);
		expect(second).not.toBe(first);
	});

	test('two executions at once that bring the same bad key both learn of it', async () => {
		const bad = { ...given, privateKey: 'no key either' };
		const outcomes = await Promise.allSettled([readSettings(bad), readSettings(bad)]);
		expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
	});

	test('only so many are kept', async () => {
		const first = await readSettings(given);
		for (let index = 0; index < 101; index++) {
			const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
			await readSettings({
				...given,
				privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
			});
		}
		const again = await readSettings(given);
		expect(again.identity.key).not.toBe(first.identity.key);
		expect(again.identity.key.thumbprint).toBe(first.identity.key.thumbprint);
	});
});
