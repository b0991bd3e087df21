import fc from 'fast-check';
import { issuerDocuments } from '../../../../air/direct/issuerDocuments';
import { issuerOfDocument, webIssuer } from '../../../../air/direct/webIssuer';
import { publicJwkOf, type PublicJwk } from '../../../../air/keys/PublicJwk';
import { airErrorOf } from '../support';
import { issuerKey } from './support';

test.each([
	{
		did: 'did:web:example.com',
		url: 'https://example.com',
		didDocumentUrl: 'https://example.com/.well-known/did.json',
		vcIssuerUrl: 'https://example.com/.well-known/jwt-vc-issuer',
		partnerInfoUrl: 'https://example.com/.well-known/air-partner-info',
	},
	{
		did: 'did:web:a.example.com%3A8443',
		url: 'https://a.example.com:8443',
		didDocumentUrl: 'https://a.example.com:8443/.well-known/did.json',
		vcIssuerUrl: 'https://a.example.com:8443/.well-known/jwt-vc-issuer',
		partnerInfoUrl: 'https://a.example.com:8443/.well-known/air-partner-info',
	},
	{
		did: 'did:web:example.com:webhook:Air_1',
		url: 'https://example.com/webhook/Air_1',
		didDocumentUrl: 'https://example.com/webhook/Air_1/did.json',
		vcIssuerUrl: 'https://example.com/.well-known/jwt-vc-issuer/webhook/Air_1',
		partnerInfoUrl: 'https://example.com/webhook/Air_1/air-partner-info',
	},
	{
		did: 'did:web:localhost%3A3000',
		url: 'https://localhost:3000',
		didDocumentUrl: 'https://localhost:3000/.well-known/did.json',
		vcIssuerUrl: 'https://localhost:3000/.well-known/jwt-vc-issuer',
		partnerInfoUrl: 'https://localhost:3000/.well-known/air-partner-info',
	},
])('$did is read, and found by the address of its document', (expected) => {
	expect(webIssuer(expected.did)).toMatchObject(expected);
	expect(issuerOfDocument(expected.didDocumentUrl)).toMatchObject(expected);
	expect(webIssuer(expected.did).keyId('k:1~')).toBe(`${expected.did}#k:1~`);
});

test.each([
	['another method', 'did:key:z6Mk'],
	['no DID', 'example.com'],
	['an https URL', 'https://example.com'],
	['upper case before the host', 'DID:web:example.com'],
	['upper case in the host', 'did:web:Example.com'],
	['no host', 'did:web:'],
	['an empty host before a path', 'did:web::a'],
	['a blank', 'did:web:example.com '],
	['a line', 'did:web:example.com\n'],
	['a fragment', 'did:web:example.com#key'],
	['a query', 'did:web:example.com?a=b'],
	['a user', 'did:web:user@example.com'],
	['a slash', 'did:web:example.com/a'],
	['a port that is not encoded: it reads as a path of digits', 'did:web:example.com%3a8443'],
	['a port of 0', 'did:web:example.com%3A0'],
	['a port with a zero in front', 'did:web:example.com%3A0443'],
	['a port beyond 65535', 'did:web:example.com%3A65536'],
	['no port', 'did:web:example.com%3A'],
	['two ports', 'did:web:example.com%3A1%3A2'],
	['the usual port', 'did:web:example.com%3A443'],
	['an encoded dot', 'did:web:example%2Ecom'],
	['two dots in a row', 'did:web:example..com:a:..:b'],
	['a dot as a part', 'did:web:example.com:.:a'],
	['dots as a part', 'did:web:example.com:..'],
	['an empty part', 'did:web:example.com:a::b'],
	['a colon at the end', 'did:web:example.com:'],
	['an encoded part', 'did:web:example.com:a%20b'],
	['an encoded slash', 'did:web:example.com:a%2Fb'],
	['a tilde', 'did:web:example.com:~me'],
	['a test webhook', 'did:web:example.com:webhook-test:air'],
	['a test webhook further in', 'did:web:example.com:n8n:webhook-test:air'],
	['.well-known, which is left out', 'did:web:example.com:.well-known'],
	['an IPv4 address', 'did:web:127.0.0.1'],
	['an IPv4 address as one number', 'did:web:2130706433'],
	['an IPv6 address', 'did:web:[%3A%3A1]'],
	['letters that are not ASCII', 'did:web:exämple.com'],
])('a DID is refused: %s', async (_name, did) => {
	const error = await airErrorOf(() => webIssuer(did));
	expect([error.code, error.kind]).toEqual(['AIR_DIRECT_DID_INVALID', 'input']);
});

