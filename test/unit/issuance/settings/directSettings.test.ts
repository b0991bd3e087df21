import fc from 'fast-check';
import { webIssuer } from '../../../../air/direct/webIssuer';
import { AirError } from '../../../../errors/AirError';
import { parseDirectIssuer } from '../../../../issuance/settings/directSettings';
import { readSettings } from '../../../../issuance/settings/settings';
import { makeKey } from '../../../support/keys';
import { airErrorOf } from '../support';

const given = { partnerId: 'partner-1', privateKey: makeKey().pem };
const directOf = async (data: Record<string, unknown>) =>
	(await readSettings({ ...given, ...data })).direct;

test('without an issuer, direct issuance is not set up', async () => {
	expect(await directOf({})).toBeUndefined();
	expect(await directOf({ directIssuer: ' ', accountUrl: 'https://a.example' })).toBeUndefined();
});

test.each([
	['issuer.example.com', 'did:web:issuer.example.com'],
	[' Issuer.Example.com\n', 'did:web:issuer.example.com'],
	['issuer.example.com:8443', 'did:web:issuer.example.com%3A8443'],
	['issuer.example.com:443', 'did:web:issuer.example.com'],
	['n8n.example.com/webhook/air', 'did:web:n8n.example.com:webhook:air'],
	['https://issuer.example.com', 'did:web:issuer.example.com'],
	['https://issuer.example.com/', 'did:web:issuer.example.com'],
	['https://n8n.example.com/webhook/Air_1/', 'did:web:n8n.example.com:webhook:Air_1'],
	['https://issuer.example.com/.well-known/did.json', 'did:web:issuer.example.com'],
	['https://n8n.example.com/webhook/air/did.json', 'did:web:n8n.example.com:webhook:air'],
	['did:web:issuer.example.com', 'did:web:issuer.example.com'],
	['did:web:issuer.example.com%3A8443:a', 'did:web:issuer.example.com%3A8443:a'],
	['exämple.com', 'did:web:xn--exmple-cua.com'],
])('%j is %s', async (directIssuer, did) => {
	expect((await directOf({ directIssuer }))?.issuer.did).toBe(did);
});

test.each([
	['http', 'http://issuer.example.com', /begin with https/],
	['another scheme', 'ftp://issuer.example.com', /begin with https/],
	['a query', 'https://issuer.example.com?a', /query/],
	['an empty query', 'https://issuer.example.com/?', /query/],
	['a fragment', 'https://issuer.example.com/a#key', /fragment/],
	['a password', 'https://me:SECRET@issuer.example.com', /user name/],
	['a mail address', 'me@example.com', /user name/],
	['text', 'my issuer', /neither a host/],
	['the JWKS', 'https://issuer.example.com/.well-known/jwks.json', /another file/],
	['jwt-vc-issuer', 'https://issuer.example.com/.well-known/jwt-vc-issuer', /another file/],
	['the folder of did.json', 'https://issuer.example.com/.well-known/', /another file/],
	['a test webhook', 'https://n8n.example.com/webhook-test/air', /webhook-test/],
	['a blank in the path', 'https://n8n.example.com/a b', /part of the path/],
	['two slashes', 'https://n8n.example.com/a//b', /part of the path/],
	['did.json at the root', 'https://n8n.example.com/did.json', /its document ends/],
	['an IP address', '127.0.0.1', /not an IP address/],
	['an IPv6 address', 'https://[::1]:8443', /host/],
	['another DID', 'did:air:id:test:1', /did:web/],
	['a DID in capitals', 'DID:WEB:example.com', /did:web/],
	['a DID with an upper-case host', 'did:web:Example.com', /lower case/],
])(
	'%s is refused when it is used, by the name of the field',
	async (_what, directIssuer, words) => {
		const direct = await directOf({ directIssuer });
		expect(direct?.issuerAs).toBe('did');
		const error = await airErrorOf(() => direct?.issuer);
		expect(error.code).toBe('AIR_DIRECT_DID_INVALID');
		expect(error.message).toMatch(/: Issuer Host or DID: /);
		expect(error.message).toMatch(words);
		expect(error.message).not.toContain('SECRET');
	},
);

test('nothing is not an issuer', async () => {
	expect((await airErrorOf(() => parseDirectIssuer(' '))).message).toMatch(/it is empty/);
});

test('a bad issuer, or no account URL, leaves Issue on Behalf alone', async () => {
	const data = { directIssuer: 'nonsense!', environment: 'custom', baseUrl: 'https://a.example' };
	const settings = await readSettings({ ...given, ...data });
	expect({ ...settings }.identity.baseUrl).toBe('https://a.example/v1');
});

describe('the account host', () => {
	const directIssuer = 'issuer.example.com';
	const accountUrl = 'https://accounts.example.com/';

	test('is fixed for each environment of AIR, whatever was left in the field', async () => {
		expect((await directOf({ directIssuer, accountUrl }))?.accountUrl).toBe(
			'https://air.api.sandbox.air3.com',
		);
		const live = { directIssuer, accountUrl, environment: 'production' };
		expect((await directOf(live))?.accountUrl).toBe('https://air.api.air3.com');
	});

	test('is the credential’s own with Custom URL, and refused when it is used', async () => {
		const custom = { directIssuer, environment: 'custom', baseUrl: 'https://a.example' };
		expect((await directOf({ ...custom, accountUrl }))?.accountUrl).toBe(
			'https://accounts.example.com',
		);
		const direct = await directOf(custom);
		const error = await airErrorOf(() => direct?.accountUrl);
		expect(error.code).toBe('AIR_ACCOUNT_URL_INVALID');
		expect(error.message).toBe('Account URL is not valid: it is empty');
	});
});

test('the form of the issuer', async () => {
	const data = { directIssuer: 'issuer.example.com', directIssuerAs: 'url' };
	expect((await directOf(data))?.issuerAs).toBe('url');
});

test('whatever is typed is refused, or becomes a DID that leads back to itself', () => {
	const piece = fc.constantFrom(
		...['https://', 'http://', 'did:web:', 'a.example', 'A.EXAMPLE', ':8443', '%3A8443', ':443'],
		...[
			'/',
			'//',
			'/webhook',
			'/did.json',
			'/.well-known',
			'..',
			'?',
			'#',
			'@',
			' ',
			'\\',
			'%2F',
			'ä',
		],
	);
	const typed = fc.oneof(
		fc.string(),
		fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join('')),
	);
	fc.assert(
		fc.property(typed, (text) => {
			let did: string;
			try {
				({ did } = parseDirectIssuer(text));
			} catch (error) {
				expect(error).toBeInstanceOf(AirError);
				expect(error).toMatchObject({ code: 'AIR_DIRECT_DID_INVALID' });
				return;
			}
			expect(parseDirectIssuer(did).did).toBe(did);
			expect(parseDirectIssuer(webIssuer(did).didDocumentUrl).did).toBe(did);
			expect(parseDirectIssuer(webIssuer(did).url).did).toBe(did);
		}),
	);
});