test.each([
	['http', 'http://example.com/.well-known/did.json'],
	['no URL', 'example.com'],
	['another document', 'https://example.com/.well-known/jwks.json'],
	['at the root', 'https://example.com/did.json'],
	['with a query', 'https://example.com/.well-known/did.json?a=b'],
	['with a fragment', 'https://example.com/.well-known/did.json#a'],
	['with a user', 'https://user:secret@example.com/.well-known/did.json'],
	['of a test webhook', 'https://example.com/webhook-test/a/did.json'],
	['at an IP address', 'https://192.0.2.1/.well-known/did.json'],
	['in upper case', 'https://Example.com/.well-known/did.json'],
	['with the usual port', 'https://example.com:443/.well-known/did.json'],
])('no did:web leads to a document %s', async (_name, url) => {
	const error = await airErrorOf(() => issuerOfDocument(url));
	expect(error.code).toBe('AIR_DIRECT_DID_INVALID');
	expect(error.message).not.toContain('secret');
});

test('whatever is read is written as it was, and its document leads back to it', () => {
	const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z0-9]$/);
	const segment = fc.stringMatching(/^[A-Za-z0-9._-]{1,10}$/);
	const did = fc
		.tuple(
			fc.array(label, { minLength: 1, maxLength: 3 }),
			fc.option(fc.integer({ min: 1, max: 65_535 })),
			fc.array(segment, { maxLength: 3 }),
		)
		.map(([labels, port, path]) =>
			['did:web', `${labels.join('.')}${port === null ? '' : `%3A${port}`}`, ...path].join(':'),
		);
	fc.assert(
		fc.property(did, (text) => {
			let issuer;
			try {
				issuer = webIssuer(text);
			} catch {
				return; // Refused: dots as a part, or the like.
			}
			expect(issuer.did).toBe(text);
			expect(new URL(issuer.didDocumentUrl).href).toBe(issuer.didDocumentUrl);
			expect(issuerOfDocument(issuer.didDocumentUrl).did).toBe(text);
		}),
		{ numRuns: 500 },
	);
});

describe('the documents of an issuer', () => {
	const issuer = webIssuer('did:web:example.com:air');
	let ec: PublicJwk;
	let rsa: PublicJwk;

	beforeAll(async () => {
		ec = publicJwkOf(await issuerKey('ES256'), '2026-11');
		rsa = publicJwkOf(await issuerKey('RS256'), '2025-01');
	});

	test('hold every key by reference, under absolute IDs', () => {
		expect(issuerDocuments(issuer, 'partner-1', [ec, rsa])).toEqual({
			did: {
				url: 'https://example.com/air/did.json',
				contentType: 'application/did+ld+json',
				content: {
					'@context': [
						'https://www.w3.org/ns/did/v1',
						'https://w3id.org/security/suites/jws-2020/v1',
					],
					id: 'did:web:example.com:air',
					verificationMethod: [
						{
							id: 'did:web:example.com:air#2026-11',
							type: 'JsonWebKey2020',
							controller: 'did:web:example.com:air',
							publicKeyJwk: ec,
						},
						{
							id: 'did:web:example.com:air#2025-01',
							type: 'JsonWebKey2020',
							controller: 'did:web:example.com:air',
							publicKeyJwk: rsa,
						},
					],
					assertionMethod: ['did:web:example.com:air#2026-11', 'did:web:example.com:air#2025-01'],
					service: [
						{
							id: 'did:web:example.com:air#air-partner-info',
							type: 'AirPartnerInfoService',
							serviceEndpoint: 'https://example.com/air/air-partner-info',
						},
					],
				},
			},
			vcIssuer: {
				url: 'https://example.com/.well-known/jwt-vc-issuer/air',
				contentType: 'application/json',
				content: { issuer: 'https://example.com/air', jwks: { keys: [ec, rsa] } },
			},
			partnerInfo: {
				url: 'https://example.com/air/air-partner-info',
				contentType: 'application/json',
				content: { partnerId: 'partner-1' },
			},
		});
	});

	test('hold a key once, and no two under one kid', async () => {
		const { did } = issuerDocuments(issuer, 'partner-1', [ec, ec]);
		expect(did.content.assertionMethod).toHaveLength(1);
		const both = [ec, { ...rsa, kid: ec.kid }];
		const error = await airErrorOf(() => issuerDocuments(issuer, 'partner-1', both));
		expect(error.code).toBe('AIR_PUBLIC_KEY_KID_TWICE');
	});

	test.each([['a b'], ['a#b'], ['air-partner-info']])('refuse the kid %j', async (kid) => {
		const keys = [{ ...ec, kid }];
		const error = await airErrorOf(() => issuerDocuments(issuer, 'partner-1', keys));
		expect(error.code).toBe('AIR_DIRECT_KID_INVALID');
	});

	test('hold nothing without a key', async () => {
		const error = await airErrorOf(() => issuerDocuments(issuer, 'partner-1', []));
		expect(error.code).toBe('AIR_PUBLIC_KEY_EMPTY');
	});
});
